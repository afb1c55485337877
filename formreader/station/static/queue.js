// The queue: one field after the other, by keyboard.

import { at, post, tell } from "/static/api.js";
import { keepClaims, wholeFields } from "/static/claims.js";
import { Entry } from "/static/entry.js";
import { Escalation } from "/static/escalation.js";
import { FieldView } from "/static/field.js";
import { onKeys, onPress } from "/static/keys.js";
import { sayType, t } from "/static/language.js";
import { showEnd, showPace } from "/static/pace.js";
import { outbox } from "/static/outbox.js";
import { Pause } from "/static/pause.js";
import { RuleGate } from "/static/rule_gate.js";
import { Rules } from "/static/rules.js";
import { Sheet } from "/static/sheet.js";
import { Shelf } from "/static/shelf.js";
import { Supply } from "/static/supply.js";
import { makeId } from "/static/tab.js";
import { drafts, judge, keepDraft, send } from "/static/verdicts.js";
import { Words } from "/static/words.js";

const PAST = 200; // fields that one can go back to
const RETRY_MS = 10_000; // others may put fields back, or let go of them

const find = (id) => document.getElementById(id);
const { readOnly, order, open: wanted, ...filters } = find("desk").dataset;
const isReadOnly = readOnly === "yes";
const view = new FieldView((index) => change(() => entry.choose(index)), open);
const rules = new Rules(outbox);
const pause = new Pause(countUnsaved);
const gate = new RuleGate(rules, pause, view, () => entry);
const words = new Words(() => entry, change, pause.hold(accept));
const shown = () => entry?.item.id ?? null;
const choice = new Shelf("formreader queue "); // of this browser, for all runs
find("order").value = choice.get("order") ?? order;
const supply = new Supply(filters, outbox, arrived, shown, find("order").value);
const escalation = new Escalation((comment) => decide("escalate", "", false, comment));
const sheet = new Sheet(find("viewport"), find("paper"), find("sheet-note"), supply.pictures);
const past = []; // fields that were shown before, the last one at the end
let entry = null;
let shownItem = null; // whose picture stands there
let undoing = null; // the request of an undo that had no answer

const actions = {
  accept, skip, back, undo, escalate,
  blank: () => decide("blank", ""),
  unreadable: () => decide("unreadable", ""),
  backspace: () => change(() => entry.backspace()),
  in: () => sheet.scale(1),
  out: () => sheet.scale(-1),
  fit: () => sheet.fit(),
  turn: () => sheet.turn(),
  contrast: () => sheet.changeContrast(),
};

for (const button of document.querySelectorAll("[data-do]")) {
  onPress(button, pause.hold(actions[button.dataset.do]));
}
for (const button of document.querySelectorAll("[data-type]")) {
  onPress(button, pause.hold(() => type(button.dataset.type)));
}
find("order").addEventListener("change", ({ target }) => {
  choice.put("order", target.value);
  target.blur();
  supply.reorder(target.value, entry?.item.page_id ?? null);
});
if (isReadOnly) {
  for (const name of ["accept", "blank", "unreadable", "undo", "backspace", "escalate"]) {
    document.querySelector(`[data-do=${name}]`).disabled = true;
  }
  for (const button of document.querySelectorAll("[data-type]")) button.disabled = true;
}

const keys = {
  Enter: accept,
  "Shift+Enter": back,
  u: undo,
  b: actions.blank,
  x: actions.unreadable,
  s: skip,
  e: escalate,
  "+": actions.in,
  "=": actions.in,
  i: actions.in,
  o: actions.out,
  f: actions.fit,
  r: actions.turn,
  c: actions.contrast,
  n: () => change(() => entry.negate()),
  t: () => words.focus(),
  ArrowDown: () => change(() => entry.walk(1)),
  ArrowUp: () => change(() => entry.walk(-1)),
  Backspace: actions.backspace,
  Escape: () => change(() => entry.reset()),
  ...Object.fromEntries([..."0123456789.,-/:"].map((character) => [character, () => type(character)])),
  ...Object.fromEntries(
    [..."12345"].map((key) => [`Alt+${key}`, () => change(() => entry.choose(Number(key) - 1))]),
  ),
};
onKeys(Object.fromEntries(Object.entries(keys).map(([key, action]) => [key, pause.hold(action)])));

function change(how) {
  if (!entry || isReadOnly) return;
  if (entry.item.stands_for_page) return tell(t("This is no field, and takes no number: Enter, or X."));
  how();
  tell("");
  view.showEntry(entry);
  if (!isReadOnly) gate.name(entry);
}

function type(character) {
  let isTaken = true;
  change(() => (isTaken = entry.add(character)));
  if (!isTaken) tell(entry.item.type
      ? t("No {mark} can stand there in a {type}.", { mark: character, type: sayType(entry.item.type) })
      : t("No {mark} can stand there.", { mark: character }));
}

function accept() {
  if (!entry) return;
  if (isReadOnly) return skip();
  const verdict = judge(entry);
  if (verdict?.value) return gate.accept(entry, (value, override) => decide("accept", value, override));
  if (verdict) return decide(verdict.action, verdict.value);
  tell(entry.item.takes_words
      ? t("There is no answer or text to accept. Type it, or press B for blank, X for unreadable.")
      : t("There is no number to accept. Type it, or press B for blank, X for unreadable."));
}

