// Has the form checked while it is edited, by what `formreader template check` does.

import { post } from "/static/api.js";

const PAUSE_MS = 400; // after the last change
const PATIENCE_MS = 60_000; // the server may have to start what looks at pages

export class Checking {
  /** @param {string} path @param {(verdict: object) => void} tell */
  constructor(path, tell) {
    this.path = path;
    this.tell = tell;
    this.timer = 0;
    this.body = null; // gives the draft that waits to be checked
    this.isAsking = false;
  }

  /** @param {() => object} body gives the draft when it is sent */
  ask(body) {
    this.body = body;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE_MS);
  }

  /** Send the newest draft, one at a time; an answer about an older one is not shown. */
  async send() {
    if (this.isAsking || !this.body) return;
    const { body } = this;
    this.body = null;
    this.isAsking = true;
    let verdict;
    try {
      verdict = await post(`${this.path}/check`, body(), PATIENCE_MS);
    } catch (error) {
      verdict = { problem: error.message, doubts: [], fault: null };
    }
    this.isAsking = false;
    if (this.body) this.send();
    else this.tell(verdict);
  }
}
