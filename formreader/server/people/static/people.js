// Lets a manager say who comes in, and everybody choose a password.

import { post, tell } from "/static/api.js";

/** Have something done when a form is sent or a button pressed; say what went wrong. */
async function attempt(button, act) {
  tell("");
  button.disabled = true;
  try {
    await act();
  } catch (error) {
    tell(error.message);
    button.disabled = false;
  }
}

function onSend(form, act) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form.querySelector("[type=submit]"), act);
  });
}

const rolesOf = (form) => [...form.querySelectorAll("[name=role]:checked")].map(({ value }) => value);

for (const person of document.querySelectorAll(".person")) {
  const { name } = person.dataset;
  const form = person.querySelector("form");
  onSend(form, async () => {
    await post("/api/people", { name, roles: rolesOf(form), password: form.elements.password.value || null });
    location.reload();
  });
  const remove = person.querySelector(".remove");
  remove.addEventListener("click", () => {
    attempt(remove, async () => {
      await post("/api/people/remove", { name });
      location.reload();
    });
  });
}

const added = document.getElementById("new-person");
if (added) {
  onSend(added, async () => {
    const { name, password } = added.elements;
    await post("/api/people", { name: name.value, roles: rolesOf(added), password: password.value });
    location.reload();
  });
}

const changed = document.getElementById("new-password");
if (changed) {
  onSend(changed, async () => {
    await post("/api/account/password", { old: changed.elements.old.value, new: changed.elements.new.value });
    location.assign("/");
  });
}
