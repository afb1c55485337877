// What a person decides about one field, wherever it is shown: what Enter would decide, how
// it is sent, and what is typed and not decided yet.

import { run, user } from "/static/api.js";
import { t } from "/static/language.js";
import { outbox } from "/static/outbox.js";
import { notePace } from "/static/pace.js";
import { Shelf } from "/static/shelf.js";

/** What is typed and not decided, by field. */
export const drafts = new Shelf(`formreader ${run} ${user} draft `);

/**
 * Find out what Enter decides.
 * @param {object} entry what stands for the field
 * @returns {{action: string, value: string} | null} null if there is nothing to accept
 */
export function judge({ item, kind, number }) {
  if (number) return { action: "accept", value: number };
  const isUnread = item.takes_words && !item.characters.length; // a text is not blank for that
  const isBlank = !isUnread && kind === "read" && item.characters.every(({ character }) => character === "_");
  return isBlank ? { action: "blank", value: "" } : null;
}

/** Send a decision; the field then stands as it was decided. `done` is given the answer. */
export function send(item, { action, value, override = false, comment = "" }, place, done = () => {}) {
  drafts.remove(item.id);
  notePace();
  const body = { field: item.id, action, value, seen: item.decision_id, place, override, comment, second: item.is_second };
  const about = describe(item, action, value);
  const request = outbox.add("/decisions", { ...body, after: item.request ?? null }, about, done);
  const stands = action === "escalate" ? item.value : value;
  const state = action === "escalate" ? "escalated" : "decided";
  Object.assign(item, { value: stands, decided: action, request, earlier: item.request, state });
}

/** Keep what is typed with its field, which is left; say so, or nothing if there is nothing. */
export function keepDraft(entry) {
  if (!entry) return "";
  const { item, kind, text } = entry;
  if (kind !== "typed") drafts.remove(item.id);
  else drafts.put(item.id, text);
  return kind === "typed" ? t("{text} is typed in {name}, and not saved yet: it stands there when you come back.", { text, name: item.name }) : "";
}

function describe({ name, source, page }, action, value) {
  const query = new URLSearchParams({ field: name, file: source });
  return { label: `${name}, ${t("{source}, page {page}", { source, page })}: ${value || t(action)}`, look: `/groups?${query}` };
}
