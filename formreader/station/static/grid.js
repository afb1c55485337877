// A grid of pictures that are marked by click, or by arrows and space (which clicks).

/** Name a digit as the station does. */
export const toPlace = ({ field, position }) => ({ field, position });

export class Grid {
  /** @param {HTMLElement} element @param {(crop: object) => void} focused */
  constructor(element, focused) {
    this.element = element;
    this.focused = focused;
    this.crops = [];
  }

  get buttons() {
    return [...this.element.children];
  }

  get places() {
    return this.crops.map(toPlace);
  }

  get wrong() {
    return this.places.filter((_, index) => this.isMarked(this.buttons[index]));
  }

  get right() {
    return this.places.filter((_, index) => !this.isMarked(this.buttons[index]));
  }

  /** How many stand in a row. */
  get columns() {
    const [first, ...others] = this.buttons;
    const below = others.findIndex((button) => button.offsetTop > first.offsetTop);
    return below < 0 ? this.buttons.length : below + 1;
  }

  show(crops, digit) {
    this.crops = crops;
    const buttons = crops.map((crop, index) => this.button(crop, index, digit));
    this.element.replaceChildren(...buttons);
    this.goTo(0);
  }

  button(crop, index, digit) {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = index ? -1 : 0; // arrows go on from here
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", `${digit} in ${crop.raw}, ${crop.source}`);
    button.append(crop.image);
    button.addEventListener("click", () => this.toggle(button));
    button.addEventListener("focus", () => this.reach(index));
    return button;
  }

  move(step) {
    const index = this.buttons.indexOf(document.activeElement);
    this.goTo(index < 0 ? 0 : index + step);
  }

  goTo(index) {
    if (!this.buttons[index]) return;
    this.buttons[index].focus({ preventScroll: index === 0 });
    this.reach(index); // in a window in the background, focus is not told
  }

  /** The one that has the focus is the one that Tab comes back to. */
  reach(index) {
    this.buttons.forEach((button, other) => (button.tabIndex = other === index ? 0 : -1));
    this.focused(this.crops[index]);
  }

  toggle(button) {
    button.setAttribute("aria-pressed", String(!this.isMarked(button)));
  }

  isMarked(button) {
    return button.getAttribute("aria-pressed") === "true";
  }
}
