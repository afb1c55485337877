// Says how many decisions are not saved yet, and why; lets people log in again in place,
// and look at what the station has refused.

import { at, post, renew, user } from "/static/api.js";
import { t } from "/static/language.js";
import { outbox } from "/static/outbox.js";

const find = (id) => document.getElementById(id);
const chip = find("waiting");
const dialog = find("outbox");
const login = find("outbox-login");

function count() {
  const { problem, waiting, refused } = outbox;
  const parts = [];
  if (problem && waiting.length) parts.push(t("{count} waiting", { count: waiting.length }));
  if (refused.length) parts.push(t("{count} refused", { count: refused.length }));
  if (problem?.isForbidden && waiting.length) parts.push(t("log in"));
  const text = parts.join(" · ");
  if (chip.textContent !== text) chip.textContent = text;
  if (dialog.open) list();
}

function list() {
  const { problem, waiting, refused } = outbox;
  find("outbox-problem").textContent = waiting.length
    ? `${problem?.message ?? ""} ${t("What you decided is kept in this browser, and sent when the station takes it.")}`
    : t("Everything is saved.");
  login.hidden = !(problem?.isForbidden && waiting.length);
  find("outbox-waiting").replaceChildren(...waiting.map(({ label }) => line(label)));
  find("outbox-refusals").hidden = !refused.length;
  find("outbox-refused").replaceChildren(...refused.map(explain));
}

function explain({ key, label, look, reason, isBreach }) {
  const entry = line(`${label}. ${reason} `);
  const link = document.createElement("a");
  link.href = at(look);
  link.textContent = t("Look at it");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("Remove from this list");
  button.addEventListener("click", () => outbox.forget(key));
  entry.append(link, " ", button);
  if (isBreach) entry.append(" ", makeOverride(key));
  return entry;
}

function makeOverride(key) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = t("It stands there so: save it");
  button.addEventListener("click", () => outbox.override(key));
  return button;
}

function line(text) {
  const entry = document.createElement("li");
  entry.textContent = text;
  return entry;
}

/** Begin a session, with what was typed; the browser keeps it. */
async function begin(secret) {
  if (login.dataset.way === "password") return post("/login", { name: user, password: secret });
  const token = secret.trim().match(/token=([\w-]+)$/)?.[1] ?? "";
  const answer = await fetch(`/enter?token=${token}`);
  if (!answer.ok) throw new Error(t("That address does not let in. Copy the last one in the terminal."));
}

async function logIn(event) {
  event.preventDefault();
  const secret = find("outbox-secret");
  find("outbox-answer").textContent = "";
  try {
    await begin(secret.value);
    const isSame = await renew();
    find("outbox-answer").textContent = isSame ? "" : t("The station has no work of {user} here. Load the page again.", { user });
    outbox.wake();
  } catch (error) {
    find("outbox-answer").textContent = error.message;
  } finally {
    secret.value = "";
  }
}

chip.addEventListener("click", () => {
  list();
  dialog.showModal();
});
find("outbox-close").addEventListener("click", () => dialog.close());
login.addEventListener("submit", logIn);
for (const what of ["change", "refusal"]) outbox.addEventListener(what, count);
count();
