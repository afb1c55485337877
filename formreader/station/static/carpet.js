// The carpet: mark what is not like the others, confirm the page, and go on.

import { at, post, tell } from "/static/api.js";
import { keepClaims } from "/static/claims.js";
import { Grid, toPlace } from "/static/grid.js";
import { onKeys, onPress } from "/static/keys.js";
import { t } from "/static/language.js";
import { outbox } from "/static/outbox.js";

const COUNT = 60; // digits on a page
const MOST = 1000; // digits that can be named in a request
const RETRY_MS = 5000;
const COUNTED = 1000; // digits of a kind; the station counts no further

const find = (id) => document.getElementById(id);
const isReadOnly = find("carpet").dataset.readOnly === "yes";
const kinds = [...document.querySelectorAll("[data-digit]")];
const grid = new Grid(find("grid"), describe);
let digit = "0";
let isChosen = false; // by the person; until then the first digit that has any is shown
let following = null; // the page after this one, being loaded
let ahead = []; // the digits on it
let isBusy = false;

const actions = { confirm, undo, following: () => choose(nextDigit()) };

for (const button of document.querySelectorAll("[data-do]")) {
  onPress(button, () => actions[button.dataset.do]());
}
for (const button of kinds) {
  onPress(button, () => choose(button.dataset.digit));
}
if (isReadOnly) {
  for (const name of ["confirm", "undo"]) {
    document.querySelector(`[data-do=${name}]`).disabled = true;
  }
}

onKeys({
  Enter: confirm,
  u: undo,
  s: actions.following,
  ArrowLeft: () => grid.move(-1),
  ArrowRight: () => grid.move(1),
  ArrowUp: () => grid.move(-grid.columns),
  ArrowDown: () => grid.move(grid.columns),
  ...Object.fromEntries([..."0123456789"].map((one) => [one, () => choose(one)])),
});

async function choose(chosen) {
  isChosen = true;
  await open(chosen);
}

async function open(chosen) {
  digit = chosen;
  following = null;
  find("title").textContent = t("Read as {digit}", { digit });
  for (const kind of kinds) {
    kind.setAttribute("aria-pressed", String(kind.dataset.digit === digit));
  }
  await show(ask([]));
}

function nextDigit() {
  return String((Number(digit) + 1) % 10);
}

/** Ask for a page beside the digits that are on the screen, and load its pictures. */
async function ask(without) {
  const known = [...without, ...outbox.places].slice(0, MOST);
  const wish = { digit, count: COUNT, without: known };
  const { crops, left } = await post("/carpet/next", wish);
  for (const crop of crops) crop.image = load(crop);
  return { digit: wish.digit, left, crops };
}

function load(crop) {
  const image = new Image(28, 28);
  image.alt = "";
  image.src = at(`/digits/${crop.field}/${crop.position}.png`);
  return image;
}

async function show(asked) {
  isBusy = true;
  try {
    const page = await asked;
    if (page.digit !== digit) return; // another digit was chosen meanwhile
    const other = Object.keys(page.left).find((one) => page.left[one]);
    if (!page.crops.length && !isChosen && other) return choose(other);
    find("about").textContent = t("No digit read as {digit} is left that nobody has in hand.", { digit });
    grid.show(page.crops, digit);
    count(page.left);
    following = page.crops.length ? ask(grid.places) : null;
    ahead = [];
    following?.then(({ crops }) => (ahead = crops.map(toPlace))).catch(() => {}); // told when shown
  } catch (error) {
    tell(error.message);
    grid.show([], digit); // what stood there may be confirmed already
    find("about").textContent = t("The next digits cannot be loaded now; trying again.");
    setTimeout(() => open(digit), RETRY_MS);
  } finally {
    isBusy = false;
  }
}

function count(left) {
  for (const kind of kinds) {
    const number = left[kind.dataset.digit];
    kind.querySelector("small").textContent = number < COUNTED ? number || "–" : `${COUNTED}+`;
  }
}

async function confirm() {
  if (isBusy || isReadOnly || !grid.places.length) return;
  const { right, wrong } = grid;
  isBusy = true;
  tell("");
  outbox.add("/carpet/confirm", { right, wrong }, describePage(wrong.length), ({ put_back: putBack }) => {
    if (putBack) tell(t("Fields put back: {count}. See the queue.", { count: putBack }));
  });
  const next = following;
  await outbox.settle(); // so that the next page comes with what is left now
  await show(next ?? ask([]));
}

function describePage(wrong) {
  return { label: t("A page of digits read as {digit}, {wrong} of them wrong", { digit, wrong }), look: "/carpet" };
}

async function undo() {
  if (isBusy || isReadOnly) return;
  try {
    await outbox.settle();
    if (outbox.waiting.length) return tell(t("Not now: what you decided before is not saved yet."));
    const { digits } = await post("/carpet/undo", {});
    tell(digits ? t("Taken back: {count} digits.", { count: digits }) : t("There is no page of yours to take back."));
    if (digits) await open(digit);
  } catch (error) {
    tell(error.message);
  }
}

function describe(crop) {
  const percent = (Math.floor(crop.confidence * 1000) / 10).toFixed(1);
  find("about").textContent =
    `${t("{raw}, digit {number} · {percent} % certain", { raw: crop.raw, number: crop.position + 1, percent })} · ` +
    `${crop.name}, ${t("{source}, page {page}", crop)}`;
}

outbox.addEventListener("refusal", ({ detail }) => tell(`${detail.label}: ${detail.reason}`));
if (!isReadOnly) keepClaims(() => [...grid.places, ...ahead]);
open(digit);
