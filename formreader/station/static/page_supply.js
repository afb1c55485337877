// Brings pages from the station, the next one ahead, and keeps their fields in hand.

import { post, tell } from "/static/api.js";
import { wholeFields } from "/static/claims.js";
import { outbox } from "/static/outbox.js";
import { isOpen } from "/static/page_values.js";
import { PagePictures } from "/static/pictures.js";

const MOST = 1000; // fields that can be named in a request

export class PageSupply {
  constructor() {
    this.left = null; // fields to review in all, as the station said last
    this.done = null; // fields that people are done with, in the same way
    this.pictures = new PagePictures();
    this.ahead = null; // the page after the one that is shown, or a promise of it
  }

  /** Give a page itself. */
  async show(id) {
    return this.ask({ page: id, step: 0 });
  }

  /** Give the nearest page with doubts beside the one that is shown; null without one. */
  async turn(page, step) {
    const isAhead = step > 0 && this.ahead !== null && this.ahead.from === page?.id;
    const ahead = isAhead ? await this.ahead.promise : null;
    this.ahead = null;
    return ahead ?? this.askBeside(page, step);
  }

  lookAhead(page) {
    const ahead = { from: page.id, view: null };
    ahead.promise = this.askBeside(page, 1).catch(() => null);
    ahead.promise.then((view) => {
      ahead.view = view;
      if (view && this.ahead === ahead) this.pictures.want([page.id, view.id]);
    });
    this.ahead = ahead;
  }

  /** Fields in hand, of the page that is shown and the one ahead. */
  heldIds(page) {
    return [page, this.ahead?.view].flatMap((one) => (one ? [...one.held] : []));
  }

  /** Let go of the fields of a page that is left. */
  release(page, next) {
    if (!page || page.id === next.id || !page.held.size) return;
    post("/release", { places: wholeFields([...page.held].slice(0, MOST)) }).catch(() => {});
  }

  /** Take a field into hand; while another tab has it, it cannot be changed here. */
  async hold(page, item) {
    if (page.held.has(item.id)) return;
    try {
      const { places } = await post("/hold", { places: wholeFields([item.id]) });
      if (places.length) page.held.add(item.id);
      item.isTaken = !places.length;
    } catch (error) {
      tell(error.message);
    }
  }

  async askBeside(page, step) {
    const here = page ? page.items.filter(isOpen).map(({ id }) => id) : [];
    const without = [...new Set([...outbox.fields, ...here])].slice(0, MOST);
    const view = await this.ask({ page: page?.id ?? null, step, without });
    return view?.id === page?.id ? null : view;
  }

  async ask(wish) {
    const { view, left, done } = await post("/pages/turn", { ...wish, anew: this.left === null });
    Object.assign(this, { left, done });
    return view && prepare(view);
  }
}

/** Show decisions that the station does not know yet. */
function prepare(view) {
  view.held = new Set(view.held);
  for (const item of view.items) item.isTaken = isOpen(item) && !view.held.has(item.id);
  for (const { body } of outbox.waiting) {
    const gone = body.removed?.map(({ field }) => field) ?? [];
    view.items = view.items.filter(({ id }) => !gone.includes(id));
    const item = view.items.find(({ id }) => id === body.field);
    if (!item) continue;
    Object.assign(item, { value: body.value, decided: body.action, request: body.request, state: "decided", isTaken: false });
  }
  return view;
}
