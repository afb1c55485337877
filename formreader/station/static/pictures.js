// Brings pictures in the order in which they are needed: crops first, then pages, small, the
// one that is shown before those after it, one at a time. What is past is fetched no more,
// and not kept: pages are drawn on canvases, since browsers keep what was decoded of images
// long after these are gone.

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
    const known = this.images.get(id) ?? makePage();
    this.images.set(id, known);
    return known;
  }

  /** Say which pages are wanted, the first first; others are forgotten. */
  want(ids) {
    const wanted = new Set([...new Set(ids)].slice(0, MOST));
    for (const [id, image] of this.images) {
      if (wanted.has(id)) continue;
      close(image);
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
    const id = this.order?.find((one) => !this.images.get(one).dataset.state);
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
    draw(image, at(`/pages/${id}.jpg?size=small`), "small").catch(() => {});
  }

  /** Load a page in full; the small picture stands until then. */
  async sharpen(id) {
    const image = makePage();
    await draw(image, at(`/pages/${id}.jpg`), "sharp");
    if (!this.images.has(id)) {
      close(image);
      throw new Error("The page is past.");
    }
    close(this.images.get(id));
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

function makePage() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 0, height: 0 });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", t("The page"));
  return canvas;
}

/** Fetch a picture and draw it; it then tells of `load` or `error`, as an image does. */
async function draw(canvas, address, state) {
  canvas.dataset.state = "coming";
  canvas.halt = new AbortController();
  try {
    const answer = await fetch(address, { signal: canvas.halt.signal, priority: "low" });
    if (!answer.ok) throw new Error(t("The request failed ({status}).", { status: answer.status }));
    const bitmap = await createImageBitmap(await answer.blob());
    if (canvas.halt.signal.aborted) return bitmap.close();
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("bitmaprenderer").transferFromImageBitmap(bitmap);
  } catch (error) {
    if (canvas.halt.signal.aborted) throw error;
    canvas.dataset.state = "missing";
    canvas.dispatchEvent(new Event("error"));
    throw error;
  }
  canvas.dataset.state = state;
  canvas.dispatchEvent(new Event("load"));
}

/** Stop drawing a page, and let its memory go. */
function close(canvas) {
  canvas.halt?.abort();
  canvas.width = canvas.height = 0;
}
