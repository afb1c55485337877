// Fields one below the other: type, Enter, and on to the next.

import { post, tell } from "/static/api.js";
import { keepClaims, wholeFields } from "/static/claims.js";

const NUMBER = /^-?[.,]?[0-9]+([.,/:-][0-9]+)*$/;
const list = document.getElementById("rows");
const rows = [...list.querySelectorAll(".row")];
const isReadOnly = list.dataset.readOnly === "yes";
let held = null; // the id of the field that is being worked on
let last = Promise.resolve(); // the answer to what was sent last

const inputOf = (row) => row.querySelector("input");
const stateOf = (row) => row.querySelector(".state");
const idOf = (row) => Number(row.dataset.id);

for (const row of rows) {
  const input = inputOf(row);
  input.dataset.stood = input.value;
  input.addEventListener("focus", () => hold(row));
  input.addEventListener("keydown", (event) => press(event, row));
}
if (!isReadOnly) keepClaims(() => wholeFields(held === null ? [] : [held]));

/** Take a field into hand; while another browser has it, it cannot be changed here. */
async function hold(row) {
  if (isReadOnly || held === idOf(row)) return;
  const before = held;
  held = idOf(row);
  try {
    if (before !== null) await post("/release", { places: wholeFields([before]) });
    const { places } = await post("/hold", { places: wholeFields([idOf(row)]) });
    inputOf(row).readOnly = !places.length;
    if (!places.length) stateOf(row).textContent = "somebody else has it in hand";
  } catch (error) {
    tell(error.message);
  }
}

/** Send once all before was answered: an undo must find the newest decision. */
function postInTurn(path, body) {
  const answer = last.then(() => post(path, body));
  last = answer.catch(() => {});
  return answer;
}

function press(event, row) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    Enter: () => accept(row),
    ArrowDown: () => go(row, 1),
    ArrowUp: () => go(row, -1),
    Escape: () => (inputOf(row).value = inputOf(row).dataset.stood),
    b: () => decide(row, "blank", ""),
    x: () => decide(row, "unreadable", ""),
    u: undo,
  };
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (actions[name]) {
    event.preventDefault();
    actions[name]();
  }
}

function go(row, step) {
  const next = rows[rows.indexOf(row) + step];
  if (!next) return;
  inputOf(next).focus();
  inputOf(next).select();
}

function accept(row) {
  const value = inputOf(row).value.trim();
  if (NUMBER.test(value)) return decide(row, "accept", value);
  tell("Only digits, and points, commas, dashes, slashes or colons between them. Press B for blank, X for unreadable.");
}

async function decide(row, action, value) {
  if (isReadOnly || inputOf(row).readOnly) return;
  const seen = row.dataset.seen ? Number(row.dataset.seen) : null;
  go(row, 1);
  try {
    const body = { field: idOf(row), action, value, seen, place: "groups" };
    const { decision } = await postInTurn("/decisions", body);
    show(row, value, String(decision), action);
    row.classList.add("saved");
    tell("");
  } catch (error) {
    stateOf(row).textContent = `not saved: ${error.message}`;
    tell(error.message);
  }
}

async function undo() {
  if (isReadOnly) return;
  try {
    const { item } = await postInTurn("/undo", {});
    if (!item) return tell("There is no decision of yours to take back.");
    const row = rows.find((one) => idOf(one) === item.id);
    tell(`Taken back: ${item.name}, ${item.source}, page ${item.page}.`);
    if (!row) return;
    show(row, item.value, item.decision_id ?? "", item.decided ?? "");
    row.classList.remove("saved");
    inputOf(row).focus();
  } catch (error) {
    tell(error.message);
  }
}

function show(row, value, seen, state) {
  inputOf(row).value = inputOf(row).dataset.stood = value;
  row.dataset.seen = seen;
  stateOf(row).textContent = state;
}
