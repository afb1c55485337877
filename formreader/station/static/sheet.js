// The page beside the field: the place marked. Zoom, turn and contrast are kept for whoever
// works in this browser, from field to field and from day to day.

import { user } from "/static/api.js";
import { t } from "/static/language.js";
import { Shelf } from "/static/shelf.js";

const STEP = 1.3;
const LEAST = 0.2;
const MOST = 8;
const CONTRASTS = [1, 1.6, 2.6];
const DRAG_PX = 4; // of the screen, that a pointer moves before the page goes with it
const COARSE = 1.3; // screen pixels for one of the picture, beyond which a sharper one comes
const PATIENCE_MS = 250; // without a change of size, before it is asked for
const SVG = "http://www.w3.org/2000/svg";
const TURNS = {
  0: "",
  90: "rotate(90deg) translateY(-100%)",
  180: "rotate(180deg) translate(-100%, -100%)",
  270: "rotate(270deg) translateX(-100%)",
};
const kept = new Shelf(`formreader view ${user} `);

export class Sheet {
  /**
   * @param {HTMLElement} viewport @param {HTMLElement} paper @param {HTMLElement} note
   * @param {PagePictures | null} pictures gives the pictures of pages that bring none
   */
  constructor(viewport, paper, note, pictures) {
    Object.assign(this, { viewport, paper, note, pictures });
    this.zoom = kept.get("zoom") ?? 1;
    this.turned = kept.get("turn") ?? 0; // degrees, clockwise
    this.contrast = kept.get("contrast") ?? 1;
    this.item = null;
    this.page = null; // its id
    this.size = [0, 0]; // of the page in pixels
    this.drag = null;
    viewport.addEventListener("wheel", (event) => this.roll(event), { passive: false });
    viewport.addEventListener("pointerdown", (event) => this.begin(event));
    viewport.addEventListener("pointermove", (event) => this.pull(event));
    for (const name of ["pointerup", "pointercancel"]) {
      viewport.addEventListener(name, () => (this.drag = null));
    }
    showContrast(this.contrast);
  }

  show(item) {
    this.item = item;
    this.note.textContent = "";
    this.layOut(item.page_id, item.page_size);
    const image = this.pictures.give(item.page_id);
    image.onerror = () => this.miss(item);
    image.onload = () => this.centre();
    this.paper.replaceChildren(image, mark(item));
    if (isMissing(image)) this.miss(item);
    this.centre();
  }

  clear() {
    this.item = this.page = null;
    this.note.textContent = "";
    this.paper.replaceChildren();
  }

  miss(item) {
    if (this.item !== item) return;
    this.note.textContent =
      t("The page cannot be shown: its file was moved or changed, or it costs too much to draw.");
    this.paper.replaceChildren();
  }

  /** Give the paper the shape of a page, also before its picture has come. */
  layOut(page, [width, height]) {
    this.page = page;
    this.size = [width, height];
    this.paper.style.aspectRatio = width ? `${width} / ${height}` : "";
    this.fill();
  }

  scale(direction) {
    this.zoomTo(this.zoom * STEP ** direction);
    this.centre();
  }

  /** Show the whole page; or as wide as there is room, if it is shown whole. */
  fit() {
    const [width, height] = this.shape;
    const { clientWidth, clientHeight } = this.viewport;
    const whole = Math.min(1, (clientHeight * width) / (clientWidth * height || 1)) || 1;
    this.zoomTo(Math.abs(this.zoom - whole) < 0.01 ? 1 : whole);
    this.centre();
  }

  turn() {
    if (this.paper.classList.contains("drawing")) return; // boxes are drawn on it upright
    this.turned = (this.turned + 90) % 360;
    kept.put("turn", this.turned);
    this.fill();
    this.centre();
  }

  /** Lay the page upright, for boxes to be drawn on it. */
  straighten() {
    this.turned = 0;
    this.fill();
    this.centre();
  }

  changeContrast() {
    const place = CONTRASTS.indexOf(this.contrast);
    this.contrast = CONTRASTS[(place + 1) % CONTRASTS.length];
    kept.put("contrast", this.contrast);
    showContrast(this.contrast);
  }

