// Sends what people decide, in the order in which they did. All of it waits in this
// browser until the station has confirmed it, through reloads, lost connections, ended
// sessions and restarts; the station stores it once, however often it is sent. What the
// station refuses for what it is stays in a list of its own.

import { post, run, user } from "/static/api.js";
import { t } from "/static/language.js";
import { Shelf } from "/static/shelf.js";
import { makeId } from "/static/tab.js";

const PAUSE_MS = 2000; // before the next try
const FAULTS = 5; // of the station on one request, each after twice the time
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

  /** Send once more what broke a rule, and say that it stands there so. */
  override(key) {
    const { path, body, label, look } = this.refusals.get(key);
    this.refusals.remove(key);
    return this.add(path, { ...body, override: true }, { label, look });
  }

  forget(key) {
    this.refusals.remove(key);
    this.tell("change");
  }

  async send() {
    for (let entry; (entry = this.waiting[0]); ) {
      if (entry.notBefore > Date.now()) {
        this.problem ??= new Error(t("The station failed on it; it is tried again."));
        return;
      }
      try {
        const answer = await post(entry.path, entry.body);
        this.close(entry);
        this.results.get(entry.body.request)?.(answer);
      } catch (error) {
        if (!error.isRefused && !this.isSpent(entry, error)) {
          this.problem = error;
          this.tell("change");
          return;
        }
        const refusal = { ...entry, reason: error.message, isBreach: error.isBreach };
        this.refusals.put(entry.key, refusal);
        this.close(entry);
        this.tell("refusal", refusal);
      }
      this.results.delete(entry.body.request);
    }
    this.problem = null;
    this.tell("change");
  }

  /**
   * Count a fault of the station, and wait longer after each.
   * @returns {boolean} whether there were too many, so that what follows must not wait on
   */
  isSpent(entry, error) {
    if (!error.isFault) return false;
    const faults = (entry.faults ?? 0) + 1;
    const notBefore = Date.now() + PAUSE_MS * 2 ** faults;
    if (faults < FAULTS) this.shelf.put(entry.key, { ...entry, faults, notBefore });
    return faults >= FAULTS;
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
