// Brings pictures in the order in which they are needed: crops first, then pages, small, the
// one that is shown before those after it, one at a time. What is past is fetched no more,
// and not kept.

import { at } from "/static/api.js";
import { t } from "/static/language.js";

const MOST = 4; // pages that are kept: the one that is shown, and some after it

const crops = new Set(); // those that have not come yet
const queues = new Set(); // pages that wait for them

/** Load the picture of a field at once. */
export function loadCrop(item) {
  const image = make(t("The field {name} as written", item));
  const end = () => {
    crops.delete(image);
    for (const queue of queues) queue.next();
  };
  image.addEventListener("load", end);
  image.addEventListener("error", end);
  image.fetchPriority = "high";
  crops.add(image);
  image.src = at(`/crops/${item.id}.jpg`);
  return image;
}

/** Stop loading a picture, and let its memory go. */
export function drop(image) {
  if (!image) return;
  crops.delete(image);
  image.removeAttribute("src");
}

export class PagePictures {
  constructor() {
    this.images = new Map(); // by page
    this.coming = null; // the page that is being loaded
    queues.add(this);
  }

  /** Give the picture of a page, which may not have come yet. */
  give(id) {
    const known = this.images.get(id) ?? make(t("The page"));
    this.images.set(id, known);
    return known;
  }

  /** Say which pages are wanted, the first first; others are forgotten. */
  want(ids) {
    const wanted = new Set([...new Set(ids)].slice(0, MOST));
    for (const [id, image] of this.images) {
      if (wanted.has(id)) continue;
      drop(image);
      this.images.delete(id);
      if (this.coming === id) this.coming = null;
    }
    for (const id of wanted) this.give(id);
    this.order = [...wanted];
    this.next();
  }

  /** Load the next page, if nothing else is to come before it. */
  next() {
    if (this.coming !== null || crops.size) return;
    const id = this.order?.find((one) => !this.images.get(one).hasAttribute("src"));
    if (id === undefined) return;
    const image = this.images.get(id);
    const end = () => {
      if (this.coming !== id || this.images.get(id) !== image) return;
      this.coming = null;
      this.next();
    };
    this.coming = id;
    image.addEventListener("load", end);
    image.addEventListener("error", end);
    image.src = at(`/pages/${id}.jpg?size=small`);
  }

  /** Load a page in full; the small picture stands until then. */
  async sharpen(id) {
    const image = make(t("The page"));
    image.src = at(`/pages/${id}.jpg`);
    await image.decode();
    if (!this.images.has(id)) throw new Error("The page is past.");
    this.images.set(id, image);
    return image;
  }
}

function make(text) {
  const image = new Image();
  image.alt = text;
  image.draggable = false; // dragging moves the page
  return image;
}
