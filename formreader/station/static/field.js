// Shows one field: its picture, the reading with doubtful digits, other readings.

import { onPress } from "/static/keys.js";
import { sayType, t } from "/static/language.js";

const DOUBTFUL = 0.9; // confidence of a digit below which it is coloured
const KEYED = 5; // alternatives that Alt chooses
const FITTING = 8; // characters of an alternative, beside its key
const LEADING = 3; // that are shown before the one that differs
const NAMES = { _: "▢", X: "✕" };
const SPOKEN = { _: "blank", X: "crossed out", "?": "no digit" };
const find = (id) => document.getElementById(id);

export class FieldView {
  /**
   * @param {(index: number) => void} choose is told which alternative was clicked
   * @param {(id: number) => void} open is told which field of a rule was clicked
   */
  constructor(choose, open) {
    Object.assign(this, { choose, open });
  }

  showItem(item) {
    put("name", item.name);
    put("where", t("{source}, page {page}", item));
    for (const key of document.querySelectorAll("[data-type]")) {
      const { type } = key.dataset;
      key.classList.toggle("unfit", !/[0-9]/.test(type) && !item.marks.includes(type));
    }
    find("crop").replaceChildren(item.crop_image);
    find("why").textContent = item.flags.map((flag) => t(flag)).join(" · ");
    if (find("spoken")) find("spoken").textContent = [item.name, find("where").textContent, find("why").textContent].join(", ");
    const buttons = item.alternatives.map((value, index) => this.button(value, index, item.value));
    find("alternatives").replaceChildren(...buttons);
  }

  /** Show what Enter would accept. */
  showEntry(entry) {
    const reading = find("reading");
    const { item, kind, value } = entry;
    const isAsRead = kind === "read" && item.decided === null;
    if (isAsRead && isLiteral(item)) {
      reading.replaceChildren(...spell(item));
      reading.setAttribute("aria-label", speak(item));
    } else {
      reading.replaceChildren(value ? value : none(sayDecided(item.decided ?? "empty")));
      reading.setAttribute("aria-label", value || t("empty"));
    }
    reading.dataset.size = sizeOf(value);
    find("how").textContent = explain(entry);
    [...find("alternatives").querySelectorAll("button")].forEach((button, index) => {
      button.setAttribute("aria-pressed", String(kind === "alternative" && index === entry.index));
    });
  }

  /** Say which rules the value breaks, with ways to the other fields that they speak of. */
  showBreaches(breaches) {
    const lines = breaches.map(({ text, others }) => {
      const line = document.createElement("p");
      line.append(`${text}. `, ...others.map((other) => this.way(other)));
      return line;
    });
    find("breaches").replaceChildren(...lines);
  }

  way({ id, name }) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    onPress(button, () => this.open(id));
    return button;
  }

  showLeft(left) {
    find("left").textContent = left === null ? "" : t("{count} left", { count: left });
  }

  clear(text) {
    put("name", text);
    for (const id of ["where", "how", "why"]) find(id).textContent = "";
    for (const id of ["crop", "reading", "alternatives"]) find(id).replaceChildren();
    find("reading").removeAttribute("aria-label");
  }

  button(value, index, other) {
    const line = document.createElement("li");
    const button = document.createElement("button");
    const key = document.createElement("kbd");
    const text = document.createElement("span");
    button.type = "button";
    button.title = value;
    text.textContent = cutBefore(value, other);
    if (text.textContent !== value) button.setAttribute("aria-label", value);
    if (index < KEYED) key.textContent = `Alt ${index + 1}`;
    button.append(text, ...(index < KEYED ? [key] : []));
    onPress(button, () => this.choose(index));
    line.append(button);
    return line;
  }
}

/** Show a line that may be cut short, and all of it to whoever points at it. */
function put(id, text) {
  find(id).textContent = find(id).title = text;
}

/** A long value from shortly before the place where it differs from another. */
function cutBefore(value, other) {
  const place = [...value].findIndex((character, index) => character !== other[index]);
  return value.length > FITTING && place > LEADING ? `…${value.slice(place - LEADING + 1)}` : value;
}

/** How large a value can be written, so that it fits into a place of one size. */
function sizeOf(value) {
  if (value.length <= 9) return "large";
  return value.length <= 20 ? "middle" : "small";
}

function explain({ kind, item, index }) {
  if (kind === "typed") return t("Typed. Enter accepts it, Esc returns to the reading.");
  if (kind === "alternative") return t("Reading {number} of the others. Enter accepts it.", { number: index + 1 });
  if (item.decided !== null) return t("Decided: {what}. Enter accepts it as it stands.", { what: sayDecided(item.decided) });
  if (item.stands_for_page) return t("This is no field. Enter says that nothing is to be read here.");
  if (item.takes_words && !item.characters.length) return t("A text, which is not read. Press T and type it.");
  if (!item.machine_value) return t(item.takes_words ? "No answer is certain." : "Not read as a number.");
  if (item.type && !isLiteral(item)) return t("A {type}; read as {raw}.", { type: sayType(item.type), raw: raw(item) });
  if (!isLiteral(item)) return t("Chosen by a rule of the form; read as {raw}.", { raw: raw(item) });
  const percent = (Math.floor(item.confidence * 1000) / 10).toFixed(1);
  return t(item.doubt ? "The digits alone are {percent} % certain." : "Read with {percent} % certainty.", { percent });
}

/** Say what was decided and by whom, as `correct · ann`. */
export function sayDecided(text) {
  const [action, ...others] = text.split(" · ");
  return [t(action), ...others].join(" · ");
}

const raw = (item) => item.characters.map(({ character }) => character).join("");
const bare = (text) => text.replace(/[_X.,/:-]/g, "");

/** Whether the value is what was read, character by character. */
function isLiteral(item) {
  return !item.machine_value || bare(raw(item)) === bare(item.machine_value);
}

/** The machine's reading, a span for each character. */
function spell(item) {
  if (!item.characters.length) return [none(item.machine_value || t("blank"))];
  const spans = item.characters.map(({ character, confidence }) => {
    const span = document.createElement("span");
    span.textContent = NAMES[character] ?? character;
    if (confidence < DOUBTFUL) span.className = "doubtful";
    return span;
  });
  const point = item.machine_value.indexOf(".");
  if (point >= 0 && !raw(item).includes(".")) spans.splice(raw(item).search(/[0-9]/) + point, 0, ".");
  return spans;
}

function speak(item) {
  const words = item.characters.map(({ character, confidence }) => {
    const name = t(SPOKEN[character] ?? character);
    return confidence < DOUBTFUL ? t("{digit} doubtful", { digit: name }) : name;
  });
  return words.join(" ") || item.machine_value || t("blank");
}

function none(text) {
  const span = document.createElement("span");
  span.className = "none";
  span.textContent = text;
  return span;
}
