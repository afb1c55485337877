// The values of a page in reading order; cells of a table stand as a table. Each is a button
// that chooses its field; one of them, the chosen one, can be reached by Tab.

import { t } from "/static/language.js";

const CELL = /^(?:t(\d+)_)?r(\d+)_?c(\d+)$/;

/** How far a field has come: a sign, which stands on the page as well, and words. */
export const SIGNS = {
  accepted: { sign: "", words: "accepted by the machine" },
  review: { sign: "?", words: "to review" },
  rule_failed: { sign: "!", words: "breaks a rule, to review" },
  escalated: { sign: "→", words: "left to the supervisor" },
  decided: { sign: "✓", words: "decided by a person" },
};

export const isOpen = ({ state }) => state === "review" || state === "rule_failed";

export class PageValues {
  /** @param {HTMLElement} list @param {(item: object) => void} pick */
  constructor(list, pick) {
    this.list = list;
    this.pick = pick;
    this.buttons = new Map(); // by field
    this.order = []; // the fields as they stand in the list
  }

  showPage(page) {
    this.buttons.clear();
    this.order = [];
    this.cells = new Map(); // row and column, by field of a table
    this.list.replaceChildren(...partIntoTables(page.items).map((part) => this.build(part)));
    if (this.order.length) this.buttons.get(this.order[0].id).tabIndex = 0;
  }

  /**
   * Show what stands for a field.
   * @param {string} draft what is typed for it and not saved; empty if nothing is
   */
  update(item, draft) {
    const button = this.buttons.get(item.id);
    button.dataset.state = item.state;
    button.classList.toggle("typed", Boolean(draft));
    const { sign, words } = SIGNS[item.state];
    const [shownSign, number, , spoken] = button.children;
    shownSign.textContent = sign;
    number.textContent = draft || item.value || nothing(item);
    spoken.textContent = `, ${draft ? `${t("typed, not saved")}, ` : ""}${t(words)}`;
  }

  /** Mark a field, and bring it into view; with the focus, unless that is elsewhere. */
  select(item, hasFocus) {
    for (const [id, button] of this.buttons) {
      button.tabIndex = id === item.id ? 0 : -1;
      button.toggleAttribute("aria-current", id === item.id);
    }
    const button = this.buttons.get(item.id);
    button.setAttribute("aria-current", "true");
    if (hasFocus) button.focus({ preventScroll: true });
    for (let box = button.parentNode; box !== this.list.parentNode; box = box.parentNode) reveal(button, box);
  }

  /** The field that stands beside another one; in a table by rows and columns. */
  beside(item, across, down) {
    const cell = this.cells.get(item.id);
    if (cell) {
      const found = this.order.find(({ id }) => {
        const other = this.cells.get(id);
        return other && other.table === cell.table && other.row === cell.row + down && other.column === cell.column + across;
      });
      if (found) return found;
    }
    return this.order[this.order.indexOf(item) + across + down];
  }

  build({ table, items }) {
    this.order.push(...items);
    return table === null ? this.buildList(items) : this.buildTable(table, items);
  }

  buildList(items) {
    const list = document.createElement("ol");
    for (const item of items) {
      const line = document.createElement("li");
      line.append(this.button(item));
      list.append(line);
    }
    return list;
  }

  buildTable(name, items) {
    const places = new Map(items.map((item) => [item, findCell(item)]));
    const rows = distinct(items.map((item) => places.get(item).row));
    const columns = distinct(items.map((item) => places.get(item).column));
    const table = document.createElement("table");
    table.createCaption().textContent = t("Table {name}", { name });
    const head = table.createTHead().insertRow();
    head.append(document.createElement("td"), ...columns.map((column) => heading("col", column)));
    const body = table.createTBody();
    const lines = new Map(rows.map((row) => [row, body.insertRow()]));
    for (const [row, line] of lines) {
      line.append(heading("row", row));
      for (const _ of columns) line.insertCell();
    }
    for (const [item, { row, column }] of places) {
      lines.get(row).cells[columns.indexOf(column) + 1].append(this.button(item));
      this.cells.set(item.id, { table: name, row: rows.indexOf(row), column: columns.indexOf(column) });
    }
    const frame = document.createElement("div");
    frame.className = "table";
    frame.append(table);
    return frame;
  }

  button(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "value";
    button.tabIndex = -1;
    button.title = item.name;
    for (const name of ["sign", "number", "label", "unseen"]) {
      const part = document.createElement("span");
      part.className = name;
      button.append(part);
    }
    button.children[0].setAttribute("aria-hidden", "true");
    button.children[2].textContent = item.stands_for_page ? item.flags.map((flag) => t(flag)).join(" · ") : item.name;
    button.addEventListener("click", () => this.pick(item));
    this.buttons.set(item.id, button);
    return button;
  }
}

function nothing(item) {
  if (item.stands_for_page) return t("the page");
  if (item.decided?.startsWith("unreadable")) return t("unreadable");
  if (item.takes_words && !item.characters.length && !item.decided) return t("a text");
  const isBlank = item.decided?.startsWith("blank") || item.characters.every(({ character }) => character === "_");
  return t(isBlank ? "blank" : "no value");
}

function findCell({ name }) {
  const found = CELL.exec(name);
  return found && { table: found[1] ?? "1", row: Number(found[2]), column: Number(found[3]) };
}

/** Part fields into lists and tables; a table stands where its first cell does. */
function partIntoTables(items) {
  const parts = [];
  const tables = new Map();
  for (const item of items) {
    const table = findCell(item)?.table ?? null;
    const last = parts.at(-1);
    const part = table === null ? last?.table === null && last : tables.get(table);
    if (part) part.items.push(item);
    else parts.push({ table, items: [item] });
    if (table !== null && !part) tables.set(table, parts.at(-1));
  }
  return parts;
}

const distinct = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

function heading(scope, number) {
  const cell = document.createElement("th");
  cell.scope = scope;
  cell.textContent = number;
  return cell;
}

/** Scroll a box, and none around it, until something in it is in view. */
function reveal(element, box) {
  const inner = element.getBoundingClientRect();
  const outer = box.getBoundingClientRect();
  if (inner.top < outer.top) box.scrollTop += inner.top - outer.top - 8;
  if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom + 8;
  if (inner.left < outer.left) box.scrollLeft += inner.left - outer.left - 8;
  if (inner.right > outer.right) box.scrollLeft += inner.right - outer.right + 8;
}
