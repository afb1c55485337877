// Keys of a page. They work wherever the focus is, but for what a focused control does:
// Space and Enter press a button, and Space alone one inside an element with data-keys.
// A key that is held down repeats only what moves or takes away, and decides nothing.

const REPEATING = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Backspace", "+", "=", "i", "o"];

/**
 * @param {Record<string, () => void>} bindings by key, letters small, "Shift+" and "Ctrl+"
 *   before Enter, "Alt+" before digits
 */
export function onKeys(bindings) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || (isCommand(event) && event.key !== "Enter")) return;
    if (document.querySelector("dialog[open]")) return;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
    const name = nameKey(event);
    const isPress = isForControl(event);
    if (!isPress && !bindings[name]) return;
    if (event.repeat && !REPEATING.includes(name)) return event.preventDefault();
    if (isPress) return;
    event.preventDefault();
    bindings[name]();
  });
}

/** Whether the control that has the focus takes the key itself. */
function isForControl(event) {
  const { key, target } = event;
  if (isCommand(event)) return false;
  const own = target.closest("[data-keys]") ? [" "] : [" ", "Enter"];
  return ["BUTTON", "A"].includes(target.tagName) && own.includes(key);
}

const isCommand = ({ ctrlKey, metaKey }) => ctrlKey || metaKey;

function nameKey(event) {
  const { key, code, altKey, shiftKey } = event;
  if (isCommand(event)) return `Ctrl+${key}`;
  if (altKey) return `Alt+${code.replace("Digit", "")}`; // with Alt the key may give a sign
  if (shiftKey && key === "Enter") return "Shift+Enter";
  return key.length === 1 ? key.toLowerCase() : key;
}

/**
 * Let a button do something. It loses the focus, so that the next Enter does not press it
 * again; one with data-stays keeps it for those who came to it by keyboard.
 */
export function onPress(button, action) {
  button.addEventListener("click", (event) => {
    if (event.detail || !("stays" in button.dataset)) button.blur();
    action();
  });
}
