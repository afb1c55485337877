// A page with all its fields: from doubt to doubt by Tab and Enter, from page to page.

import { at, post, tell } from "/static/api.js";
import { keepClaims, wholeFields } from "/static/claims.js";
import { Entry } from "/static/entry.js";
import { Escalation } from "/static/escalation.js";
import { FieldView } from "/static/field.js";
import { onKeys, onPress } from "/static/keys.js";
import { sayType, t } from "/static/language.js";
import { outbox } from "/static/outbox.js";
import { showEnd, showPace } from "/static/pace.js";
import { loadCrop } from "/static/pictures.js";
import { PageSheet } from "/static/page_sheet.js";
import { PageSupply } from "/static/page_supply.js";
import { PageValues, isOpen } from "/static/page_values.js";
import { Pause } from "/static/pause.js";
import { Revisions } from "/static/revisions.js";
import { RuleGate } from "/static/rule_gate.js";
import { Rules } from "/static/rules.js";
import { makeId } from "/static/tab.js";
import { drafts, judge, keepDraft, send } from "/static/verdicts.js";
import { Words } from "/static/words.js";

const find = (id) => document.getElementById(id);
const desk = find("desk");
const isReadOnly = desk.dataset.readOnly === "yes";
const values = new PageValues(find("values"), select);
const view = new FieldView((index) => change(() => entry.choose(index)), openField);
const rules = new Rules(outbox);
const pause = new Pause(countUnsaved);
const gate = new RuleGate(rules, pause, view, () => entry);
const words = new Words(() => entry, change, pause.hold(accept));
const escalation = new Escalation((comment) => decide("escalate", "", false, comment));
const supply = new PageSupply();
const sheet = new PageSheet(find("viewport"), find("paper"), find("sheet-note"), supply.pictures, select);
const visited = []; // pages before this one, for the way back
let page = null;
let entry = null; // of the chosen field
let undoing = null; // the request of an undo that had no answer
let isTurning = false;
const revisions = new Revisions(sheet, {
  get page() {
    return page;
  },
  get item() {
    return entry?.item ?? null;
  },
  get after() {
    return entry && values.order[values.order.indexOf(entry.item) + 1];
  },
  isTaken,
  vanish,
  reload,
});

const actions = {
  accept, undo, confirm, escalate,
  blank: () => decide("blank", ""),
  unreadable: () => decide("unreadable", ""),
  following: () => walk(1),
  backspace: () => change(() => entry.backspace()),
  turn: turnOn,
  back: turnBack,
  in: () => sheet.scale(1),
  out: () => sheet.scale(-1),
  fit: () => sheet.fit(),
  rotate: () => sheet.turn(),
  contrast: () => sheet.changeContrast(),
  boxes: () => revise(() => revisions.toggle()),
  remove: () => revise(() => revisions.remove()),
  join: () => revise(() => revisions.join(entry?.item)),
  split: () => revise(() => revisions.beginSplit()),
  numbers: () => revise(() => revisions.openForm()),
};

for (const button of document.querySelectorAll("[data-do]")) {
  onPress(button, pause.hold(() => actions[button.dataset.do]()));
  const changes = ["accept", "blank", "unreadable", "undo", "backspace", "confirm", "boxes", "remove", "escalate"];
  button.disabled = isReadOnly && changes.includes(button.dataset.do);
}
for (const button of document.querySelectorAll("[data-type]")) {
  onPress(button, pause.hold(() => type(button.dataset.type)));
  button.disabled = isReadOnly;
}

const keys = {
  Enter: accept,
  "Ctrl+Enter": confirm,
  "Shift+Enter": () => walk(-1),
  u: undo,
  b: actions.blank,
  x: actions.unreadable,
  s: actions.following,
  q: escalate,
  PageDown: turnOn,
  PageUp: turnBack,
  "+": actions.in,
  "=": actions.in,
  i: actions.in,
  o: actions.out,
  f: actions.fit,
  r: actions.rotate,
  c: actions.contrast,
  e: actions.boxes,
  Delete: actions.remove,
  j: actions.join,
  k: actions.split,
  m: actions.numbers,
  n: () => change(() => entry.negate()),
  t: () => words.focus(),
  ArrowDown: () => step(0, 1),
  ArrowUp: () => step(0, -1),
  ArrowRight: () => step(1, 0),
  ArrowLeft: () => step(-1, 0),
  Backspace: actions.backspace,
  Escape: () => change(() => entry.reset()),
  ...Object.fromEntries([..."0123456789.,-/:"].map((character) => [character, () => type(character)])),
  ...Object.fromEntries(
    [..."12345"].map((key) => [`Alt+${key}`, () => change(() => entry.choose(Number(key) - 1))]),
  ),
};
onKeys(Object.fromEntries(Object.entries(keys).map(([key, action]) => [key, pause.hold(action)])));

// Tab goes from doubt to doubt; after the last one it leaves the values, as it does elsewhere.
document.addEventListener("keydown", (event) => {
  const isHere = event.target === document.body || find("values").contains(event.target);
  if (event.key !== "Tab" || !isHere || event.ctrlKey || event.altKey || event.metaKey) return;
  const item = findDoubt(event.shiftKey ? -1 : 1);
  if (!item) return;
  event.preventDefault();
  if (!event.repeat) select(item);
});

