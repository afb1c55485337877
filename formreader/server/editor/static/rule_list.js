// The rules between fields; a sum is made by clicking what is added, and its total.

import { t } from "/static/language.js";

export class RuleList {
  /**
   * @param {{list: HTMLElement, status: HTMLElement}} parts
   * @param {(rules: {id?: number, rule: string}[]) => void} change
   */
  constructor({ list, status }, change) {
    this.list = list;
    this.status = status;
    this.change = change;
    this.rules = [];
    this.names = null; // of a sum that is being made: the total first
  }

  show(rules) {
    this.rules = rules;
    const kept = this.list.contains(document.activeElement) ? document.activeElement.name : "";
    this.list.replaceChildren(...rules.map((one, place) => this.make(one, place)));
    if (kept) this.list.querySelector(`[name="${kept}"]`)?.focus({ preventScroll: true });
  }

  make(one, place) {
    const entry = document.createElement("li");
    const input = Object.assign(document.createElement("input"), { value: one.rule, maxLength: 500, name: `rule-${place}` });
    input.setAttribute("aria-label", t("Rule {number}", { number: place + 1 }));
    input.addEventListener("change", () => {
      const rule = input.value.trim();
      this.change(this.rules.flatMap((other) => (other !== one ? other : rule ? { ...one, rule } : [])));
    });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: t("Remove") });
    remove.setAttribute("aria-label", t("Remove rule {number}", { number: place + 1 }));
    remove.addEventListener("click", () => this.change(this.rules.filter((other) => other !== one)));
    entry.append(input, remove);
    return entry;
  }

  get isSumming() {
    return this.names !== null;
  }

  begin() {
    this.names = [];
    this.tellSum();
  }

  end() {
    this.names = null;
    this.status.textContent = "";
  }

  /** A field was clicked: the total, then what is added; a second click takes it out. */
  click(name) {
    this.names = this.names.includes(name) ? this.names.filter((one) => one !== name) : [...this.names, name];
    this.tellSum();
  }

  finish() {
    const rule = this.sum;
    if (this.names.length > 1) this.change([...this.rules, { rule }]);
    this.end();
  }

  get sum() {
    const [total, ...parts] = this.names;
    return total ? `${total} == ${parts.join(" + ")}` : "";
  }

  tellSum() {
    const ask = this.names.length ? t("click what is added, then Enter") : t("click the total");
    this.status.textContent = `${this.sum} … ${ask}`.trim();
  }
}
