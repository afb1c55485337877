// Boxes on the picture of a page: new ones are drawn, edges of the chosen one are dragged,
// or whole boxes where that is wanted, one is split by a click. Places count in pixels of the page, however large it is shown.

const LEAST_PX = 4; // of the screen, that a pointer moves before it draws; and of a box
const EDGES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];

/** The upright box around an outline: left, top, width and height in whole pixels. */
export function boxOf({ outline }) {
  const xs = outline.map(([x]) => Math.round(x));
  const ys = outline.map(([, y]) => Math.round(y));
  return between(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
}

/** The box that covers two. */
export function unite(one, other) {
  const right = Math.max(one.left + one.width, other.left + other.width);
  const bottom = Math.max(one.top + one.height, other.top + other.height);
  return between(Math.min(one.left, other.left), Math.min(one.top, other.top), right, bottom);
}

export class BoxEditor {
  /**
   * @param {HTMLElement} paper shows the page
   * @param {{draw: Function, change: Function, split: Function, join: Function,
   *   hold?: Function, move?: Function}} tell is told what was drawn, what shall be joined:
   *   the polygon that was clicked with Shift, and how far boxes were moved; `hold` gives
   *   the box around those that move with a polygon, where boxes can be moved
   */
  constructor(paper, tell) {
    this.paper = paper;
    this.tell = tell;
    this.isOn = this.isSplitting = false;
    this.item = null;
    this.drag = null;
    this.band = make("band");
    this.handles = EDGES.map((edges) => Object.assign(make("handle"), { edges }));
    for (const handle of this.handles) handle.dataset.edges = handle.edges;
    paper.addEventListener("pointerdown", (event) => this.begin(event));
    paper.addEventListener("pointermove", (event) => this.move(event));
    paper.addEventListener("pointerup", (event) => this.end(event));
    paper.addEventListener("pointercancel", () => this.cancel());
    paper.addEventListener("click", (event) => this.click(event), true);
  }

  /** Let boxes be changed, or no more. */
  turn(isOn) {
    this.isOn = isOn;
    this.isSplitting = false;
    this.cancel();
    this.paper.classList.toggle("drawing", isOn);
    this.show(this.page, this.item);
  }

  /** Show the edges of a field, if it has any that can be dragged. */
  show(page, item) {
    [this.page, this.item] = [page, item];
    for (const handle of this.handles) handle.remove();
    if (!this.isOn || !item || item.stands_for_page) return;
    for (const handle of this.handles) {
      this.paper.append(handle);
      this.place(handle, spread(boxOf(item), handle.edges));
    }
  }

  /** Show a box that waits to be read. */
  wait(box) {
    this.band.classList.add("waiting");
    this.paper.append(this.band);
    this.place(this.band, box);
  }

  cancel() {
    this.drag = null;
    this.band.classList.remove("waiting");
    this.band.remove();
  }

  begin(event) {
    if (!this.isOn || event.button !== 0 || this.isSplitting || event.shiftKey) return;
    const { edges } = event.target;
    const isField = event.target.tagName === "polygon";
    const held = isField ? (this.tell.hold?.(event.target) ?? null) : null;
    this.drag = { x: event.clientX, y: event.clientY, from: this.find(event), edges, held, box: null };
    if (edges) event.preventDefault();
  }

  move(event) {
    const { drag } = this;
    if (!drag) return;
    const way = Math.max(Math.abs(event.clientX - drag.x), Math.abs(event.clientY - drag.y));
    if (!drag.box && way < LEAST_PX) return;
    if (!drag.box) {
      this.paper.setPointerCapture(event.pointerId); // and no field below is clicked
      this.paper.append(this.band);
    }
    const [x, y] = this.find(event);
    const [left, top] = drag.from;
    if (drag.edges) drag.box = pull(boxOf(this.item), drag.edges, x, y);
    else if (drag.held) drag.box = shift(drag.held, x - left, y - top, this.page.size);
    else drag.box = between(left, top, x, y);
    this.place(this.band, drag.box);
  }

  end() {
    const { drag } = this;
    this.cancel();
    if (!drag?.box || drag.box.width < LEAST_PX || drag.box.height < LEAST_PX) return;
    if (drag.edges) this.tell.change(this.item, drag.box);
    else if (drag.held) this.tell.move(drag.box.left - drag.held.left, drag.box.top - drag.held.top);
    else this.tell.draw(drag.box);
  }

  click(event) {
    if (!this.isOn) return;
    const isField = event.target.tagName === "polygon";
    if (this.isSplitting) {
      event.stopPropagation();
      this.isSplitting = false;
      const [x] = this.find(event);
      this.split(x);
    } else if (event.shiftKey && isField) {
      event.stopPropagation();
      this.tell.join(event.target);
    }
  }

  split(x) {
    const { left, top, width, height } = boxOf(this.item);
    const halves = [between(left, top, x, top + height), between(x, top, left + width, top + height)];
    const isWithin = x > left && x < left + width && halves.every((half) => half.width >= LEAST_PX);
    this.tell.split(this.item, isWithin ? halves : null);
  }

  /** Where a pointer is, in whole pixels of the page. */
  find({ clientX, clientY }) {
    const { left, top, width, height } = this.paper.getBoundingClientRect();
    const within = (share, size) => Math.round(Math.min(1, Math.max(0, share)) * size);
    const [wide, high] = this.page.size;
    return [within((clientX - left) / width, wide), within((clientY - top) / height, high)];
  }

  place({ style }, { left, top, width, height }) {
    const [wide, high] = this.page.size;
    style.left = `${(100 * left) / wide}%`;
    style.top = `${(100 * top) / high}%`;
    style.width = `${(100 * width) / wide}%`;
    style.height = `${(100 * height) / high}%`;
  }
}

/** The box between two corners. */
function between(x, y, otherX, otherY) {
  const [left, top] = [Math.min(x, otherX), Math.min(y, otherY)];
  return { left, top, width: Math.abs(otherX - x), height: Math.abs(otherY - y) };
}

/** Where the handle of some edges stands: a box without width or height. */
function spread({ left, top, width, height }, edges) {
  const along = edges.includes("e") ? 1 : edges.includes("w") ? 0 : 0.5;
  const down = edges.includes("s") ? 1 : edges.includes("n") ? 0 : 0.5;
  return { left: left + along * width, top: top + down * height, width: 0, height: 0 };
}

/** A box with some of its edges at another place. */
function pull({ left, top, width, height }, edges, x, y) {
  const right = edges.includes("e") ? x : left + width;
  const bottom = edges.includes("s") ? y : top + height;
  return between(edges.includes("w") ? x : left, edges.includes("n") ? y : top, right, bottom);
}

/** A box at another place that still lies on the page. */
function shift({ left, top, width, height }, x, y, [wide, high]) {
  const within = (place, most) => Math.max(0, Math.min(place, most));
  return { left: within(left + x, wide - width), top: within(top + y, high - height), width, height };
}

function make(name) {
  const element = document.createElement("span");
  element.className = name;
  element.setAttribute("aria-hidden", "true");
  return element;
}