/** Open a page; `wanted` is a field of it, or the first in doubt is chosen. */
function open(found, wanted = null) {
  keepDraft(entry);
  supply.release(page, found);
  page = found;
  entry = null;
  showEnd(false);
  history.replaceState(null, "", at(`/pages?page=${page.id}`));
  const title = page.page_count > 1 ? t("{source}, page {page} of {page_count}", page) : page.source;
  find("page-title").textContent = find("page-title").title = title;
  find("notes").textContent = page.notes.join(" ");
  supply.pictures.want([page.id]);
  sheet.showPage(page);
  values.showPage(page);
  for (const item of values.order) values.update(item, draftOf(item));
  const item = values.order.find(({ id }) => id === wanted) ?? values.order.find(isOpen) ?? values.order[0];
  if (item) select(item);
  else view.clear(t("No field on this page"));
  revisions.show();
  showLeft();
  supply.lookAhead(page);
}

function revise(how) {
  if (page && !isReadOnly) how();
}

/**
 * Show a page without fields that are to be there no more, before the station knows.
 * @param {boolean} isReplaced whether others come, so that none is chosen until then
 */
function vanish(gone, isReplaced) {
  if (gone.length) {
    const place = Math.min(...gone.map((item) => values.order.indexOf(item)));
    if (gone.includes(entry?.item)) entry = null;
    page.items = page.items.filter((item) => !gone.includes(item));
    const order = values.order.filter((item) => !gone.includes(item));
    open(page, order[Math.min(place, order.length - 1)]?.id ?? null);
  }
  if (!isReplaced) return;
  keepDraft(entry);
  entry = null;
  view.clear(t("Reading …"));
}

/** Show a page as the station knows it now, if it is still the one that is shown. */
async function reload(from, wanted) {
  if (page?.id !== from.id || outbox.waiting.some(({ body }) => body.page === from.id)) return;
  try {
    const found = await supply.show(from.id);
    if (page?.id !== from.id) return;
    open(found, entry?.item.id ?? wanted);
  } catch (error) {
    tell(error.message);
  }
}

const draftOf = (item) => drafts.get(item.id) ?? "";

/** Choose a field; what is typed in the one before stays with it. */
function select(item) {
  const before = entry;
  tell(before?.item === item ? "" : keepDraft(before));
  if (before) values.update(before.item, draftOf(before.item));
  entry = new Entry(item, draftOf(item));
  item.crop_image ??= loadCrop(item);
  view.showItem(item);
  showEntry();
  words.show(entry);
  sheet.select(item);
  revisions.show();
  values.select(item, !document.querySelector("dialog[open]"));
  if (!isReadOnly && !isOpen(item)) supply.hold(page, item);
}

function showEntry() {
  view.showEntry(entry);
  values.update(entry.item, entry.kind === "read" ? "" : entry.value);
  if (!isReadOnly) gate.name(entry);
}

/** Choose a field that a rule speaks of, if it stands on this page. */
function openField(id) {
  const item = values.order.find((one) => one.id === id);
  if (item) select(item);
  else tell(t("That field stands on another page."));
}

function showLeft() {
  const here = page.items.filter(isOpen).length;
  find("left").textContent = t("{count} to review here", { count: here });
  showPace(supply.done, supply.left);
}

/** The nearest field in doubt after the chosen one, or before it. */
function findDoubt(direction) {
  const place = values.order.indexOf(entry?.item);
  const order = direction > 0 ? values.order.slice(place + 1) : values.order.slice(0, Math.max(0, place)).reverse();
  return order.find(isOpen);
}

/** Go to the next field in doubt, from the last one to the first. */
function walk(direction) {
  const order = direction > 0 ? values.order : [...values.order].reverse();
  const item = findDoubt(direction) ?? order.find(isOpen);
  if (item) return select(item);
  tell(t("Nothing on this page is left to review. Enter or PageDown goes to the next page with doubts."));
}

function step(across, down) {
  const item = entry && values.beside(entry.item, across, down);
  if (item) select(item);
}

function change(how) {
  if (!entry || isReadOnly || isTaken(entry.item)) return;
  if (entry.item.stands_for_page) return tell(t("This is no field, and takes no number: Enter, or X."));
  how();
  tell("");
  showEntry();
}

function isTaken(item) {
  if (item.isTaken) tell(t("Somebody else has {name} in hand.", item));
  return item.isTaken;
}

function type(character) {
  let isFit = true;
  change(() => (isFit = entry.add(character)));
  if (!isFit) tell(entry.item.type
      ? t("No {mark} can stand there in a {type}.", { mark: character, type: sayType(entry.item.type) })
      : t("No {mark} can stand there.", { mark: character }));
}