  /** Bring the field to the middle of the view. */
  centre() {
    this.fill();
    if (!this.item) return;
    const [width, height] = this.size;
    const middle = (numbers, size) => (Math.min(...numbers) + Math.max(...numbers)) / 2 / (size || 1);
    const across = middle(this.item.outline.map(([x]) => x), width);
    const down = middle(this.item.outline.map(([, y]) => y), height);
    const { clientWidth, clientHeight } = this.viewport;
    this.scrollTo(this.place(across, down), clientWidth / 2, clientHeight / 2);
  }

  /** Width and height of the page as it is turned. */
  get shape() {
    const [width, height] = this.size;
    return this.turned % 180 ? [height, width] : [width, height];
  }

  /** Where a place of the page lies as it is turned; both in shares of the sides. */
  place(across, down) {
    if (this.turned === 90) return [1 - down, across];
    if (this.turned === 180) return [1 - across, 1 - down];
    return this.turned === 270 ? [down, 1 - across] : [across, down];
  }

  zoomTo(zoom) {
    this.zoom = Math.min(MOST, Math.max(LEAST, zoom));
    kept.put("zoom", this.zoom);
    this.fill();
  }

  /** Lay the paper out: turned, its sides change places, and its box must do so too. */
  fill() {
    const [width, height] = this.size;
    const isAcross = this.turned % 180 && width;
    const share = 100 * this.zoom * (isAcross ? width / height : 1); // of the viewport
    const { style } = this.paper;
    style.width = `${share}%`;
    style.transform = TURNS[this.turned];
    style.marginBottom = isAcross ? `${share - (share * height) / width}%` : "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.sharpen(), PATIENCE_MS);
  }

  /** Put a sharper picture in place of one that is shown too large. */
  async sharpen() {
    const image = this.paper.querySelector("canvas[data-state=small]");
    const { page } = this;
    if (!this.pictures || !image) return;
    if (this.paper.clientWidth * devicePixelRatio <= COARSE * image.width) return;
    const sharp = await this.pictures.sharpen(page).catch(() => null);
    if (sharp && image.parentNode === this.paper) image.replaceWith(sharp);
  }

  /** Zoom where the pointer is. */
  roll(event) {
    if (!this.size[0] || event.shiftKey) return; // which scrolls sideways
    event.preventDefault();
    const box = this.paper.getBoundingClientRect();
    const view = this.viewport.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    this.zoomTo(this.zoom * STEP ** -Math.sign(event.deltaY));
    this.scrollTo(place, event.clientX - view.left, event.clientY - view.top);
  }

  /** Scroll until a place of the turned page lies so far from the corner of the view. */
  scrollTo([across, down], left, top) {
    const { width, height } = this.paper.getBoundingClientRect();
    this.viewport.scrollLeft = across * width - left;
    this.viewport.scrollTop = down * height - top;
  }

  begin(event) {
    const isBar = event.target === this.viewport && event.offsetX > this.viewport.clientWidth;
    const isDrawing = this.paper.classList.contains("drawing");
    if (event.button || event.pointerType === "touch" || isBar || isDrawing) return;
    const { scrollLeft, scrollTop } = this.viewport;
    this.drag = { x: event.clientX + scrollLeft, y: event.clientY + scrollTop, isOn: false };
  }

  pull(event) {
    const { drag, viewport } = this;
    if (!drag) return;
    const left = drag.x - event.clientX;
    const top = drag.y - event.clientY;
    const way = Math.max(Math.abs(left - viewport.scrollLeft), Math.abs(top - viewport.scrollTop));
    if (!drag.isOn && way < DRAG_PX) return;
    if (!drag.isOn) viewport.setPointerCapture(event.pointerId); // and no field is clicked
    drag.isOn = true;
    [viewport.scrollLeft, viewport.scrollTop] = [left, top];
  }
}

/** Whether the picture of a page was asked for and did not come. */
export function isMissing(image) {
  return image.dataset.state === "missing" || (image.complete && image.hasAttribute("src") && !image.naturalWidth);
}

function showContrast(contrast) {
  document.documentElement.style.setProperty("--contrast", contrast);
}

function mark(item) {
  const svg = document.createElementNS(SVG, "svg");
  const polygon = document.createElementNS(SVG, "polygon");
  svg.setAttribute("viewBox", `0 0 ${item.page_size.join(" ")}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  polygon.setAttribute("points", item.outline.map((point) => point.join(",")).join(" "));
  svg.append(polygon);
  return svg;
}
