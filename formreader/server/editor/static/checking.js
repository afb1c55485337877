// Has the form checked while it is edited, by what `formreader template check` does.

import { post } from "/static/api.js";

const PAUSE_MS = 400; // after the last change

export class Checking {
  /** @param {string} path @param {(verdict: object) => void} tell */
  constructor(path, tell) {
    this.path = path;
    this.tell = tell;
    this.timer = 0;
    this.wanted = 0; // the number of the last draft, so that an older answer is not shown
  }

  /** @param {() => object} body gives the draft when it is sent */
  ask(body) {
    clearTimeout(this.timer);
    this.wanted += 1;
    this.timer = setTimeout(() => this.send(this.wanted, body()), PAUSE_MS);
  }

  async send(number, body) {
    try {
      const verdict = await post(`${this.path}/check`, body);
      if (number === this.wanted) this.tell(verdict);
    } catch (error) {
      if (number === this.wanted) this.tell({ problem: error.message, doubts: [], fault: null });
    }
  }
}
