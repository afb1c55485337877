// Asks the station which rules of its form a value breaks, while it is typed. What is
// decided is judged by the station once more, when it is stored.

import { post } from "/static/api.js";
import { t } from "/static/language.js";

export class Rules {
  /** @param {object} outbox what is decided is stored before the next question is asked */
  constructor(outbox) {
    this.outbox = outbox;
    this.known = new Map(); // breaches by field and value
    this.wanted = "";
    this.turn = Promise.resolve();
  }

  /** What a value breaks, as far as it is known; undefined before the station was asked. */
  look(item, value) {
    return item.has_rules && value ? this.known.get(name(item, value)) : [];
  }

  /** Ask for it; of questions that wait, the last one alone is asked. */
  async ask(item, value) {
    const key = (this.wanted = name(item, value));
    this.turn = this.turn.then(() => this.fetch(key, item, value)).catch(() => {});
    await this.turn;
    return this.look(item, value) ?? []; // without an answer the station judges later
  }

  /** What is decided about one field changes what another breaks. */
  forget() {
    this.known.clear();
  }

  async fetch(key, item, value) {
    if (this.wanted !== key || this.look(item, value)) return;
    await this.outbox.settle();
    const { breaches } = await post("/rules", { field: item.id, value });
    const said = breaches.map(({ breach, others }) => ({ text: t(breach.message, breach.values), others }));
    this.known.set(key, said);
  }
}

const name = (item, value) => `${item.id} ${value}`;
