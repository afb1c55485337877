// A new form of a blank page: the page is sent, the fields on it are found. Forms are copied
// and removed.

import { post, tell } from "/static/api.js";
import { t } from "/static/language.js";
import { sendFile } from "/static/editor/sending.js";

const PATIENCE_MS = 240_000;
const form = document.getElementById("new-form");
const status = document.getElementById("new-status");
const { file, name, flatten, filled } = form.elements;

function offerName() {
  if (!name.value && file.files.length) name.value = file.files[0].name.replace(/\.[^.]*$/, "");
}
file.addEventListener("change", offerName);
offerName(); // what was chosen before this script ran

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  tell("");
  try {
    status.textContent = t("Sending the page …");
    const sent = await sendFile(file.files[0]);
    status.textContent = t("Looking for boxes, tables and lines …");
    const wish = { name: name.value, file: sent, flatten: flatten.checked, filled: filled.checked };
    const made = await post("/api/forms", wish, PATIENCE_MS);
    sessionStorage.setItem("formreader-form-notes", made.warnings.join(" "));
    location.assign(`/forms/${encodeURIComponent(made.name)}`);
  } catch (error) {
    status.textContent = "";
    tell(error.message);
  } finally {
    button.disabled = false;
  }
});

const copying = document.getElementById("copying");
const removal = document.getElementById("removal");
const copyName = document.getElementById("copy-name");
let asked = ""; // the form that a dialog asks about

/** Do something with the form that was asked about, and show the list as it is then. */
async function act(deed, body) {
  try {
    tell("");
    await post(`/api/forms/${encodeURIComponent(asked)}/${deed}`, body);
    location.reload();
  } catch (error) {
    tell(error.message);
  }
}

document.querySelector(".forms").addEventListener("click", ({ target }) => {
  const deed = target.dataset.do;
  if (!deed) return;
  asked = target.closest("[data-form]").dataset.form;
  const dialog = deed === "copy" ? copying : removal;
  dialog.returnValue = "";
  document.getElementById("removal-name").textContent = asked;
  copyName.value = `${asked} 2`;
  dialog.showModal();
  if (deed === "copy") copyName.select();
});
copying.addEventListener("close", () => copying.returnValue && act("copy", { name: copyName.value }));
removal.addEventListener("close", () => removal.returnValue && act("remove", {}));
