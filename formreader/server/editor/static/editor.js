// The template editor: one form, drawn on its blank page.

import { get, post, tell } from "/static/api.js";
import { BoxEditor, unite } from "/static/boxes.js";
import { Checking } from "/static/editor/checking.js";
import { Draft } from "/static/editor/draft.js";
import { FieldList, describe } from "/static/editor/field_list.js";
import { FormSheet } from "/static/editor/form_sheet.js";
import { Properties, putKeys } from "/static/editor/properties.js";
import { t } from "/static/language.js";
import { RuleList } from "/static/editor/rule_list.js";
import { Unsaved } from "/static/editor/unsaved.js";
import { Trial } from "/static/editor/trial.js";
import { bindKeys } from "/static/editor/editor_keys.js";

const find = (id) => document.getElementById(id);
const path = `/api/forms/${encodeURIComponent(find("editor").dataset.form)}`;
const sheet = new FormSheet(find("viewport"), find("paper"), find("sheet-note"), pick);
const list = new FieldList(find("fields"), (id, isMore) => pick({ id }, isMore));
const rules = new RuleList({ list: find("rules"), status: find("sum") }, (checks) => edit(() => draft.setChecks(checks)));
const trial = new Trial({ input: find("pages"), table: find("readings"), status: find("tried") }, path, pickByName);
const unsaved = new Unsaved(path);
const checking = new Checking(path, hear);
const properties = new Properties(find("properties"), {
  name: (name) => edit(() => draft.rename(main(), name)),
  place: (box) => edit(() => draft.edit("place", new Map([[main(), { box }]]))),
  keys: setKeys,
});
const boxes = new BoxEditor(find("paper"), {
  draw: (box) => add([{ name: "field_01", page: page.number, box: placeOf(box) }]),
  change: (item, box) => edit(() => draft.edit("", new Map([[item.id, { box: placeOf(box) }]]))),
  split: () => {},
  join: (polygon) => pick(sheet.byPolygon.get(polygon), true),
  hold,
  move: (x, y) => moveChosen("", (box) => [box[0] + x, box[1] + y, box[2], box[3]]),
});
let draft = null;
let pages = [];
let fixed = []; // fields of included files
let page = null;
let chosen = new Set();
let verdict = { fault: null, doubts: [], places: {} };
let isSaving = false;

const actions = {
  save, add: addByKeys, copy, remove, take, sum, rename,
  undo: () => draft.undo() && refresh(),
  redo: () => draft.redo() && refresh(),
  left: () => align((box, to) => [to[0], box[1], box[2], box[3]]),
  top: () => align((box, to) => [box[0], to[1], box[2], box[3]]),
  size: () => align((box, to) => [box[0], box[1], to[2], to[3]]),
  in: () => sheet.scale(1),
  out: () => sheet.scale(-1),
  back: () => turn(-1),
  turn: () => turn(1),
  rule: () => edit(() => draft.setChecks([...draft.now.checks, { rule: "total == a + b" }])),
  try: () => attempt(() => trial.run(draft.body)),
};

for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => draft && actions[button.dataset.do]());
}
bindKeys({
  ...actions, move, resize, walk, escape,
  all: () => choose([...draft.on(page.number)].map(({ id }) => id)),
  finish: () => rules.finish(),
  isSumming: () => rules.isSumming,
});
find("paper").addEventListener("dblclick", (event) => {
  if (event.target.tagName === "polygon") rename();
  else if (page && !rules.isSumming) attempt(() => takePrinted(boxes.find(event)));
});
window.addEventListener("beforeunload", (event) => draft?.isDirty && event.preventDefault());

/** The field that the properties speak of: the one that was chosen last. */
const main = () => [...chosen].at(-1) ?? null;
const placeOf = ({ left, top, width, height }) => [left, top, width, height];
const asBox = ([left, top, width, height]) => ({ left, top, width, height });
const chosenFields = () => [...chosen].map((id) => draft.find(id)).filter(Boolean);

async function attempt(action) {
  try {
    tell("");
    await action();
  } catch (error) {
    tell(error.message);
  }
}

async function load() {
  const form = await get(path);
  draft = new Draft(form);
  ({ pages, fixed } = form);
  for (const one of pages) {
    one.image = Object.assign(new Image(), { alt: "", src: `${path}/${one.picture}`, draggable: false });
  }
  page = pages[0];
  chosen = new Set();
  find("title").textContent = form.title;
  const notes = sessionStorage.getItem("formreader-form-notes");
  sessionStorage.removeItem("formreader-form-notes");
  if (notes) tell(notes);
  if (unsaved.restore(draft)) tell(t("What you had not saved is here again."));
  refresh();
}

/** Change the draft, and show it. */
function edit(change) {
  change();
  refresh();
}

function refresh() {
  chosen = new Set([...chosen].filter((id) => draft.find(id)?.page === page.number));
  show();
  unsaved.keep(draft);
  checking.ask(() => draft.body);
  find("checked").textContent = t("Checking …");
}

