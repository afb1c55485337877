// Keeps in hand what this page shows, and lets go of it when the page goes away.

import { leave, post } from "/static/api.js";

const RENEW_MS = 60_000; // claims last three minutes
const WHOLE = -1; // the position that stands for a field as a whole

/** @param {number[]} ids of fields @returns {object[]} them as places */
export function wholeFields(ids) {
  return ids.map((field) => ({ field, position: WHOLE }));
}

/** @param {() => object[]} places what is in hand at a moment */
export function keepClaims(places) {
  setInterval(() => {
    if (places().length) post("/hold", { places: places() }).catch(() => {});
  }, RENEW_MS);
  window.addEventListener("pagehide", () => {
    if (places().length) leave("/release", { places: places() });
  });
}