/** Accept what is shown; where a person has decided already, and typed nothing, go on. */
function accept() {
  if (!entry) return revisions.isReading ? undefined : turnOn();
  const isDone = isReadOnly || (entry.item.state === "decided" && entry.kind === "read");
  if (isDone) return page.items.some(isOpen) && !isReadOnly ? walk(1) : turnOn();
  const verdict = judge(entry);
  if (verdict?.value) return gate.accept(entry, (value, override) => decide("accept", value, override));
  if (verdict) return decide(verdict.action, verdict.value);
  tell(entry.item.takes_words
      ? t("There is no answer or text to accept. Type it, or press B for blank, X for unreadable.")
      : t("There is no number to accept. Type it, or press B for blank, X for unreadable."));
}

function escalate() {
  if (entry && !isReadOnly && !isTaken(entry.item)) escalation.ask(entry.item);
}

function decide(action, value, override = false, comment = "") {
  if (!entry || isReadOnly || isTaken(entry.item)) return;
  const { item } = entry;
  write(item, { action, value, override, comment });
  entry = null;
  const next = values.order.slice(values.order.indexOf(item)).find(isOpen);
  select(next ?? item);
  if (!next) walk(1);
  showLeft();
}

function write(item, verdict) {
  const from = page;
  if (isOpen(item)) {
    supply.left -= 1;
    supply.done += 1;
  }
  send(item, verdict, "pages", ({ freed }) => freed?.length && reload(from, null));
  rules.forget();
  values.update(item, "");
  sheet.update(item);
}

/** Confirm all that is in doubt as it is shown; what has no value stays. */
function confirm() {
  if (!page || isReadOnly) return;
  const open = values.order.filter(isOpen);
  const verdicts = open.map((item) => [item, findShown(item)]).filter(([, verdict]) => verdict);
  for (const [item, verdict] of verdicts) write(item, verdict);
  const chosen = entry?.item;
  if (chosen && !isOpen(chosen)) entry = null;
  const next = values.order.find(isOpen) ?? chosen;
  if (next) select(next);
  showLeft();
  const stay = open.length - verdicts.length;
  tell(
    `${t("{count} confirmed.", { count: verdicts.length })} ` +
      (stay ? t("{count} without a value, or with something typed and not saved, stay to review.", { count: stay }) : t("PageDown goes on.")),
  );
}

/** What a field shows, if that can be confirmed with the rest. */
function findShown(item) {
  if (item.isTaken || (item !== entry?.item && draftOf(item))) return null;
  const verdict = judge(item === entry?.item ? entry : new Entry(item));
  return verdict?.value ? verdict : null;
}

async function turnOn() {
  await turn(() => supply.turn(page, 1), (before) => before && visited.push(before.id));
}

async function turnBack() {
  const id = visited.at(-1);
  await turn(() => (id === undefined ? supply.turn(page, -1) : supply.show(id)), () => visited.pop());
}

/** Go to another page, and a field on it if one is wanted, once at a time; what is typed stays with its field. */
async function turn(ask, note, wanted = null) {
  if (isTurning) return;
  isTurning = true;
  const kept = keepDraft(entry);
  try {
    const found = await ask();
    if (!found) {
      if (page && !page.items.some(isOpen)) end();
      return tell(explainEnd());
    }
    note(page);
    open(found, wanted);
    tell(kept);
  } catch (error) {
    tell(error.message);
  } finally {
    isTurning = false;
  }
}

function end() {
  if (!page) view.clear(t("Nothing is left to review."));
  showPace(supply.done, supply.left);
  outbox.settle().then(() => showEnd(!supply.left));
}

function explainEnd() {
  if (page?.items.some(isOpen)) return t("No other page has anything to review.");
  return t(supply.left ? "No page has anything more to review that nobody has in hand." : "Nothing is left to review.");
}

/** Take back the last decision, on whatever page it was made. */
async function undo() {
  if (isReadOnly) return;
  try {
    await outbox.settle();
    if (outbox.waiting.length) return tell(t("Not now: what you decided before is not saved yet."));
    undoing ??= makeId(); // sent again after a lost answer it takes back no second one
    const { item } = await post("/undo", { request: undoing });
    undoing = null;
    if (!item) return tell(t("There is no decision of yours to take back."));
    const found = await supply.show(item.page_id);
    if (page && found.id !== page.id) visited.push(page.id);
    open(found, item.id);
    tell(t("Taken back."));
  } catch (error) {
    tell(error.message);
  }
}

/** A decision was refused: show the page as it stands now. */
async function refuse({ body, label, reason }) {
  if (page && (page.id === body.page || page.items.some(({ id }) => id === body.field))) {
    await supply.show(page.id).then((found) => open(found, entry?.item.id)).catch(() => {});
  }
  tell(`${label}: ${reason}`);
}

function countUnsaved() {
  find("left").dataset.unsaved = outbox.waiting.length;
}

countUnsaved();
outbox.addEventListener("change", countUnsaved);
outbox.addEventListener("refusal", ({ detail }) => refuse(detail));
window.addEventListener("pagehide", () => keepDraft(entry));
if (!isReadOnly) keepClaims(() => wholeFields(supply.heldIds(page)));
await turn(
  () => (desk.dataset.page ? supply.show(Number(desk.dataset.page)) : supply.turn(null, 1)),
  () => {},
  Number(desk.dataset.field) || null,
);
if (!page) end();
