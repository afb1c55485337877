// Lets somebody in, or out. The form is sent as JSON: the policy of the station allows
// no other kind.

import { post, tell } from "./api.js";

async function go(path, body) {
  try {
    const { home } = await post(path, body);
    location.assign(home);
  } catch (error) {
    tell(error.message);
  }
}

document.getElementById("login")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const name = document.getElementById("name").value;
  const password = document.getElementById("password");
  go("/login", { name, password: password.value });
  password.value = "";
});

document.getElementById("logout")?.addEventListener("click", () => go("/logout", {}));
