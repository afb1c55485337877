// Takes files that a person drops or chooses, and sends them one after the other: the
// browser reads each from the disk while it is sent, and keeps none in memory.

import { post } from "/static/api.js";
import { t } from "/static/language.js";

const PATIENCE_MS = 3_600_000; // for one file
const AGAIN_MS = 2_000;
const TRIES = 5;
const SHOW_EVERY_MS = 200; // each time that the page is drawn anew, memory is left behind
const HIDDEN = /(^|\/)(\.|Thumbs\.db$|desktop\.ini$)/i; // what systems put into folders

const find = (id) => document.getElementById(id);

/** The files of a drop, with the names of the folders that they lie in. */
async function* walk(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    yield { file, name: entry.fullPath.replace(/^\//, "") };
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const one of entries) yield* walk(one);
  }
}

/** Files that wait to be sent. */
export class Scans extends EventTarget {
  constructor() {
    super();
    this.files = [];
    this.refused = 0;
    const drop = find("drop");
    for (const id of ["files", "folder"]) {
      find(id).addEventListener("change", ({ target }) => this.read(target));
      this.read(find(id)); // what was chosen before this script ran
    }
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => this.take(event));
  }

  /** Take what was chosen in an input, so that it can be chosen again. */
  read(input) {
    const chosen = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
    input.value = "";
    if (chosen.length) this.add(chosen);
  }

  async take(event) {
    event.preventDefault();
    find("drop").classList.remove("over");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const found = [];
    for (const entry of entries) for await (const one of walk(entry)) found.push(one);
    this.add(found);
  }

  add(found) {
    this.files.push(...found.filter(({ name }) => !HIDDEN.test(name)));
    const bytes = this.files.reduce((sum, { file }) => sum + file.size, 0);
    const count = this.files.length;
    const size = megabytes(bytes);
    const said = count === 1 ? t("1 file, {size}", { size }) : t("{count} files, {size}", { count: count.toLocaleString("en"), size });
    find("chosen").textContent = count ? said : "";
    this.dispatchEvent(new Event("change"));
  }

  /** Send all to a run; what the server refuses is listed, and costs no other file. */
  async send(run) {
    const bar = find("sent");
    find("sending").hidden = false;
    let done = 0;
    let shown = -SHOW_EVERY_MS;
    while (this.files.length) {
      const { file, name } = this.files.shift(); // one that is sent is held no more
      if (performance.now() - shown > SHOW_EVERY_MS) {
        shown = performance.now();
        bar.max = done + 1 + this.files.length;
        bar.value = done;
        find("sent-text").textContent = t("{done} of {all}: {name}", { done: done + 1, all: bar.max, name });
      }
      await this.sendOne(run, file, name);
      done += 1;
    }
    bar.max = bar.value = Math.max(1, done);
    find("sent-text").textContent = t("All {count} sent.", { count: done });
  }

  async sendOne(run, file, name) {
    const path = `/api/runs/${encodeURIComponent(run)}/scans?name=${encodeURIComponent(name)}`;
    for (let left = TRIES; ; left -= 1) {
      try {
        await post(path, file, PATIENCE_MS);
        return;
      } catch (error) {
        const isFinal = error.isRefused || error.isFault || error.isForbidden || left === 1;
        if (isFinal) {
          this.refuse(name, error.message);
          return;
        }
        find("sent-text").textContent = `${name}: ${error.message} ${t("Trying again.")}`;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  refuse(name, reason) {
    this.refused += 1;
    const line = document.createElement("li");
    line.textContent = `${name}: ${reason}`;
    find("refusals").append(line);
    find("refused").hidden = false;
  }
}

function megabytes(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}
