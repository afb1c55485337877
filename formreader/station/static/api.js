// Talks to the station. Every failure becomes one line for the person at the screen.

import { t } from "/static/language.js";
import { tab } from "/static/tab.js";

const PATIENCE_MS = 20_000; // for an answer
const FORBIDDEN = [401, 403]; // there is no session, or the page is of an earlier one
const REFUSED = [400, 409, 422]; // the request itself
const PASSING = [401, 403, 408, 429, 502, 503, 504]; // any other may fail again and again

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const notice = document.getElementById("notice");
const base = meta("base");
let token = meta("csrf");

/** Who works here, and on which run. */
export const user = meta("user");
export const run = meta("run");

/** The address of a path of the station, which may lie below another path; doors do not. */
export const at = (path) => (["/login", "/logout"].includes(path) ? path : base + path);

/** Show what went wrong, or hide the line when there is nothing to say. */
export function tell(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

/**
 * Send JSON, or a Blob as it is, a file as bytes of which nobody says what they are;
 * give back the JSON of the answer.
 * @param {number} patience in ms, where an answer takes longer than most
 */
export async function post(path, body, patience = PATIENCE_MS) {
  try {
    return await send(path, pack(body), patience);
  } catch (error) {
    if (!error.isForbidden || !(await renew())) throw error;
    return send(path, pack(body), patience);
  }
}

/** Send JSON while the page goes away; there is nobody left to hear the answer. */
export function leave(path, body) {
  fetch(at(path), { ...pack(body), keepalive: true }).catch(() => {});
}

/** Ask for JSON. */
export async function get(path) {
  return send(path, {});
}

/** Take over the session that the browser has now; false if it has no other that fits. */
export async function renew() {
  const answer = await fetch(at("/session"), { redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return false;
  const now = await answer.json();
  if (now.user !== user || now.run !== run || now.csrf === token) return false;
  token = now.csrf;
  return true;
}

function pack(body) {
  const isBlob = body instanceof Blob;
  const kind = body instanceof File ? "application/octet-stream" : body.type;
  return {
    method: "POST",
    headers: {
      "X-CSRF-Token": token,
      "X-Tab": tab,
      "Content-Type": isBlob ? kind : "application/json",
    },
    body: isBlob ? body : JSON.stringify(body),
  };
}

/** The browser keeps a request until its time is over, unless the clock is stopped. */
async function send(path, options, patience = PATIENCE_MS) {
  const waiting = new AbortController();
  const clock = setTimeout(() => waiting.abort(), patience);
  try {
    return await ask(path, { ...options, signal: waiting.signal });
  } finally {
    clearTimeout(clock);
  }
}

/**
 * Errors say whether there is no session, whether the request itself was refused, and
 * whether it may be the request that the station fails on.
 */
async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(at(path), options);
  } catch {
    throw new Error(t("The station does not answer. Is it still running?"));
  }
  if (!answer.ok) {
    throw Object.assign(new Error(await explain(answer)), {
      status: answer.status,
      isForbidden: FORBIDDEN.includes(answer.status),
      isRefused: REFUSED.includes(answer.status),
      isBreach: answer.headers.has("X-Breach"), // of a rule that a person may override
      isFault: !PASSING.includes(answer.status),
    });
  }
  try {
    return await answer.json();
  } catch {
    throw new Error(t("The answer of the station broke off.")); // it may have done it
  }
}

async function explain(answer) {
  const text = await answer.text().catch(() => "");
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return t(detail);
    return `${detail.map(({ message, values }) => t(message, values)).join("; ")}.`;
  } catch {
    return t(text.trim()) || sayStatus(answer);
  }
}

const sayStatus = ({ status }) => t("The request failed ({status}).", { status });
