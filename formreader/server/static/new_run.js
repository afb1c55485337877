// Begins a run: makes it, sends the scans, and starts to read them.

import { post, tell } from "/static/api.js";
import { Scans } from "/static/server/scans.js";

const find = (id) => document.getElementById(id);
const form = find("new");
const start = find("start");
const scans = new Scans();
let made = null; // the run, once it is there

function makeWish() {
  const way = form.elements.way.value;
  return {
    name: find("name").value,
    forms: [...form.querySelectorAll("input[name=form]:checked")].map(({ value }) => value),
    threshold: way === "threshold" ? find("threshold").valueAsNumber : null,
    target_error: way === "target" ? find("target").valueAsNumber / 100 : null,
  };
}

async function begin() {
  made ??= (await post("/api/runs", makeWish())).name;
  const before = scans.refused;
  const count = scans.files.length;
  await scans.send(made);
  if (scans.refused - before === count) throw new Error("None of the files was taken; choose others.");
  const path = encodeURIComponent(made);
  await post(`/api/runs/${path}/start`, {});
  if (scans.refused === before) location.assign(`/runs/${path}`);
  else offer(path);
}

/** What was refused is to be read before the page goes away. */
function offer(path) {
  const link = document.createElement("a");
  link.className = "button main";
  link.href = `/runs/${path}`;
  link.textContent = "Go to the run";
  start.replaceWith(link);
  link.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  if (!scans.files.length) {
    tell("Choose the scans first: drop them above, or press Choose files.");
    find("files").focus();
    return;
  }
  start.disabled = true;
  try {
    await begin();
  } catch (error) {
    tell(error.message);
    start.disabled = false;
  }
});
start.disabled = false; // before, a press would send the form and lose the files
for (const [way, field] of [["target", "target"], ["threshold", "threshold"]]) {
  find(field).addEventListener("input", () => {
    find(`way-${way}`).checked = true;
  });
}
