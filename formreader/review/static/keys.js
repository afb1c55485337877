// Keys of a page. They work wherever the focus is, but for what a focused control does.

/** @param {Record<string, () => void>} bindings by key, letters small, "Shift+" before Enter */
export function onKeys(bindings) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { tagName } = event.target;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(tagName)) return;
    if (["BUTTON", "A"].includes(tagName) && ["Enter", " "].includes(event.key)) return;
    const shift = event.shiftKey && event.key === "Enter" ? "Shift+" : "";
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = bindings[shift + name];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
