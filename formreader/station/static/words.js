// The line in which an answer or a text is typed, for fields that hold no number. T goes to
// it; Enter accepts, Esc leaves it.

const line = document.getElementById("words-line");
const input = document.getElementById("words");

export class Words {
  /**
   * @param {() => object | null} entry what is being entered
   * @param {(how: () => void) => void} change does something to it, and shows it
   * @param {() => void} accept
   */
  constructor(entry, change, accept) {
    Object.assign(this, { entry, change });
    input.addEventListener("input", () => this.take());
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      if (event.repeat) return;
      input.blur();
      if (event.key === "Enter") return accept();
      change(() => this.entry().reset());
      input.value = "";
    });
  }

  /** Show the line for a field that takes words; one that has no answers gets the focus. */
  show(entry, mayFocus = false) {
    line.hidden = !entry?.item.takes_words;
    input.value = entry?.kind === "typed" ? entry.text : "";
    if (line.hidden) input.blur();
    else if (mayFocus && !entry.item.alternatives.length) input.focus();
  }

  /** Go to the line, if there is one. */
  focus() {
    if (!line.hidden) input.focus();
  }

  take() {
    const text = input.value;
    this.change(() => (text.trim() ? this.entry().type(text) : this.entry().reset()));
  }
}