function show() {
  const named = new Set(verdict.doubts.flatMap(({ names }) => names));
  if (verdict.fault?.field) named.add(verdict.fault.field);
  const own = draft.on(page.number).map((one) => view(one, named.has(one.name) ? "warned" : "sure"));
  const proposed = draft.proposalsOn(page.number).map((one) => view(one, "proposed"));
  const others = fixed.filter((one) => one.page === page.number).map((one) => view({ ...one, id: one.name, keys: {} }, "fixed"));
  page.items = [...own, ...proposed, ...others];
  sheet.showForm(page, verdict.places ?? {});
  list.show([...own, ...proposed]);
  rules.show(draft.now.checks);
  const counted = own.length === 1 ? t("1 field") : t("{count} fields", { count: own.length });
  find("count").textContent = proposed.length ? `${counted}, ${t("{count} proposed", { count: proposed.length })}` : counted;
  find("which-page").textContent = pages.length > 1 ? t("Page {number} of {all}", { number: page.number, all: pages.length }) : "";
  showChosen();
  showState();
}

const view = (one, state) => ({ ...one, state, outline: corners(one.box), page_size: page.size });

function corners([left, top, width, height]) {
  return [[left, top], [left + width, top], [left + width, top + height], [left, top + height]];
}

function showChosen() {
  const item = page.items.find(({ id }) => id === main()) ?? null;
  sheet.choose(chosen, item);
  boxes.show(page, chosen.size === 1 && item?.state !== "fixed" ? item : null);
  list.choose(chosen);
  properties.show(chosenFields());
  find("none").hidden = chosen.size > 0;
  find("told").textContent = item ? `${chosen.size > 1 ? `${t("{count} fields, the last:", { count: chosen.size })} ` : ""}${item.name}, ${describe(item)}` : "";
  showDoubts();
}

/** What is wrong with the chosen field, beside it; without one, with the form. */
function showDoubts() {
  const names = chosenFields().map(({ name }) => name);
  const speaks = (one) => !names.length || one.some((name) => names.includes(name));
  const texts = verdict.doubts.filter((one) => speaks(one.names)).map(({ text }) => text);
  const { fault, problem } = verdict;
  if (fault) texts.unshift(fault.text);
  if (problem) texts.unshift(problem);
  const notes = chosenFields().filter(({ id }) => draft.isProposal(id)).map(({ note }) => t("Proposed: {note}", { note: note || t("take it or remove it") }));
  find("doubts").replaceChildren(
    ...[...notes, ...texts].map((text) => Object.assign(document.createElement("li"), { textContent: text })),
  );
}

function showState() {
  find("state").textContent = isSaving ? t("Saving …") : draft.isDirty ? t("Not saved") : t("Saved");
  const are = { undo: draft.past.length, redo: draft.future.length, save: draft.isDirty && !isSaving };
  const proposals = chosenFields().filter(({ id }) => draft.isProposal(id)).length;
  Object.assign(are, { remove: chosen.size, take: proposals, copy: chosen.size - proposals });
  for (const name of ["left", "top", "size"]) are[name] = chosen.size > 1;
  Object.assign(are, { back: pages.indexOf(page) > 0, turn: pages.indexOf(page) < pages.length - 1 });
  for (const [name, is] of Object.entries(are)) {
    for (const button of document.querySelectorAll(`[data-do="${name}"]`)) button.disabled = !is;
  }
}

function hear(answer) {
  if (answer.changed) answer.problem = t("The file of the form was changed elsewhere; when you save, you are asked what shall stand.");
  verdict = { places: verdict.places, ...answer };
  if (answer.fault) verdict.places = {};
  const many = answer.doubts.length;
  const texts = [answer.problem ?? answer.fault?.text ?? (many ? t("{count} to look at", { count: many }) : t("Nothing looks wrong"))];
  find("checked").textContent = texts.join(" ");
  find("checked").dataset.state = answer.problem || answer.fault ? "wrong" : many ? "doubt" : "good";
  show();
}

/** Choose a field; with Shift as well as those before. */
function pick(item, isMore = false) {
  if (!item || item.state === "fixed") return;
  const { id } = item;
  if (rules.isSumming) {
    rules.click(draft.find(id).name);
    return;
  }
  if (!isMore) return choose([id]);
  const rest = [...chosen].filter((one) => one !== id);
  choose(chosen.has(id) ? rest : [...rest, id]);
}

/** Choose the field of a name, on whatever page it is. */
function pickByName(name) {
  const field = draft.now.fields.find((one) => one.name === name);
  if (!field) return;
  page = pages.find(({ number }) => number === field.page);
  chosen = new Set([field.id]);
  show();
}

function choose(ids) {
  chosen = new Set(ids);
  showChosen();
  showState();
}

/** The box around what moves with a polygon that is dragged: all that is chosen. */
function hold(polygon) {
  const item = sheet.byPolygon.get(polygon);
  if (!item || item.state === "fixed" || rules.isSumming) return null;
  if (!chosen.has(item.id)) choose([item.id]);
  return chosenFields().map(({ box }) => asBox(box)).reduce(unite);
}

