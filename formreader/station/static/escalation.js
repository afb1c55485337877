// Leaves a field to the supervisor, with words about it.

import { tell } from "/static/api.js";
import { onPress } from "/static/keys.js";
import { t } from "/static/language.js";

const dialog = document.getElementById("escalation");
const form = dialog.querySelector("form");
const words = document.getElementById("escalation-words");

export class Escalation {
  /** @param {(comment: string) => void} send is given what was written */
  constructor(send) {
    onPress(document.getElementById("escalation-cancel"), () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.close();
      send(words.value.trim());
    });
  }

  /** Ask for the words about a field. */
  ask(item) {
    if (dialog.dataset.decides === "True") return tell(t("You are the supervisor: decide, or skip it."));
    document.getElementById("escalation-field").textContent = `${item.name}, ${t("{source}, page {page}", item)}`;
    words.value = "";
    dialog.showModal();
  }
}
