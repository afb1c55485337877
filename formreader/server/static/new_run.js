// Begins a run: makes it, sends the scans, and starts to read them.

import { get, post, tell } from "/static/api.js";
import { t } from "/static/language.js";
import { Scans } from "/static/server/scans.js";

const find = (id) => document.getElementById(id);
const form = find("new");
const start = find("start");
const scans = new Scans();
let made = null; // the run, once it is there

const place = () => form.elements.place?.value ?? "bring";

function makeWish() {
  const way = form.elements.way.value;
  return {
    folder: place() === "bring" ? "" : find("scan-folder").value,
    watch: place() === "watch",
    calibration: (way === "target" && find("calibration")?.value) || "",
    model: find("model")?.value ?? "",
    second: find("second").valueAsNumber / 100 || 0,
    name: find("name").value,
    forms: [...form.querySelectorAll("input[name=form]:checked")].map(({ value }) => value),
    threshold: way === "threshold" ? find("threshold").valueAsNumber : null,
    target_error: way === "target" ? find("target").valueAsNumber / 100 : null,
  };
}

async function begin() {
  made ??= (await post("/api/runs", makeWish())).name;
  if (place() !== "bring") {
    await post(`/api/runs/${encodeURIComponent(made)}/start`, {});
    location.assign(`/runs/${encodeURIComponent(made)}`);
    return;
  }
  const before = scans.refused;
  const count = scans.files.length;
  await scans.send(made);
  if (count && scans.refused - before === count) throw new Error(t("None of the files was taken; choose others."));
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
  link.textContent = t("Go to the run");
  start.replaceWith(link);
  link.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  tell("");
  if (place() === "bring" && !scans.files.length && !made) {
    tell(t("Choose the scans first: drop them above, or press Choose files."));
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

/** Offer the folders in the one that is typed, as far as they may be read. */
async function listFolders() {
  const typed = find("scan-folder").value;
  const above = typed.slice(0, typed.lastIndexOf("/"));
  const found = await get(`/api/folders?path=${encodeURIComponent(above)}`).catch(() => get("/api/folders"));
  find("folders").replaceChildren(...found.map((path) => Object.assign(document.createElement("option"), { value: path })));
  if (!typed && found.length === 1) find("scan-folder").value = found[0];
}

for (const choice of form.querySelectorAll("input[name=place]")) {
  choice.addEventListener("change", () => {
    const isBrought = place() === "bring";
    find("place-bring").hidden = !isBrought;
    find("place-folder").hidden = isBrought;
    find("scan-folder").required = !isBrought;
    find("folder-note").textContent = place() === "watch" ? t("It is read until you stop it, also when this page and the server are closed.") : t("The scans stay where they are.");
    if (!isBrought) listFolders().catch((error) => tell(error.message));
  });
}
find("scan-folder")?.addEventListener("input", ({ target }) => {
  if (target.value.endsWith("/")) listFolders().catch((error) => tell(error.message));
});