/** Give all chosen fields another place; a proposal that is moved is taken up. */
function moveChosen(what, place) {
  const ids = [...chosen];
  const proposals = ids.filter((id) => draft.isProposal(id));
  edit(() => {
    if (proposals.length) draft.take(new Set(proposals));
    draft.edit(what, new Map(ids.map((id) => [id, { box: within(place(draft.find(id).box)) }])));
  });
}

/** A box of whole pixels that begins on the page; whether it fits, the server says. */
function within(box) {
  const [left, top, width, height] = box.map(Math.round);
  return [Math.max(0, left), Math.max(0, top), Math.max(1, width), Math.max(1, height)];
}

function move(x, y) {
  const [across, down] = page.step;
  moveChosen(`move ${x} ${y}`, ([left, top, ...size]) => [left + x * across, top + y * down, ...size]);
}

function resize(x, y) {
  const [across, down] = page.step;
  moveChosen(`size ${x} ${y}`, ([left, top, width, height]) => [left, top, width + x * across, height + y * down]);
}

function align(place) {
  const to = draft.find(main()).box;
  moveChosen("", (box) => place(box, to));
}

function setKeys(values) {
  const proposals = [...chosen].filter((id) => draft.isProposal(id));
  edit(() => {
    if (proposals.length) draft.take(new Set(proposals));
    draft.edit("", new Map([...chosen].map((id) => [id, { keys: putKeys(draft.find(id).keys, values) }])));
  });
}

function add(fields) {
  edit(() => {
    chosen = new Set(draft.add(fields).map(({ id }) => id));
  });
}

/** The printed box around a point becomes a field, with the cells that are seen in it. */
async function takePrinted(at) {
  const { number } = page;
  const { printed } = await post(`${path}/printed`, { page: number, at });
  if (!printed) tell(t("No printed box is seen here; drag on the page to draw one."));
  else if (page.number === number) add([{ name: "field_01", page: number, ...printed }]);
}

/** A new field by the keyboard: below the chosen one and as large, or in the middle. */
function addByKeys() {
  const [width, height] = page.size;
  const model = draft.find(main())?.box ?? [width / 3, height / 3, width / 6, height / 60];
  const [left, top, wide, high] = model;
  const isBelow = main() !== null;
  add([{ name: "field_01", page: page.number, box: within([left, isBelow ? top + high + page.step[1] : top, wide, high]) }]);
  find("viewport").focus();
}

/** Copies stand below what they are of, as the next row. */
function copy() {
  const fields = chosenFields().filter(({ id }) => !draft.isProposal(id));
  if (!fields.length) return;
  const { height } = fields.map(({ box }) => asBox(box)).reduce(unite);
  const down = height + page.step[1];
  add(fields.map(({ name, box, keys }) => ({ name, page: page.number, keys, box: within([box[0], box[1] + down, box[2], box[3]]) })));
}

function remove() {
  if (!chosen.size) return;
  const next = neighbour(1) ?? neighbour(-1);
  edit(() => draft.remove(new Set(chosen)));
  choose(next === null || !draft.find(next) ? [] : [next]);
}

function take() {
  edit(() => draft.take(new Set(chosen)));
}

function rename() {
  const { name } = find("properties").elements;
  if (main() === null) return;
  name.focus();
  name.select();
}

function sum() {
  if (rules.isSumming) rules.finish();
  else rules.begin();
}

function neighbour(step) {
  const ids = page.items.filter(({ state }) => state !== "fixed").map(({ id }) => id);
  const place = ids.indexOf(main());
  if (place < 0) return ids.at(step > 0 ? 0 : -1) ?? null;
  return ids[place + step] ?? null;
}

/** Go to the next field; false after the last. */
function walk(step) {
  const id = neighbour(step);
  if (id === null) return false;
  choose([id]);
  return true;
}

function escape() {
  if (rules.isSumming) rules.end();
  else choose([]);
}

function turn(step) {
  const next = pages[pages.indexOf(page) + step];
  if (!next) return;
  page = next;
  chosen = new Set();
  show();
}

async function save() {
  if (isSaving || !draft.isDirty) return;
  const sent = draft.now;
  isSaving = true;
  showState();
  try {
    tell("");
    draft.keep(await post(path, draft.body));
    draft.isDirty = draft.now.fields !== sent.fields || draft.now.checks !== sent.checks;
  } catch (error) {
    if (error.status === 409) find("conflict").showModal();
    else tell(error.message);
  } finally {
    isSaving = false;
    refresh();
  }
}

find("conflict").addEventListener("close", () => {
  const { returnValue } = find("conflict");
  if (returnValue === "theirs") attempt(reload);
  if (returnValue === "mine") attempt(replace);
});

/** Show what somebody else has saved, without what was changed here. */
async function reload() {
  unsaved.forget();
  await load();
}

/** Save the draft in the place of what somebody else has saved. */
async function replace() {
  draft.bind(await get(path));
  await save();
}

boxes.turn(true);
attempt(load);
