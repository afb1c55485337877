// How far the review has come, and how fast this person gets on: a bar and a line.

import { get, run, user } from "/static/api.js";
import { t } from "/static/language.js";
import { Shelf } from "/static/shelf.js";

const KEPT = 40; // decisions by which the pace is measured
const LEAST = 5; // fewer say nothing
const PAUSE_MS = 120_000; // beyond which nobody was at work

const shelf = new Shelf(`formreader ${run} ${user} pace `);
const find = (id) => document.getElementById(id);

/** Note that something was decided now. */
export function notePace() {
  shelf.put("times", [...(shelf.get("times") ?? []), Date.now()].slice(-KEPT));
}

/** Decisions a minute, pauses aside; null while it cannot be told. */
export function measurePace(times) {
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  const worked = gaps.filter((gap) => gap >= 0 && gap <= PAUSE_MS);
  const total = worked.reduce((sum, gap) => sum + gap, 0);
  return worked.length + 1 < LEAST || !total ? null : (60_000 * worked.length) / total;
}

/** Show how many fields are done and left in all; nothing while that is unknown. */
export function showPace(done, left) {
  if (done === null || left === null) return;
  const rate = measurePace(shelf.get("times") ?? []);
  find("pace-bar").max = Math.max(1, done + left);
  find("pace-bar").value = done;
  const parts = [t("{done} of {all}", { done, all: done + left })];
  if (rate !== null && rate >= 1) parts.push(t("{count} a minute", { count: Math.round(rate) }));
  if (rate !== null && left) parts.push(describeTime(left / rate));
  find("pace-text").textContent = parts.join(", ");
}

function describeTime(minutes) {
  if (minutes < 1) return t("less than a minute");
  const count = Math.round(minutes < 90 ? minutes : minutes / 60);
  if (minutes >= 90) return t("about {count} hours", { count });
  return count === 1 ? t("about 1 minute") : t("about {count} minutes", { count });
}

/**
 * Show what this person has done, and the ways on, where nothing is left; or hide it.
 * @param {number | null} left fields that are left all the same, as others have them in hand
 */
export async function showEnd(isEnd, left = 0) {
  if (find("end").hidden !== isEnd) return;
  find("end").hidden = !isEnd;
  if (!isEnd) return;
  find("end-text").textContent = "";
  find("end-title").textContent = left ? t("All that is left others have in hand: {count}", { count: left }) : t("Nothing is left to review");
  const { decisions, corrections, seconds, taken_back: takenBack, escalated } = await get("/summary").catch(() => ({}));
  if (!decisions) return;
  const parts = [t("Your decisions in this run: {count}", { count: decisions })];
  if (seconds !== null) parts.push(t("{count} seconds each", { count: seconds.toFixed(1) }));
  parts.push(t("corrections: {count}", { count: corrections }));
  parts.push(t("taken back: {count}", { count: takenBack }));
  parts.push(t("left to the supervisor: {count}", { count: escalated }));
  find("end-text").textContent = `${parts.join(", ")}.`;
}
