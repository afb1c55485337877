// The fields of a page as a list of buttons, the doubtful ones after them.

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
    button.append(part("label", item.name || "without a name"), part("soft", describe(item)));
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
  if (state === "proposed") return note || "proposed";
  const parts = [keys.kind ?? keys.type ?? "number"];
  if (keys.cells) parts.push(`${keys.cells} cells`);
  if (keys.options) parts.push(`${keys.options.length} boxes`);
  if (keys.values) parts.push(`${keys.values.length} values`);
  return parts.join(", ");
}

function part(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}
