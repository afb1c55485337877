// The fields of a page as a list of buttons, the doubtful ones after them.

import { t } from "/static/language.js";

const KINDS = {
  number: t("number"), tick: t("tick"), choice: t("choice"), text: t("text"), code: t("code"),
  integer: t("whole number"), decimal: t("decimal number"), date: t("date"), time: t("time"),
};

export class FieldList {
  /** @param {HTMLElement} list @param {(id: number, isMore: boolean) => void} pick */
  constructor(list, pick) {
    this.list = list;
    this.pick = pick;
    this.buttons = new Map();
  }

  show(items) {
    const kept = this.list.contains(document.activeElement) ? this.idOf(document.activeElement) : null;
    this.buttons.clear();
    this.list.replaceChildren(...items.map((item) => this.make(item)));
    if (kept !== null) this.buttons.get(kept)?.focus({ preventScroll: true });
  }

  make(item) {
    const entry = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.id = item.id;
    button.dataset.state = item.state;
    button.append(part("sign", { warned: "!", proposed: "?" }[item.state] ?? ""));
    button.append(part("label", item.name || t("without a name")), part("soft", describe(item)));
    button.addEventListener("click", (event) => this.pick(item.id, event.shiftKey));
    entry.append(button);
    this.buttons.set(item.id, button);
    return entry;
  }

  choose(ids) {
    for (const [id, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(ids.has(id)));
      if (ids.has(id)) this.bringIntoView(button.parentElement);
    }
  }

  /** Scroll the list, and nothing around it. */
  bringIntoView({ offsetTop, offsetHeight }) {
    const { scrollTop, clientHeight } = this.list;
    if (offsetTop < scrollTop) this.list.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > scrollTop + clientHeight) this.list.scrollTop = offsetTop + offsetHeight - clientHeight;
  }

  idOf(element) {
    const id = element.closest("[data-id]")?.dataset.id;
    return id ? Number(id) : null;
  }
}

/** What a field is, in a few words. */
export function describe({ keys, state, note }) {
  if (state === "proposed") return note || t("proposed");
  const kind = keys.kind ?? keys.type ?? "number";
  const parts = [KINDS[kind] ?? kind];
  if (keys.cells) parts.push(t("{count} cells", { count: keys.cells }));
  if (keys.options) parts.push(t("{count} boxes", { count: keys.options.length }));
  if (keys.values) parts.push(t("{count} values", { count: keys.values.length }));
  return parts.join(", ");
}

function part(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}
