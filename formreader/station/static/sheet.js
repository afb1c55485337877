// The page beside the field: the place marked, zoom kept from field to field.

const STEP = 1.3;
const LEAST = 1;
const MOST = 8;
const SVG = "http://www.w3.org/2000/svg";

export class Sheet {
  /** @param {HTMLElement} viewport @param {HTMLElement} paper @param {HTMLElement} note */
  constructor(viewport, paper, note) {
    this.viewport = viewport;
    this.paper = paper;
    this.note = note;
    this.zoom = 1;
    this.item = null;
  }

  show(item) {
    this.item = item;
    const image = item.sheet_image;
    this.note.textContent = "";
    image.onerror = () => this.miss(item);
    image.onload = () => this.centre();
    this.paper.replaceChildren(image, mark(item));
    if (image.complete && image.naturalWidth === 0) this.miss(item);
    this.centre();
  }

  clear() {
    this.item = null;
    this.note.textContent = "";
    this.paper.replaceChildren();
  }

  miss(item) {
    if (this.item !== item) return;
    this.note.textContent =
      "The page cannot be shown: its file was moved or changed, or it costs too much to draw.";
    this.paper.replaceChildren();
  }

  scale(direction) {
    this.zoom = Math.min(MOST, Math.max(LEAST, this.zoom * STEP ** direction));
    this.centre();
  }

  /** Bring the field to the middle of the view. */
  centre() {
    this.paper.style.width = `${this.zoom * 100}%`;
    if (!this.item) return;
    const [width, height] = this.item.page_size;
    const xs = this.item.outline.map(([x]) => x);
    const ys = this.item.outline.map(([, y]) => y);
    const middle = (numbers, size) => (Math.min(...numbers) + Math.max(...numbers)) / 2 / (size || 1);
    this.viewport.scrollLeft =
      middle(xs, width) * this.paper.scrollWidth - this.viewport.clientWidth / 2;
    this.viewport.scrollTop =
      middle(ys, height) * this.paper.scrollHeight - this.viewport.clientHeight / 2;
  }
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
