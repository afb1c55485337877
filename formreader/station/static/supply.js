// Keeps the next fields at hand, with their pictures, so that a key is answered at once.

import { post, tell } from "/static/api.js";
import { PagePictures, drop, loadCrop } from "/static/pictures.js";

const AHEAD = 6; // fields at hand beside the one that is shown, also while the station is gone
const MOST = 1000; // fields that can be named in a request

export class Supply {
  /**
   * @param {object} filters which fields
   * @param {object} outbox knows which decisions the station may not know yet
   * @param {() => void} arrived is called after each answer
   * @param {() => number | null} shown the id of the field that is shown
   * @param {string} order "doubt" for the least certain first, "page" for page by page
   */
  constructor(filters, outbox, arrived, shown, order) {
    Object.assign(this, { filters, outbox, arrived, shown, order });
    this.page = null; // of the last field that came
    this.waiting = [];
    this.skipped = new Set();
    this.done = 0; // fields decided here, less those taken back
    this.total = null; // fields left before any of them
    this.before = null; // fields that people were done with before them
    this.pictures = new PagePictures();
    this.asking = null;
    this.again = false;
  }

  get left() {
    return this.total === null ? null : Math.max(0, this.total - this.done);
  }

  /** Fields that people are done with. */
  get reviewed() {
    return this.before === null ? null : this.before + this.done;
  }

  /** Take the next field; undefined if none is at hand. Show it, then fill up. */
  take() {
    return this.waiting.shift();
  }

  /** Put a field in front of the others. */
  putBack(item) {
    this.waiting = [item, ...this.waiting.filter((other) => other.id !== item.id)];
  }

  drop(id) {
    this.waiting = this.waiting.filter((item) => item.id !== id);
  }

  /** Leave out fields that need nobody any more. @returns {number[]} those that were at hand */
  free(ids) {
    const freed = this.waiting.filter((item) => ids.includes(item.id)).map((item) => item.id);
    freed.forEach((id) => this.drop(id));
    this.done += freed.length;
    return freed;
  }

  /** Go on in another order, with what is on the page that is shown first. */
  reorder(order, page) {
    Object.assign(this, { order, page });
    this.waiting = []; // what is in hand comes again, in its turn
    this.fill();
  }

  /** Ask for more, once at a time; what changes meanwhile is asked about afterwards. */
  fill() {
    if (this.waiting.length >= AHEAD) return;
    this.again = true;
    this.asking ??= this.askOn().finally(() => (this.asking = null));
  }

  async askOn() {
    while (this.again) {
      this.again = false;
      await this.ask();
    }
  }

  get heldIds() {
    const ids = this.waiting.map((item) => item.id);
    return this.shown() === null ? ids : [this.shown(), ...ids];
  }

  async ask() {
    try {
      await this.outbox.settle(); // else it would give out again what was just decided
      const waiting = this.outbox.fields;
      const without = [...new Set([...this.heldIds, ...waiting, ...this.skipped])].slice(0, MOST);
      const { order, page } = this;
      const wish = { count: AHEAD, without, anew: this.total === null, order, page, ...this.filters };
      const { done } = this;
      const { items, left, done: reviewed, exact } = await post("/queue/next", wish);
      // What is decided meanwhile the station may have counted already or not: then, and
      // where it has not counted anew, our own count is the better.
      if (exact && this.done === done) {
        this.total = left + done - waiting.length;
        this.before = reviewed - done + waiting.length;
      }
      if (order === this.order) for (const item of items) this.add(item);
      if (!items.length && this.skipped.size && !this.heldIds.length) {
        this.skipped.clear(); // all that is left was skipped: begin with it again
        this.again = true;
      }
      this.arrived();
    } catch (error) {
      tell(error.message);
    }
  }

  add(item) {
    if (this.heldIds.includes(item.id)) return;
    this.waiting.push(this.prepare(item));
    this.page = item.page_id;
  }

  /** Load the picture of a field. */
  prepare(item) {
    item.crop_image ??= loadCrop(item);
    return item;
  }

  /** Load the pages of a field that is shown, and of those after it; forget others. */
  showPages(item) {
    this.pictures.want([item, ...this.waiting].map(({ page_id: id }) => id));
  }

  /** Let go of the picture of a field that is past. */
  leave(item) {
    if (this.waiting.includes(item)) return;
    drop(item.crop_image);
    delete item.crop_image;
  }
}
