// Shows how far a run is, as it goes on.

import { get, post, tell } from "/static/api.js";
import { t } from "/static/language.js";
import { Scans } from "/static/server/scans.js";
import { duration } from "/static/server/words.js";

const EVERY_MS = 1_500;
const find = (id) => document.getElementById(id);
const { run, state } = find("run").dataset;
const place = Number(find("run").dataset.place); // in the queue
const path = `/api/runs/${encodeURIComponent(run)}`;
let failed = 0;

async function look() {
  const now = await get(path);
  const hasBegun = find("empty-so-far") && now.pages; // there is something to offer
  if (now.state !== state || now.place !== place || hasBegun) return location.reload();
  for (const place of document.querySelectorAll("[data-count]")) {
    place.textContent = now[place.dataset.count].toLocaleString("en");
  }
  find("progress").max = Math.max(1, now.pages + now.failed + now.waiting);
  find("progress").value = now.pages + now.failed;
  find("rate").textContent = describe(now);
  if (now.failed !== failed) await listFailures();
  failed = now.failed;
}

function describe({ pages_a_minute: rate, seconds_left: left }) {
  if (!rate) return t("Reading begins.");
  const shown = rate.toLocaleString("en", { maximumFractionDigits: rate < 10 ? 1 : 0 });
  if (!left) return t("{count} pages a minute", { count: shown });
  return t("{count} pages a minute, {time} left", { count: shown, time: duration(left) });
}

async function listFailures() {
  const rows = await get(`${path}/failures`);
  find("failed-rows").replaceChildren(...rows.map(makeRow));
  find("failures").hidden = !rows.length;
}

function makeRow(row) {
  const line = document.createElement("tr");
  for (const key of ["source", "page", "error", "remedy"]) {
    const cell = document.createElement(key === "source" ? "th" : "td");
    cell.textContent = row[key];
    line.append(cell);
  }
  line.firstChild.scope = "row";
  return line;
}

/** Look again and again, as long as the page can be seen. */
async function watch() {
  if (!document.hidden) {
    await look().then(() => tell(""), (error) => tell(error.message));
  }
  setTimeout(watch, EVERY_MS);
}

function onPress(id, act) {
  const button = find(id);
  button?.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      tell(error.message);
      button.disabled = false;
    }
  });
}

async function start(wish) {
  await post(`${path}/start`, wish);
  location.reload();
}

onPress("start", () => start({}));
onPress("retry", () => start({ retry_failed: true }));
onPress("stop", async () => {
  await post(`${path}/stop`, {}, 60_000);
  location.reload();
});
find("remove")?.addEventListener("click", () => find("removal").showModal());
find("removal-no")?.addEventListener("click", () => find("removal").close());
onPress("removal-yes", async () => {
  await post(`${path}/remove`, {}, 60_000);
  location.assign("/");
});

if (find("drop")) {
  const scans = new Scans();
  let isSending = false;
  const sendAll = async () => {
    if (!scans.files.length || isSending) return;
    isSending = true;
    await scans.send(run);
    isSending = false;
    if (!scans.refused) await start({}).catch((error) => tell(error.message));
    else await post(`${path}/start`, {}).catch((error) => tell(error.message)); // leaves the reasons to be read
  };
  scans.addEventListener("change", sendAll);
  sendAll();
}
if (find("failures")) listFailures().catch((error) => tell(error.message));
if (["queued", "reading", "watching"].includes(state)) watch();
