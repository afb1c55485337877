// A new form of a blank page: the page is sent, the fields on it are found.

import { post, tell } from "/static/api.js";
import { sendFile } from "/static/editor/sending.js";

const PATIENCE_MS = 240_000;
const form = document.getElementById("new-form");
const status = document.getElementById("new-status");
const { file, name, flatten, filled } = form.elements;

file.addEventListener("change", () => {
  if (!name.value && file.files.length) name.value = file.files[0].name.replace(/\.[^.]*$/, "");
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  tell("");
  try {
    status.textContent = "Sending the page …";
    const sent = await sendFile(file.files[0]);
    status.textContent = "Looking for boxes, tables and lines …";
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
