// Keys of a page. They work wherever the focus is, but for what a focused control does:
// Space and Enter press a button, and Space alone one inside an element with data-keys.

/** @param {Record<string, () => void>} bindings by key, letters small, "Shift+" before Enter */
export function onKeys(bindings) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const { tagName } = event.target;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(tagName)) return;
    const own = event.target.closest("[data-keys]") ? [" "] : [" ", "Enter"];
    if (["BUTTON", "A"].includes(tagName) && own.includes(event.key)) return;
    const shift = event.shiftKey && event.key === "Enter" ? "Shift+" : "";
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = bindings[shift + name];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
