// The blank page with the fields of a form: names at their corners, lines between cells.

import { PageSheet } from "/static/page_sheet.js";

const SVG = "http://www.w3.org/2000/svg";

export class FormSheet extends PageSheet {
  /** @param {(item: object) => void} pick is told which field was clicked */
  constructor(viewport, paper, note, pick) {
    super(viewport, paper, note, null, pick);
    this.turned = 0; // boxes are drawn on it upright
    this.byPolygon = new Map();
  }

  /** Show a page; `places` gives the cells of fields by name, as the server knows them. */
  showForm(page, places) {
    this.byPolygon.clear();
    this.showPage(page);
    const lines = document.createElementNS(SVG, "path");
    lines.setAttribute("class", "cells");
    lines.setAttribute("d", page.items.flatMap(({ name }) => places[name] ?? []).map(outline).join(""));
    this.paper.querySelector("svg").append(lines);
  }

  /** Here the wheel scrolls, and the pointer draws. */
  roll() {}

  begin() {}

  draw(item, size) {
    const box = super.draw(item, size);
    this.byPolygon.set(box.polygon, item);
    box.polygon.setAttribute("data-name", item.name);
    return box;
  }

  update(item) {
    const { polygon, sign } = this.boxes.get(item.id);
    polygon.dataset.state = sign.dataset.state = item.state;
    const mark = { warned: "! ", proposed: "? " }[item.state] ?? "";
    sign.textContent = `${mark}${item.name}`;
  }

  /** Mark the fields that are chosen, and bring one of them into view. */
  choose(ids, item) {
    for (const [id, { polygon }] of this.boxes) polygon.classList.toggle("chosen", ids.has(id));
    this.item = item;
    if (item && !this.isInView(item)) this.centre();
  }
}

const outline = ([left, top, width, height]) => `M${left} ${top}h${width}v${height}h${-width}z`;
