// The pad: draw, have it recognised, and see what the model saw.

import { post, tell } from "/static/api.js";
import { Ink } from "/static/ink.js";
import { t } from "/static/language.js";

const find = (id) => document.getElementById(id);
const path = find("pad").dataset.recognize;
const ink = new Ink(find("canvas"), forget);
const NAMES = { crossed: "crossed out", other: "no digit" };

find("recognize").addEventListener("click", recognize);
find("clear").addEventListener("click", () => ink.clear());
find("back").addEventListener("click", () => ink.undo());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "c") ink.clear();
  else if (key === "z") ink.undo();
  else if (key === "enter" && event.target.tagName !== "BUTTON") recognize();
});

/** An answer speaks of one drawing; when that changes, it goes. */
function forget() {
  find("hint").hidden = !ink.isEmpty;
  show("–", t(ink.isEmpty ? "Nothing read yet." : "Press Recognise, or Enter."), "none");
}

async function recognize() {
  try {
    answer(await post(path, ink.toBlob()));
    tell("");
  } catch (error) {
    tell(error.message);
  }
}

function answer(found) {
  if (found.is_blank) {
    show("–", t("Nothing is drawn."), "none");
  } else if (found.is_sure) {
    show(found.value, t("{share} certain", { share: percent(found.confidence) }), "sure");
  } else {
    show(t("Not sure"), doubt(found), "unsure");
  }
  find("seen").replaceChildren(...found.digits.map(draw));
}

/** Say why, and what it may be, without claiming it. */
function doubt(found) {
  const why = found.reasons.filter((reason) => reason !== "not certain").map((reason) => t(reason)).join(", ");
  const perhaps = found.value
    ? t("It may be {value} ({share}).", { value: found.value, share: percent(found.confidence) })
    : t("It is not read as a number.");
  return why ? `${perhaps} ${t("Why: {why}.", { why })}` : perhaps;
}

function show(value, verdict, state) {
  find("value").textContent = value;
  find("verdict").textContent = verdict;
  find("value").dataset.state = state;
  find("seen").replaceChildren();
}

function draw(digit) {
  const card = find("digit").content.cloneNode(true).firstElementChild;
  const seen = card.querySelector("canvas");
  const name = { X: "crossed out", "?": "no digit", _: "blank" }[digit.character];
  card.querySelector("h2").textContent =
    `${name ? t(name) : digit.character} · ${percent(digit.confidence)}`;
  seen.setAttribute("aria-label", t("What the model saw, read as {digit}", { digit: digit.character }));
  seen.hidden = digit.image === null;
  if (digit.image) paint(seen, digit.image);
  const bars = Object.entries(digit.classes ?? {}).map(bar);
  card.querySelector("ol").replaceChildren(...bars);
  return card;
}

function paint(canvas, greys) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(28, 28);
  greys.forEach((grey, index) => {
    picture.data.set([grey, grey, grey, 255], 4 * index);
  });
  context.putImageData(picture, 0, 0);
}

function bar([name, probability]) {
  const line = document.createElement("li");
  const meter = document.createElement("meter");
  const label = document.createElement("span");
  const share = document.createElement("span");
  label.textContent = t(NAMES[name] ?? name);
  share.textContent = percent(probability);
  meter.value = probability;
  meter.setAttribute("aria-label", `${label.textContent}: ${share.textContent}`);
  line.append(label, meter, share);
  return line;
}

/** Round down, so that 100 % means certainty. */
function percent(probability) {
  return `${(Math.floor(probability * 1000) / 10).toFixed(1)} %`;
}
