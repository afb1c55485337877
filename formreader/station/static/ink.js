// A canvas that is drawn on with mouse, finger or pen. It keeps the strokes, so that the
// last one can be taken back.

const PEN = 22; // canvas pixels

export class Ink {
  /** @param {HTMLCanvasElement} canvas @param {() => void} changed */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.strokes = [];
    this.pointer = null; // the one that draws; a palm beside the pen does not
    this.context = canvas.getContext("2d", { alpha: false });
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.extend(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.end(event));
    }
    this.draw();
  }

  get isEmpty() {
    return this.strokes.length === 0;
  }

  begin(event) {
    if (this.pointer !== null || event.button > 0) return;
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus(); // so that Enter does not press the button used before
    this.strokes.push([this.place(event)]);
    this.draw();
    event.preventDefault();
  }

  extend(event) {
    if (event.pointerId !== this.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    const places = (passed.length ? passed : [event]).map((one) => this.place(one));
    this.strokes.at(-1).push(...places);
    this.draw();
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.changed();
  }

  undo() {
    this.strokes.pop();
    this.draw();
    this.changed();
  }

  clear() {
    this.strokes = [];
    this.draw();
    this.changed();
  }

  /** What was drawn, black on white, as a PNG. */
  toBlob() {
    // The canvas's own toBlob waits until the browser is idle, which took up to 10 s.
    const [, content] = this.canvas.toDataURL("image/png").split(",");
    const bytes = Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0));
    return new Blob([bytes], { type: "image/png" });
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * this.canvas.width) / box.width,
      ((event.clientY - box.top) * this.canvas.height) / box.height,
    ];
  }

  draw() {
    const { context, canvas } = this;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = "black";
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const place of stroke) context.lineTo(...place);
      context.stroke();
    }
  }
}
