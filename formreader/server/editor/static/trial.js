// The form as it is now, saved or not, read on up to three pages; what was read stands beside.

import { post } from "/static/api.js";
import { t } from "/static/language.js";
import { sendFile } from "/static/editor/sending.js";

const PATIENCE_MS = 240_000;

export class Trial {
  /**
   * @param {{input: HTMLInputElement, table: HTMLElement, status: HTMLElement}} parts
   * @param {string} path of the form
   * @param {(name: string) => void} pick is told which field was clicked
   */
  constructor({ input, table, status }, path, pick) {
    Object.assign(this, { input, table, status, path, pick });
    this.isBusy = false;
  }

  /** Read the pages with a draft, one after the other. */
  async run(body) {
    const files = [...this.input.files].slice(0, Number(this.input.dataset.most));
    if (this.isBusy) return;
    if (!files.length) {
      this.status.textContent = t("Choose up to three filled pages first.");
      return;
    }
    this.isBusy = true;
    const columns = [];
    try {
      for (const file of files) {
        this.status.textContent = t("Reading {name} …", { name: file.name });
        columns.push(...(await this.read(file, body)));
        this.show(columns);
      }
      this.status.textContent = summarize(columns);
      await Promise.all([...this.table.querySelectorAll("canvas")].map(({ drawn }) => drawn));
      this.table.scrollIntoView({ block: "nearest" });
    } finally {
      this.isBusy = false;
    }
  }

  async read(file, body) {
    try {
      const draft = { draft: body, file: await sendFile(file) };
      const answer = await post(`${this.path}/trial`, draft, PATIENCE_MS);
      const isOne = answer.pages.length === 1;
      return answer.pages.map((page) => ({ ...page, title: isOne ? file.name : t("{source}, page {page}", { source: file.name, page: page.page }) }));
    } catch (error) {
      return [{ title: file.name, problem: error.message, fields: [], warnings: [] }];
    }
  }

  show(columns) {
    const names = [...new Set(columns.flatMap(({ fields }) => fields.map(({ name }) => name)))];
    const head = row("th", [t("Field"), ...columns.map(({ title }) => title)]);
    for (const cell of head.cells) cell.scope = "col";
    const rows = names.map((name) => {
      const line = row("td", ["", ...columns.map(({ fields }) => tellValue(fields, name))]);
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.addEventListener("click", () => this.pick(name));
      line.cells[0].append(button);
      columns.forEach(({ fields }, place) => {
        const found = fields.find((one) => one.name === name);
        if (!found) return;
        if (found.crop) line.cells[place + 1].prepend(makePicture(found.crop));
        line.cells[place + 1].dataset.doubt = found.needs_review ? "yes" : "no";
        line.cells[place + 1].title = `${t("{share} certain", { share: `${Math.floor(100 * found.confidence)} %` })} ${found.flags.join(" ")}`;
      });
      return line;
    });
    const body = document.createElement("tbody");
    body.append(...rows);
    const top = document.createElement("thead");
    top.append(head);
    this.table.replaceChildren(top, body);
  }
}

/** The field as it stands on its page, drawn here: pages show no picture of another place. */
function makePicture(crop) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 0, height: 0 });
  const bytes = Uint8Array.from(atob(crop), (letter) => letter.charCodeAt(0));
  canvas.drawn = createImageBitmap(new Blob([bytes], { type: "image/jpeg" })).then((picture) => {
    Object.assign(canvas, { width: picture.width, height: picture.height });
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
  }, () => canvas.remove());
  return canvas;
}

function tellValue(fields, name) {
  const found = fields.find((one) => one.name === name);
  if (!found) return "";
  return `${found.value || "—"}${found.needs_review ? " ?" : ""}`;
}

function summarize(columns) {
  const problems = columns.filter(({ problem }) => problem).map(({ title, problem }) => `${title}: ${problem}`);
  const fields = columns.flatMap((column) => column.fields);
  const open = fields.filter(({ needs_review: isOpen }) => isOpen).length;
  const warnings = columns.flatMap((column) => column.warnings);
  const counts = fields.length ? [t("{count} fields read, {open} of them for review (?).", { count: fields.length, open })] : [];
  return [...counts, ...problems, ...new Set(warnings)].join(" ");
}

function row(kind, texts) {
  const line = document.createElement("tr");
  line.append(...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })));
  return line;
}
