// Fields one below the other: type, Enter, and on to the next. What was typed is saved as
// soon as one leaves its row, by whatever way.

import { post, tell } from "/static/api.js";
import { keepClaims, wholeFields } from "/static/claims.js";
import { t } from "/static/language.js";
import { outbox } from "/static/outbox.js";
import { notePace, showPace } from "/static/pace.js";
import { makeId } from "/static/tab.js";

const NUMBER = /^-?[.,]?[0-9]+([.,/:-][0-9]+)*$/;
const list = document.getElementById("rows");
const rows = [...list.querySelectorAll(".row")];
const isReadOnly = list.dataset.readOnly === "yes";
let held = null; // the id of the field that is being worked on
const counted = new Set(); // fields to review that were decided here
let undoing = null; // the request of an undo that had no answer

const inputOf = (row) => row.querySelector("input");
const stateOf = (row) => row.querySelector(".state");
const idOf = (row) => Number(row.dataset.id);
const isChanged = (row) => inputOf(row).value !== inputOf(row).dataset.stood;

for (const row of rows) {
  const input = inputOf(row);
  input.dataset.stood = input.defaultValue; // not what a browser has put back after a reload
  input.addEventListener("focus", () => hold(row));
  input.addEventListener("blur", () => save(row));
  input.addEventListener("keydown", (event) => press(event, row));
}
for (const { body } of outbox.waiting) showWaiting(body);
count();
if (!isReadOnly) {
  keepClaims(() => wholeFields(held === null ? [] : [held]));
  window.addEventListener("pagehide", () => rows.forEach(save));
  window.addEventListener("beforeunload", (event) => {
    if (rows.some((row) => isChanged(row) && !isNumber(row))) event.preventDefault();
  });
}

/** Take a field into hand; while another tab has it, it cannot be changed here. */
async function hold(row) {
  if (isReadOnly || held === idOf(row)) return;
  const before = held;
  held = idOf(row);
  try {
    if (before !== null) await post("/release", { places: wholeFields([before]) });
    const { places } = await post("/hold", { places: wholeFields([idOf(row)]) });
    inputOf(row).readOnly = !places.length && !isChanged(row);
    if (!places.length) stateOf(row).textContent = t("somebody else has it in hand");
  } catch (error) {
    tell(error.message);
  }
}

function press(event, row) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    Enter: () => accept(row),
    ArrowDown: () => go(row, 1),
    ArrowUp: () => go(row, -1),
    Escape: () => restore(row),
    b: () => decide(row, "blank", ""),
    x: () => decide(row, "unreadable", ""),
    u: undo,
  };
  const isLetter = event.key.length === 1;
  const name = isLetter ? event.key.toLowerCase() : event.key;
  if (!actions[name] || (isLetter && takesWords(row))) return;
  event.preventDefault();
  if (!event.repeat || name.startsWith("Arrow")) actions[name]();
}

function count() {
  showPace(Number(list.dataset.done) + counted.size, Math.max(0, Number(list.dataset.left) - counted.size));
}

function go(row, step) {
  const next = rows[rows.indexOf(row) + step];
  if (!next) return;
  inputOf(next).focus();
  inputOf(next).select();
}

function restore(row) {
  inputOf(row).value = inputOf(row).dataset.stood;
  row.classList.remove("unsaved");
  stateOf(row).textContent = row.dataset.state ?? "";
}

const takesWords = (row) => row.dataset.words === "yes";

/** Whether what stands in a row can be its value. */
function isNumber(row) {
  const text = inputOf(row).value.trim();
  return takesWords(row) ? text !== "" : NUMBER.test(text);
}

function accept(row) {
  if (isNumber(row)) return decide(row, "accept", inputOf(row).value.trim());
  if (takesWords(row)) return tell(t("There is nothing to accept. Type it."));
  tell(t("Only digits, and points, commas, dashes, slashes or colons between them. Press B for blank, X for unreadable."));
}

/** Save what was typed in a row that is left; what cannot be saved stays, and says so. */
function save(row) {
  if (isReadOnly || !isChanged(row)) return;
  if (isNumber(row)) return send(row, "accept", inputOf(row).value.trim());
  row.classList.add("unsaved");
  stateOf(row).textContent = t("not saved: this is no number. Type one, or press Esc, B or X here.");
}

function decide(row, action, value) {
  if (isReadOnly || inputOf(row).readOnly) return;
  send(row, action, value);
  go(row, 1);
}

function send(row, action, value) {
  const { seen, request, breach, refusal, name, source, page } = row.dataset;
  const query = new URLSearchParams({ field: name, file: source });
  const about = { label: `${name}, ${t("{source}, page {page}", { source, page })}: ${value || t(action)}`, look: `/groups?${query}` };
  const body = { field: idOf(row), action, value, place: "groups" };
  body.seen = seen ? Number(seen) : null;
  body.after = request ?? null;
  body.override = breach === value; // it was asked about
  if (refusal) outbox.forget(refusal);
  for (const name of ["breach", "refusal"]) delete row.dataset[name];
  const sent = outbox.add("/decisions", body, about, ({ freed }) => {
    row.dataset.stored = sent;
    for (const id of freed) rows.find((one) => idOf(one) === id)?.classList.remove("doubtful");
    if (!isChanged(row)) show(row, inputOf(row).value, action);
    row.classList.add("saved");
    tell("");
  });
  row.dataset.request = sent;
  notePace();
  if (row.classList.contains("doubtful")) counted.add(idOf(row));
  count();
  show(row, value, "waiting");
}

function showWaiting({ field, action, value, request }) {
  const row = rows.find((one) => idOf(one) === field);
  if (!row) return;
  row.dataset.request = request;
  show(row, value || (action === "accept" ? inputOf(row).value : ""), "waiting");
}

outbox.addEventListener("refusal", ({ detail }) => {
  const { body, key, label, reason, isBreach } = detail;
  const ask = isBreach ? ` ${t("Press Enter in its row once more if it stands there so.")}` : "";
  tell(`${label}: ${reason}${ask}`);
  const row = rows.find((one) => one.dataset.request === body.request);
  if (!row) return;
  stateOf(row).textContent = `${t("not saved: {reason}", { reason })}${ask}`;
  row.classList.add("unsaved");
  if (isBreach) Object.assign(row.dataset, { breach: body.value, refusal: key });
  delete row.dataset.request; // what was refused is followed by nothing
  if (row.dataset.stored) row.dataset.request = row.dataset.stored;
});

async function undo() {
  if (isReadOnly) return;
  try {
    await outbox.settle(); // an undo must find the newest decision
    if (outbox.waiting.length) return tell(t("Not now: what you decided before is not saved yet."));
    undoing ??= makeId(); // sent again after a lost answer it takes back no second one
    const { item } = await post("/undo", { request: undoing });
    undoing = null;
    if (!item) return tell(t("There is no decision of yours to take back."));
    const row = rows.find((one) => idOf(one) === item.id);
    tell(t("Taken back: {name}, {source}, page {page}.", item));
    if (!row) return;
    row.dataset.seen = item.decision_id ?? "";
    delete row.dataset.request;
    show(row, item.value, item.decided ?? "");
    row.classList.remove("saved");
    counted.delete(item.id);
    count();
    inputOf(row).focus();
  } catch (error) {
    tell(error.message);
  }
}

function show(row, value, state) {
  inputOf(row).value = inputOf(row).dataset.stood = value;
  row.classList.remove("unsaved");
  row.dataset.state = state;
  stateOf(row).textContent = t(state);
}
