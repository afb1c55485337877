// Keys of the editor. They work wherever no text is typed; Escape leaves a text.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WITH_CTRL = { s: "save", z: "undo", y: "redo", d: "copy", a: "all" };
const ALONE = { Delete: "remove", Backspace: "remove", n: "add", t: "take", "+": "in", "=": "in", "-": "out", PageUp: "back", PageDown: "turn" };
const viewport = document.getElementById("viewport");

export function bindKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || document.querySelector("dialog[open]")) return;
    const isTyping = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    const isHandled = isTyping ? typeKey(event, actions) : pressKey(event, actions);
    if (isHandled) event.preventDefault();
  });
}

/** In a text, saving and leaving alone are done by keys. */
function typeKey(event, actions) {
  const isSave = (event.ctrlKey || event.metaKey) && event.key === "s";
  if (!isSave && event.key !== "Escape" && !(event.key === "Enter" && event.target.form)) return false;
  event.target.blur(); // which lets its change be heard
  viewport.focus();
  if (isSave) actions.save();
  return true;
}

function pressKey(event, actions) {
  const { key, shiftKey, target } = event;
  if (event.ctrlKey || event.metaKey) {
    const name = key.toLowerCase() === "z" && shiftKey ? "redo" : WITH_CTRL[key.toLowerCase()];
    if (!name) return false;
    actions[name]();
    return true;
  }
  if (key === "Tab") return target === viewport && actions.walk(shiftKey ? -1 : 1);
  const isChosen = target.matches('[data-id][aria-pressed="true"]'); // Enter names it then
  const isControl = ["BUTTON", "A", "SUMMARY"].includes(target.tagName) && !isChosen;
  if (key === "Enter" && actions.isSumming()) return press(actions.finish);
  if (key === "Enter" && !isControl) return press(actions.rename);
  if (key === "Escape") return press(actions.escape);
  if (ARROWS[key]) return press(() => (shiftKey ? actions.resize : actions.move)(...ARROWS[key]));
  if (ALONE[key]) return press(actions[ALONE[key]]);
  return false;
}

function press(action) {
  action();
  return true;
}
