// Sends decisions one after the other, in the order they were made. While the station
// does not answer they wait here, and the page says so; nothing is given up silently.

import { post } from "/static/api.js";

const PAUSE_MS = 2000; // before the next try

export class Outbox {
  /** @param {(waiting: number, problem: string) => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.jobs = [];
    this.sending = null;
    window.addEventListener("beforeunload", (event) => {
      if (this.jobs.length) event.preventDefault();
    });
  }

  /** Send what `body()` gives when its turn comes; call `done` or `failed` with the answer. */
  add(path, body, done, failed) {
    this.jobs.push({ path, body, done, failed });
    this.changed(this.jobs.length, "");
    this.sending ??= this.send().finally(() => (this.sending = null));
  }

  /** Wait until everything was sent. */
  async settle() {
    while (this.sending) await this.sending;
  }

  async send() {
    while (this.jobs.length) {
      const job = this.jobs[0];
      try {
        const answer = await post(job.path, job.body());
        this.jobs.shift();
        job.done(answer);
      } catch (error) {
        if (error.isLost) {
          this.changed(this.jobs.length, error.message);
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
          continue;
        }
        this.jobs.shift();
        job.failed(error);
      }
      this.changed(this.jobs.length, "");
    }
  }
}
