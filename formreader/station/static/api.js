// Talks to the station. Every failure becomes one line for the person at the screen.

const token = document.querySelector('meta[name="csrf"]').content;
const notice = document.getElementById("notice");

/** Show what went wrong, or hide the line when there is nothing to say. */
export function tell(text) {
  notice.textContent = text;
  notice.hidden = !text;
}

/** Send JSON, or a Blob as it is; give back the JSON of the answer. */
export async function post(path, body) {
  return send(path, pack(body));
}

/** Send JSON while the page goes away; there is nobody left to hear the answer. */
export function leave(path, body) {
  fetch(path, { ...pack(body), keepalive: true }).catch(() => {});
}

function pack(body) {
  const isBlob = body instanceof Blob;
  return {
    method: "POST",
    headers: {
      "X-CSRF-Token": token,
      "Content-Type": isBlob ? body.type : "application/json",
    },
    body: isBlob ? body : JSON.stringify(body),
  };
}

/** Ask for JSON. */
export async function get(path) {
  return send(path, {});
}

async function send(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    const lost = new Error("The station does not answer. Is it still running?");
    throw Object.assign(lost, { isLost: true }); // it may answer later
  }
  if (!answer.ok) {
    throw new Error(await explain(answer));
  }
  return answer.json();
}

async function explain(answer) {
  const text = await answer.text();
  try {
    const { detail } = JSON.parse(text);
    return typeof detail === "string" ? detail : `The request failed (${answer.status}).`;
  } catch {
    return text.trim() || `The request failed (${answer.status}).`;
  }
}
