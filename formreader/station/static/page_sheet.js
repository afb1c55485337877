// The picture of a page with all its fields as boxes. What a box says by its colour, it says
// by its line and its sign as well.

import { t } from "/static/language.js";
import { Sheet, isMissing } from "/static/sheet.js";
import { SIGNS } from "/static/page_values.js";

const SVG = "http://www.w3.org/2000/svg";

export class PageSheet extends Sheet {
  /** @param {(item: object) => void} pick is told which box was clicked */
  constructor(viewport, paper, note, pictures, pick) {
    super(viewport, paper, note, pictures);
    this.pick = pick;
    this.boxes = new Map(); // polygon and sign, by field
  }

  showPage(page) {
    this.item = null;
    this.note.textContent = "";
    const [width, height] = page.size;
    this.layOut(page.id, page.size);
    const image = page.image ?? this.pictures.give(page.id);
    image.onerror = () => this.missPage(image);
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    this.boxes.clear();
    const signs = [];
    for (const item of bySize(page.items)) {
      const box = this.draw(item, page.size);
      svg.append(box.polygon);
      signs.push(box.sign);
      this.boxes.set(item.id, box);
      this.update(item);
    }
    this.paper.replaceChildren(image, svg, ...signs);
    if (isMissing(image)) this.missPage(image);
  }

  /** Show how far a field has come. */
  update(item) {
    const { polygon, sign } = this.boxes.get(item.id);
    polygon.dataset.state = sign.dataset.state = item.state;
    sign.textContent = SIGNS[item.state].sign;
  }

  /** Mark a field, and bring it into view. */
  select(item) {
    for (const [id, { polygon }] of this.boxes) polygon.classList.toggle("chosen", id === item.id);
    this.item = item;
    if (!this.isInView(item)) this.centre();
  }

  isInView(item) {
    const box = this.boxes.get(item.id).polygon.getBoundingClientRect();
    const view = this.viewport.getBoundingClientRect();
    const isWithin = box.top >= view.top && box.bottom <= view.bottom;
    return isWithin && box.left >= view.left && box.right <= view.right;
  }

  /** Without its picture, the boxes stand on an empty page. */
  missPage(image) {
    if (image.parentNode !== this.paper) return;
    this.note.textContent =
      t("The page cannot be shown: its file was moved or changed, or it costs too much to draw.");
    image.remove();
  }

  draw(item, [width, height]) {
    const polygon = document.createElementNS(SVG, "polygon");
    polygon.setAttribute("points", item.outline.map((point) => point.join(",")).join(" "));
    polygon.addEventListener("click", () => this.pick(item));
    const sign = document.createElement("span");
    sign.className = "sign";
    sign.setAttribute("aria-hidden", "true");
    sign.style.left = `${(100 * Math.min(...item.outline.map(([x]) => x))) / (width || 1)}%`;
    sign.style.top = `${(100 * Math.min(...item.outline.map(([, y]) => y))) / (height || 1)}%`;
    return { polygon, sign };
  }
}

/** Large boxes first, so that those within them lie above and can be clicked. */
function bySize(items) {
  const area = ({ outline }) => {
    const span = (numbers) => Math.max(...numbers) - Math.min(...numbers);
    return span(outline.map(([x]) => x)) * span(outline.map(([, y]) => y));
  };
  return [...items].sort((a, b) => area(b) - area(a));
}
