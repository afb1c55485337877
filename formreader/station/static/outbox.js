// Sends what people decide, in the order in which they did. All of it waits in this
// browser until the station has confirmed it, through reloads, lost connections, ended
// sessions and restarts; the station stores it once, however often it is sent. What the
// station refuses for what it is stays in a list of its own.

import { post, run, user } from "/static/api.js";
import { Shelf } from "/static/shelf.js";
import { makeId } from "/static/tab.js";

const PAUSE_MS = 2000; // before the next try
const NAME = `formreader ${run} ${user}`;

class Outbox extends EventTarget {
  constructor() {
    super();
    this.shelf = new Shelf(`${NAME} waiting `);
    this.refusals = new Shelf(`${NAME} refused `);
    this.problem = null; // why what waits is not sent: an error
    this.sending = null;
    this.last = 0;
    this.results = new Map(); // what to do with an answer, by request
    window.addEventListener("storage", () => this.tell("change")); // by another tab
    window.addEventListener("beforeunload", (event) => {
      if (this.shelf.loose.size) event.preventDefault();
    });
    setInterval(() => this.waiting.length && this.wake(), PAUSE_MS); // also another tab's
    if (this.waiting.length) this.wake();
  }

  /** What is not confirmed yet: path, body, label and look. */
  get waiting() {
    return run ? this.shelf.all : [];
  }

  get refused() {
    return this.refusals.all;
  }

  /** Fields that a decision waits for. */
  get fields() {
    const named = ({ body }) => [body.field, ...(body.removed?.map(({ field }) => field) ?? [])];
    return this.waiting.flatMap(named).filter((id) => id !== undefined);
  }

  /** Digits of carpet pages that wait. */
  get places() {
    return this.waiting.flatMap(({ body }) => [...(body.right ?? []), ...(body.wrong ?? [])]);
  }

  /**
   * Keep something and send it in its turn.
   * @param {{label: string, look: string}} about for people, should it be refused: what it
   *   was, and where they can look at it
   * @param {(answer: object) => void} done is given the answer, if this page gets it
   * @returns {string} the id of the request
   */
  add(path, body, about, done = () => {}) {
    const request = makeId();
    this.last = Math.max(this.last + 1, Date.now());
    const key = `${String(this.last).padStart(15, "0")} ${request}`;
    this.shelf.put(key, { key, path, body: { ...body, request }, ...about });
    this.results.set(request, done);
    this.tell("change");
    this.wake();
    return request;
  }

  /** Try now; one tab of the browser at a time. */
  wake() {
    this.sending ??= navigator.locks
      .request(`${NAME} outbox`, () => this.send())
      .finally(() => {
        this.sending = null;
        if (!this.problem && this.waiting.length) this.wake(); // it came in the last moment
      });
  }

  /** Wait until all was sent, or cannot be sent now. */
  async settle() {
    while (this.sending) await this.sending;
  }

  forget(key) {
    this.refusals.remove(key);
    this.tell("change");
  }

  async send() {
    for (let entry; (entry = this.waiting[0]); ) {
      try {
        const answer = await post(entry.path, entry.body);
        this.close(entry);
        this.results.get(entry.body.request)?.(answer);
      } catch (error) {
        if (!error.isRefused) {
          this.problem = error;
          this.tell("change");
          return;
        }
        this.refusals.put(entry.key, { ...entry, reason: error.message });
        this.close(entry);
        this.tell("refusal", { ...entry, reason: error.message });
      }
      this.results.delete(entry.body.request);
    }
    this.problem = null;
    this.tell("change");
  }

  close(entry) {
    this.shelf.remove(entry.key);
    this.tell("change");
  }

  tell(what, detail = null) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}

export const outbox = new Outbox();
