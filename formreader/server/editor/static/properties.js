// What is known of the chosen field, or of several: each input changes one key of them. Which
// kinds of field a key goes with stands in the page, as the server knows it.

import { t } from "/static/language.js";

const READ = {
  text: (text) => text,
  integer: (text) => toNumber(text),
  number: (text) => toNumber(text),
  words: (text) => text.split(/[\s,;]+/).filter(Boolean),
  integers: (text) => text.split(/[\s,;]+/).filter(Boolean).map(toNumber),
  span: (text) => readSpan(text),
  list: (text) => (/\.csv/i.test(text) ? text : READ.words(text)),
};
const WRITE = (value) => (Array.isArray(value) ? value.join(" ") : String(value ?? ""));

export class Properties {
  /**
   * @param {HTMLFormElement} form
   * @param {{name: Function, place: Function, keys: Function}} tell is told the new name, the
   *   new box, or keys and their values; undefined takes a key away
   */
  constructor(form, tell) {
    this.form = form;
    this.tell = tell;
    this.fields = [];
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => this.hear(event.target));
  }

  /** Show fields; with several, what they have in common. */
  show(fields) {
    const isSame = fields.length === this.fields.length
      && fields.every(({ id }, place) => id === this.fields[place].id);
    this.fields = fields;
    const [first] = fields;
    this.form.hidden = !first;
    if (!first) return;
    const kinds = new Set(fields.map(({ keys }) => keys.kind ?? "number"));
    const all = fields.map(({ keys }) => withValues(keys));
    const shared = (key) => all.every((keys) => same(keys[key], all[0][key]));
    for (const input of this.form.elements) {
      const { key } = input.dataset;
      if (!key) continue;
      if (isSame && input === document.activeElement && input.type !== "checkbox") continue; // being typed in
      const row = input.closest("[data-kinds]");
      if (row) row.hidden = ![...kinds].every((kind) => row.dataset.kinds.split(" ").includes(kind));
      if (key === "name") this.showName(input);
      else if (key === "box") input.value = fields.length > 1 ? "" : first.box[input.dataset.side];
      else if (input.type === "checkbox") input.checked = shared(key) && all[0][key] === valueOf(input);
      else input.value = shared(key) ? write(input, all[0][key]) : "";
      if (key === "box") input.disabled = fields.length > 1;
    }
    for (const row of this.form.querySelectorAll("[data-when]")) {
      row.hidden = row.hidden || !fields.every(({ keys }) => row.dataset.when.split(" ").includes(keys.type ?? ""));
    }
  }

  showName(input) {
    input.value = this.fields.length > 1 ? "" : this.fields[0].name;
    input.disabled = this.fields.length > 1;
    input.placeholder = this.fields.length > 1 ? t("{count} fields", { count: this.fields.length }) : "";
  }

  hear(input) {
    const { key } = input.dataset;
    if (!key || !this.fields.length) return;
    if (key === "name") this.tell.name(input.value.trim());
    else if (key === "box") this.hearPlace();
    else if (key === "kind") this.hearKind(input.value);
    else this.tell.keys({ [key]: read(input) });
  }

  hearPlace() {
    const sides = [...this.form.querySelectorAll('[data-key="box"]')];
    const box = sides.map((input) => Math.round(input.valueAsNumber));
    if (box.every((number) => number >= 0)) this.tell.place(box);
  }

  /** A field of another kind loses the keys that say nothing of it. */
  hearKind(kind) {
    const lost = [...this.form.elements]
      .filter((input) => input.dataset.key && input.closest("[data-kinds]"))
      .filter((input) => !input.closest("[data-kinds]").dataset.kinds.split(" ").includes(kind || "number"))
      .map((input) => [input.dataset.key, undefined]);
    this.tell.keys({ ...Object.fromEntries(lost), kind: kind || undefined });
  }
}

function read(input) {
  if (input.type === "checkbox") return input.checked ? valueOf(input) : undefined;
  const text = input.value.trim();
  if (!text) return undefined;
  return READ[input.dataset.form ?? "text"](text);
}

function write(input, value) {
  if (input.dataset.form === "span" && Array.isArray(value)) return value.join("-");
  return WRITE(value);
}

/** Keys of a choice whose boxes have places of their own, with the values of these. */
function withValues(keys) {
  return keys.options ? { ...keys, values: keys.options.map(({ value }) => value) } : keys;
}

/**
 * Keys with others set, or taken away where they are undefined. As many values as a choice
 * has boxes with places of their own name these; any other number divides its box.
 */
export function putKeys(keys, values) {
  const put = { ...keys, ...values };
  if (keys.options && values.values) {
    const isEach = keys.options.length === values.values.length;
    put.options = isEach ? keys.options.map((one, place) => ({ ...one, value: values.values[place] })) : undefined;
    if (isEach) put.values = undefined;
  }
  return Object.fromEntries(Object.entries(put).filter(([, value]) => value !== undefined));
}

/** What a checked box stands for: a word of the template, or true. */
const valueOf = ({ dataset }) => dataset.value ?? true;

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** A number, or the text as it is, of which the server says what is wrong. */
const toNumber = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);

function readSpan(text) {
  const parts = text.split(/[\s,–-]+/).filter(Boolean).map(toNumber);
  return parts.length === 1 ? parts[0] : parts;
}