function escalate() {
  if (entry && !isReadOnly) escalation.ask(entry.item);
}

function decide(action, value, override = false, comment = "") {
  if (!entry || isReadOnly) return;
  const { item } = entry;
  if (item.is_second && item.decided !== null) return tell(t("You have said what stands there. U takes it back."));
  if (item.decided === null) supply.done += 1;
  send(item, { action, value, override, comment }, "queue", free);
  pass(item);
  rules.forget();
  if (item.has_checks) pause.during(outbox.settle(), advance);
  else advance();
}

/** Leave out fields that keep the rules of their form, now that another was put right. */
function free({ freed }) {
  const ids = supply.free(freed);
  if (ids.length) post("/release", { places: wholeFields(ids) }).catch(() => {});
}

/** Go to a field that a rule speaks of; the one that is shown comes after it. */
async function open(id) {
  try {
    await outbox.settle();
    const { item } = await post("/queue/open", { field: id });
    tell(keepDraft(entry));
    if (entry) supply.putBack(entry.item);
    supply.drop(id);
    show(supply.prepare(item));
  } catch (error) {
    tell(error.message);
  }
}

/** Keep a field for the way back, without its picture. */
function pass(item) {
  past.push(item);
  if (past.length > PAST) past.shift();
}

function skip() {
  if (!entry) return;
  supply.skipped.add(entry.item.id);
  pass(entry.item);
  const kept = keepDraft(entry);
  advance();
  tell(kept);
}

function back() {
  const item = past.pop();
  if (!item) return tell(t("There is no field before this one."));
  if (entry) supply.putBack(entry.item);
  tell(keepDraft(entry));
  if (!isReadOnly) post("/hold", { places: wholeFields([item.id]) }).catch((error) => tell(error.message));
  show(item);
}

/** Take back the last decision, also one that was made before the page was loaded. */
async function undo() {
  if (isReadOnly) return;
  try {
    await outbox.settle();
    if (outbox.waiting.length) return tell(t("Not now: what you decided before is not saved yet."));
    await supply.asking; // its answer may know of the undo or not
    undoing ??= makeId(); // sent again after a lost answer it takes back no second one
    const { item } = await post("/undo", { request: undoing });
    undoing = null;
    rules.forget();
    if (!item) return tell(t("There is no decision of yours to take back."));
    const index = past.findLastIndex((other) => other.id === item.id);
    if (index >= 0) past.splice(index, 1);
    if (!item.is_there) return tell(t("Taken back: {name} was drawn, and is gone.", { name: item.name }));
    if (entry && entry.item.id !== item.id) supply.putBack(entry.item);
    supply.drop(item.id);
    supply.done -= 1;
    const kept = keepDraft(entry);
    show(supply.prepare(item));
    tell(`${t("Taken back.")} ${kept}`);
  } catch (error) {
    tell(error.message);
  }
}

function advance() {
  tell("");
  view.showBreaches([]);
  entry = null;
  const item = supply.take();
  if (item) show(item);
  else wait();
}

function show(item) {
  const before = shownItem;
  shownItem = supply.prepare(item);
  if (before && before !== item) supply.leave(before);
  entry = new Entry(item, drafts.get(item.id) ?? "");
  view.showItem(item);
  view.showEntry(entry);
  words.show(entry, !isReadOnly);
  if (!isReadOnly) gate.name(entry);
  showLeft();
  showEnd(false);
  supply.showPages(item);
  sheet.show(item);
  supply.fill();
}

function showLeft() {
  view.showLeft(supply.left);
  showPace(supply.reviewed, supply.left);
}

function wait() {
  supply.fill();
  view.clear(t("One moment …"));
  words.show(null);
  sheet.clear();
}

function arrived() {
  showLeft();
  if (entry) return supply.showPages(entry.item);
  const item = supply.take();
  if (item) show(item);
  else if (!supply.again) end();
}

function end() {
  view.clear(t("Nothing is left to review."));
  outbox.settle().then(() => entry || showEnd(true, supply.left)); // what was decided last counts, too
}

function countUnsaved() {
  find("left").dataset.unsaved = outbox.waiting.length + pause.count; // decided, or about to be
}

countUnsaved();
outbox.addEventListener("change", countUnsaved);
outbox.addEventListener("refusal", ({ detail }) => {
  const item = past.find(({ request }) => request === detail.body.request);
  if (item) item.request = item.earlier; // what was refused is followed by nothing
  tell(`${detail.label}: ${detail.reason}`);
});
window.addEventListener("pagehide", () => {
  pause.hurry(); // what Enter was pressed for is not lost
  keepDraft(entry);
});
setInterval(() => entry || supply.fill(), RETRY_MS);
if (!isReadOnly) keepClaims(() => wholeFields(supply.heldIds));
if (wanted && !isReadOnly) {
  history.replaceState(null, "", at("/queue")); // a reload goes on where it is
  await open(Number(wanted));
}
supply.fill();
