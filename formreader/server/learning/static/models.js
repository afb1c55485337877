// Begins and ends the learning of models, and shows how far they are.

import { get, post, tell } from "/static/api.js";
import { t } from "/static/language.js";
import { duration } from "/static/server/words.js";

const EVERY_MS = 2_000;
const find = (id) => document.getElementById(id);
const form = find("learn");
const at = (name) => `/api/models/${encodeURIComponent(name)}`;
let removed = ""; // the model that somebody is asked about

/** Act, and show the page as it is then; what is refused is told. */
async function act(button, deed) {
  button.disabled = true;
  try {
    await deed();
    location.reload();
  } catch (error) {
    tell(error.message);
    button.disabled = false;
  }
}

for (const card of document.querySelectorAll(".job")) {
  const path = at(card.dataset.model);
  for (const button of card.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => {
      if (button.dataset.do === "remove") {
        removed = card.dataset.model;
        find("removal").showModal();
      } else {
        act(button, () => post(`${path}/${button.dataset.do}`, {}, 60_000));
      }
    });
  }
  if (card.dataset.state === "learning") watch(card, path);
}
find("removal-no").addEventListener("click", () => find("removal").close());
find("removal-yes").addEventListener("click", ({ target }) => act(target, () => post(`${at(removed)}/remove`, {}, 60_000)));

async function watch(card, path) {
  if (!document.hidden) {
    try {
      const now = await get(path);
      tell("");
      if (now.state !== "learning") return location.reload();
      card.querySelector("progress").value = now.done;
      const left = now.seconds_left === null ? "" : `, ${t("{time} left", { time: duration(now.seconds_left) })}`;
      card.querySelector(".left").textContent = now.done ? `${Math.floor(100 * now.done)} %${left}` : t("Learning begins.");
    } catch (error) {
      tell(error.message);
    }
  }
  setTimeout(() => watch(card, path), EVERY_MS);
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const runs = [...form.querySelectorAll("input[name=run]:checked")].map(({ value }) => value);
    if (!runs.length) return tell(t("Choose a reviewed run first."));
    act(find("begin"), () => post("/api/models", { name: find("name").value, runs, start: find("from").value }));
  });
  find("begin").disabled = false;
}
