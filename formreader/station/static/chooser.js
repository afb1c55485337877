// Keeps the language that somebody chooses, and shows the page in it.

const AGE_S = 365 * 24 * 3600;

document.getElementById("language")?.addEventListener("change", ({ target }) => {
  document.cookie = `formreader-language=${target.value}; Path=/; Max-Age=${AGE_S}; SameSite=Strict`;
  location.reload();
});
