// The queue: one field after the other, by keyboard.

import { post, tell } from "/static/api.js";
import { keepClaims, wholeFields } from "/static/claims.js";
import { Entry } from "/static/entry.js";
import { FieldView } from "/static/field.js";
import { onKeys } from "/static/keys.js";
import { outbox } from "/static/outbox.js";
import { Sheet } from "/static/sheet.js";
import { Supply } from "/static/supply.js";
import { makeId } from "/static/tab.js";

const RETRY_MS = 10_000; // others may put fields back, or let go of them

const find = (id) => document.getElementById(id);
const { readOnly, ...filters } = find("desk").dataset;
const isReadOnly = readOnly === "yes";
const sheet = new Sheet(find("viewport"), find("paper"), find("sheet-note"));
const view = new FieldView((index) => change(() => entry.choose(index)));
const shown = () => entry?.item.id ?? null;
const supply = new Supply(filters, outbox, arrived, shown);
const past = []; // fields that were shown before, the last one at the end
let entry = null;
let undoing = null; // the request of an undo that had no answer

const actions = {
  accept, skip, back, undo,
  blank: () => decide("blank", ""),
  unreadable: () => decide("unreadable", ""),
  in: () => sheet.scale(1),
  out: () => sheet.scale(-1),
};

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", (event) => {
    if (event.detail) button.blur(); // so that Enter accepts again after a click
    actions[button.dataset.do]();
  });
}
if (isReadOnly) {
  for (const name of ["accept", "blank", "unreadable", "undo"]) {
    document.querySelector(`[data-do=${name}]`).disabled = true;
  }
}

onKeys({
  Enter: accept,
  "Shift+Enter": back,
  u: undo,
  b: actions.blank,
  x: actions.unreadable,
  s: skip,
  "+": actions.in,
  "=": actions.in,
  "-": () => (entry?.isTyped ? change(() => entry.mark("-")) : actions.out()),
  n: () => change(() => entry.negate()),
  ArrowDown: () => change(() => entry.walk(1)),
  ArrowUp: () => change(() => entry.walk(-1)),
  Backspace: () => change(() => entry.backspace()),
  Escape: () => change(() => entry.reset()),
  ...Object.fromEntries(
    [...".,/:"].map((mark) => [mark, () => change(() => entry.mark(mark))]),
  ),
  ...Object.fromEntries(
    [..."0123456789"].map((digit) => [digit, () => change(() => entry.digit(digit))]),
  ),
});

function change(how) {
  if (!entry || isReadOnly) return;
  if (entry.item.stands_for_page) return tell("A page without a field takes no number: Enter, or X.");
  how();
  tell("");
  view.showEntry(entry);
}

function accept() {
  if (!entry) return;
  if (isReadOnly) return skip();
  const { item, value, kind } = entry;
  if (value) return decide("accept", value.replace(/[.,/:-]$/, ""));
  if (kind === "read" && item.characters.every(({ character }) => character === "_")) {
    return decide("blank", "");
  }
  tell("There is no number to accept. Type it, or press B for blank, X for unreadable.");
}

function decide(action, value) {
  if (!entry || isReadOnly) return;
  const { item } = entry;
  const body = { field: item.id, action, value, seen: item.decision_id, place: "queue" };
  const request = outbox.add("/decisions", { ...body, after: item.request ?? null }, describe(item, action, value));
  if (item.decided === null) supply.done += 1;
  Object.assign(item, { value, decided: action, request });
  past.push(item);
  advance();
}

function skip() {
  if (!entry) return;
  supply.skipped.add(entry.item.id);
  past.push(entry.item);
  advance();
}

function back() {
  const item = past.pop();
  if (!item) return tell("There is no field before this one.");
  if (entry) supply.putBack(entry.item);
  if (!isReadOnly) post("/hold", { places: wholeFields([item.id]) }).catch((error) => tell(error.message));
  show(item);
}

/** Take back the last decision, also one that was made before the page was loaded. */
async function undo() {
  if (isReadOnly) return;
  try {
    await outbox.settle();
    if (outbox.waiting.length) return tell("Not now: what you decided before is not saved yet.");
    await supply.asking; // its answer may know of the undo or not
    undoing ??= makeId(); // sent again after a lost answer it takes back no second one
    const { item } = await post("/undo", { request: undoing });
    undoing = null;
    if (!item) return tell("There is no decision of yours to take back.");
    const index = past.findLastIndex((other) => other.id === item.id);
    if (index >= 0) past.splice(index, 1);
    if (entry && entry.item.id !== item.id) supply.putBack(entry.item);
    supply.drop(item.id);
    supply.done -= 1;
    show(supply.prepare(item));
    tell("Taken back.");
  } catch (error) {
    tell(error.message);
  }
}

function advance() {
  tell("");
  entry = null;
  const item = supply.take();
  if (item) show(item);
  else wait();
}

function show(item) {
  entry = new Entry(item);
  view.showItem(item);
  view.showEntry(entry);
  view.showLeft(supply.left);
  sheet.show(item);
  supply.fill();
}

function wait() {
  supply.fill();
  view.clear("One moment …");
  sheet.clear();
}

function arrived() {
  view.showLeft(supply.left);
  if (entry) return;
  const item = supply.take();
  if (item) show(item);
  else if (!supply.again) view.clear("Nothing is left to review.");
}

function describe({ name, source, page }, action, value) {
  const query = new URLSearchParams({ field: name, file: source });
  return { label: `${name}, ${source}, page ${page}: ${value || action}`, look: `/groups?${query}` };
}

outbox.addEventListener("change", () => (find("left").dataset.unsaved = outbox.waiting.length));
outbox.addEventListener("refusal", ({ detail }) => tell(`${detail.label}: ${detail.reason}`));
setInterval(() => entry || supply.fill(), RETRY_MS);
if (!isReadOnly) keepClaims(() => wholeFields(supply.heldIds));
supply.fill();
