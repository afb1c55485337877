// Names the rules that a value breaks while it is typed, and asks once before it is accepted.

import { tell } from "/static/api.js";
import { t } from "/static/language.js";

const BLIND_MS = 500; // an Enter that follows so soon was meant for something else

export class RuleGate {
  /**
   * @param {import("/static/rules.js").Rules} rules what is asked
   * @param {import("/static/pause.js").Pause} pause keeps keys while an answer is awaited
   * @param {import("/static/field.js").FieldView} view where breaches are named
   * @param {() => object | null} shown the entry that stands there now
   */
  constructor(rules, pause, view, shown) {
    Object.assign(this, { rules, pause, view, shown });
  }

  /** Name the rules that the value breaks, as soon as the station has said so. */
  name(entry) {
    const { item, number } = entry;
    const known = this.rules.look(item, number);
    this.view.showBreaches(known ?? []);
    if (known) return;
    this.rules.ask(item, number).then((breaches) => {
      const now = this.shown();
      if (now?.item === item && now.number === number) this.view.showBreaches(breaches);
    });
  }

  /** Accept a number, or ask about it first; `decide` is told whether it overrides rules. */
  accept(entry, decide) {
    const { item, number } = entry;
    const known = this.rules.look(item, number);
    if (known) return this.pass(entry, known, decide);
    this.pause.during(
      this.rules.ask(item, number),
      (breaches = []) => this.shown() === entry && this.pass(entry, breaches, decide),
    );
  }

  pass(entry, breaches, decide) {
    const { number, asked } = entry;
    if (!breaches.length) return decide(number, false);
    if (asked?.number === number && Date.now() - asked.at > BLIND_MS) return decide(number, true);
    entry.asked = asked?.number === number ? asked : { number, at: Date.now() };
    this.pause.drop();
    this.view.showBreaches(breaches);
    tell(`${breaches.map(({ text }) => text).join("; ")}. ${t("Press Enter once more if it stands there so.")}`);
  }
}
