// What is being entered for one field: the reading as it stands, another reading, or
// what is typed. It knows nothing of the page, so that its rules can be read by themselves.

const LEAST_DIGITS = 2; // of every reading, for keys 1 to 9 to choose among them
const LEAST_CHARACTERS = 3; // of the field; a shorter number is typed as quickly
const LONGEST = 60;

export class Entry {
  constructor(item) {
    this.item = item;
    const readings = [item.value, ...item.alternatives].filter(Boolean);
    /** Whether the first digit pressed chooses an alternative. A single digit could be
     * the number itself where numbers may have one digit, so there it is typed. */
    this.chooses =
      item.alternatives.length > 0 &&
      item.characters.length >= LEAST_CHARACTERS &&
      readings.every((value) => value.length >= LEAST_DIGITS);
    this.reset();
  }

  /** Return to the reading as it stands. */
  reset() {
    this.kind = "read"; // or "alternative", "typed"
    this.index = -1; // of the alternative
    this.text = "";
    this.pressed = ""; // the digit that chose it; a second one makes them a number
  }

  get value() {
    if (this.kind === "typed") return this.text;
    return this.kind === "alternative" ? this.item.alternatives[this.index] : this.item.value;
  }

  digit(digit) {
    const index = Number(digit) - 1;
    const isFirst = this.kind !== "typed" && this.pressed === "";
    if (isFirst && this.chooses && index >= 0 && index < this.item.alternatives.length) {
      this.choose(index);
      this.pressed = digit;
    } else {
      this.type((this.kind === "typed" ? this.text : this.pressed) + digit);
    }
  }

  /** Whether a digit or more was typed, so that a mark may follow. */
  get isTyped() {
    return this.kind === "typed" || this.pressed !== "";
  }

  /** Put a point, comma, dash, slash or colon behind what was typed. */
  mark(character) {
    const text = this.kind === "typed" ? this.text : this.pressed;
    if (/[0-9]$/.test(text)) this.type(text + character);
  }

  /** Put a minus before the number, or take it away. */
  negate() {
    const text = this.kind === "typed" ? this.text : this.pressed || this.value;
    if (text) this.type(text.startsWith("-") ? text.slice(1) : `-${text}`);
  }

  /** Take one character away; of a reading that was not typed, its last one. */
  backspace() {
    const shorter = (this.kind === "typed" ? this.text : this.value).slice(0, -1);
    if (this.kind === "typed" && shorter === "") this.reset();
    else this.type(shorter);
  }

  choose(index) {
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
    this.text = text.slice(0, LONGEST);
  }
}
