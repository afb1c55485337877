// What is being entered for one field: the reading as it stands, another reading, or
// what is typed. It knows nothing of the page, so that its rules can be read by themselves.

const LONGEST = 60;
const LONGEST_WORDS = 200;
const NUMBER = /^-?[.,]?[0-9]+([.,/:-][0-9]+)*$/;

export class Entry {
  /** @param {object} item the field @param {string} draft what was typed for it before */
  constructor(item, draft = "") {
    this.item = item;
    this.asked = null; // the number that was asked about, and when
    this.reset();
    if (draft) this.type(draft);
  }

  /** Return to the reading as it stands. */
  reset() {
    this.kind = "read"; // or "alternative", "typed"
    this.index = -1; // of the alternative
    this.text = "";
  }

  get value() {
    if (this.kind === "typed") return this.text;
    return this.kind === "alternative" ? this.item.alternatives[this.index] : this.item.value;
  }

  /** The value without a mark at its end that nothing followed. */
  get number() {
    return this.item.takes_words ? this.value.trim() : this.value.replace(/[.,/:-]$/, "");
  }

  /**
   * Type a digit or a mark; the first one begins a new number.
   * @returns {boolean} whether such a number may be written into the field
   */
  add(character) {
    const text = this.text + character;
    const isDigit = /[0-9]/.test(character);
    if (!isDigit && !(this.item.marks.includes(character) && NUMBER.test(`${text}0`))) return false;
    this.type(text);
    return true;
  }

  /** Put a minus before the number, or take it away. */
  negate() {
    const text = this.value;
    if (text) this.type(text.startsWith("-") ? text.slice(1) : `-${text}`);
  }

  /** Take one character away; of a reading that was not typed, its last one. */
  backspace() {
    const shorter = this.value.slice(0, -1);
    if (this.kind === "typed" && shorter === "") this.reset();
    else this.type(shorter);
  }

  choose(index) {
    if (index >= this.item.alternatives.length) return;
    this.reset();
    this.kind = "alternative";
    this.index = index;
  }

  /** Go to the next or the previous reading; the one as it stands is before the first. */
  walk(step) {
    const count = this.item.alternatives.length + 1;
    const index = ((this.index + 1 + step + count) % count) - 1;
    if (index < 0) this.reset();
    else this.choose(index);
  }

  type(text) {
    this.reset();
    this.kind = "typed";
    this.text = text.slice(0, this.item.takes_words ? LONGEST_WORDS : LONGEST);
  }
}
