// Puts right which fields the page has: asks where that is needed, and sends it as every
// decision is sent.

import { at, get, post, tell } from "/static/api.js";
import { BoxEditor, boxOf, unite } from "/static/boxes.js";
import { onPress } from "/static/keys.js";
import { t } from "/static/language.js";
import { outbox } from "/static/outbox.js";
import { drafts } from "/static/verdicts.js";

const find = (id) => document.getElementById(id);

export class Revisions {
  /**
   * @param {PageSheet} sheet shows the page
   * @param {object} desk gives `page`, `item` and the item `after` it, tells whether an item
   *   `isTaken`, lets fields `vanish`, and is to `reload` a page with a field chosen
   */
  constructor(sheet, desk) {
    Object.assign(this, { sheet, desk });
    this.reading = new Set(); // requests with boxes that have no answer
    this.subject = null; // of the form: the field that was chosen when it was opened
    outbox.addEventListener("refusal", ({ detail }) => this.close(detail.body.request));
    this.editor = new BoxEditor(sheet.paper, {
      draw: (box) => this.send([], [box], t("a new field")),
      change: (item, box) => this.replace(item, { ...box, name: item.name }),
      split: (item, halves) => this.split(item, halves),
      join: (polygon) => {
        const [id] = [...sheet.boxes].find(([, box]) => box.polygon === polygon) ?? [];
        this.join(desk.item, desk.page.items.find((item) => item.id === id));
      },
    });
    this.dialog = find("box");
    this.form = this.dialog.querySelector("form");
    this.form.addEventListener("submit", (event) => this.take(event));
    onPress(find("box-cancel"), () => this.dialog.close());
    this.likes = find("likes");
    onPress(find("likes-cancel"), () => this.likes.close());
  }

  /** Let boxes be changed with the pointer, or no more. */
  toggle() {
    const isOn = !this.editor.isOn;
    find("tools").hidden = !isOn;
    find("boxes").setAttribute("aria-pressed", isOn);
    find("boxes").setAttribute("aria-expanded", isOn);
    if (isOn && this.sheet.turned) this.sheet.straighten();
    this.editor.turn(isOn);
    if (!isOn) return tell("");
    tell(t("Draw a box around a number; drag the edges of the chosen field; Shift-click joins it with another."));
    if (this.desk.page) post("/pages/prepare", { page: this.desk.page.id }).catch(() => {});
  }

  show() {
    find("template").href = at(`/pages/${this.desk.page.id}/template.zip`);
    this.editor.show(this.desk.page, this.desk.item);
  }

  /** The chosen field is none; where there are likes of it, ask about these. */
  async remove() {
    const { id } = this.findField() ?? {};
    if (id === undefined) return;
    const { likes } = await get(`/fields/${id}/likes`).catch(() => ({ likes: [] }));
    const { item } = this.desk; // the page may have been loaded anew meanwhile
    if (item?.id !== id) return;
    if (!likes.length) return this.send([item], [], t("{name} is no field", item));
    this.ask(item, likes);
  }

  ask(item, likes) {
    const pages = new Set(likes.map(({ source, page }) => `${source} ${page}`)).size;
    find("likes-count").textContent = t("At this place, found on other pages too: {count} (pages: {pages})", { count: likes.length, pages });
    find("likes-list").replaceChildren(
      ...likes.map(({ name, value, source, page }) => {
        const line = document.createElement("li");
        line.textContent = `${value || t("no value")} (${name}, ${t("{source}, page {page}", { source, page })})`;
        return line;
      }),
    );
    const decide = (alike) => {
      this.likes.close();
      this.send([item], [], t("{name} is no field", item), alike);
    };
    find("likes-one").onclick = () => decide([]);
    find("likes-all").onclick = () => decide(likes.map(({ id }) => id));
    this.likes.showModal();
  }

  /** Join the chosen field with another. */
  join(item, other = this.desk.after) {
    if (!this.findField() || !other || other === item || other.stands_for_page) return tell(t("There is no field to join it with."));
    const box = { ...unite(boxOf(item), boxOf(other)), name: item.name };
    this.send([item, other], [{ ...box, like: item.id }], t("{name} joined with {other}", { name: item.name, other: other.name }));
  }

  beginSplit() {
    if (!this.findField()) return;
    if (!this.editor.isOn) this.toggle();
    this.editor.isSplitting = true;
    tell(t("Click where the field is to be split."));
  }

  split(item, halves) {
    if (!halves) return tell(t("That is not within the chosen field."));
    const [first, second] = halves;
    const added = [{ ...first, name: item.name, like: item.id }, { ...second, like: item.id }];
    this.send([item], added, t("{name} split", item));
  }

  replace(item, box) {
    this.send([item], [{ ...box, like: item.id }], t("{name} at another place", item));
  }

  /** Give the box by numbers: of a new field, or of the chosen one. */
  openForm() {
    const { page, item } = this.desk;
    if (!page) return;
    const isField = Boolean(item && !item.stands_for_page);
    this.subject = isField ? item.id : null;
    const box = isField ? boxOf(item) : { left: 0, top: 0, width: 100, height: 40 };
    for (const [name, number] of Object.entries(box)) this.form.elements[name].value = number;
    this.form.elements.name.value = isField ? item.name : "";
    find("box-change").disabled = !isField;
    this.dialog.showModal();
  }

  take(event) {
    event.preventDefault();
    const { elements } = this.form;
    const box = { name: elements.name.value.trim() };
    for (const name of ["left", "top", "width", "height"]) box[name] = Number(elements[name].value);
    const item = this.desk.page.items.find(({ id }) => id === this.subject);
    const isNew = event.submitter?.id === "box-new";
    if (isNew && box.name === item?.name) box.name = "";
    this.dialog.close();
    if (isNew) this.send([], [box], t("a new field"));
    else if (item) this.replace(item, box);
    else tell(t("This field is gone."));
  }

  /** Whether a box waits to be read, which is chosen then: Enter is not for another field. */
  get isReading() {
    return this.reading.size > 0;
  }

  close(request) {
    this.reading.delete(request);
    this.editor.cancel();
  }

  findField() {
    const { item } = this.desk;
    if (item && !item.stands_for_page) return item;
    tell(t("This is no field, but the page."));
    return null;
  }

  send(removed, added, what, alike = []) {
    const { page } = this.desk;
    if (removed.some((item) => this.desk.isTaken(item))) return;
    const body = {
      page: page.id,
      removed: removed.map(({ id, decision_id, request }) => ({ field: id, seen: decision_id, after: request ?? null })),
      added,
      alike,
    };
    const label = `${t("{source}, page {page}", page)}: ${what}`;
    for (const { id } of removed) drafts.remove(id);
    this.desk.vanish(removed, added.length > 0);
    if (added.length) this.editor.wait(added[0]);
    tell(added.length ? t("Reading …") : `${what[0].toUpperCase()}${what.slice(1)}. ${t("U takes it back.")}`);
    const about = { label, look: `/pages?page=${page.id}` };
    const request = outbox.add("/revisions", body, about, async (answer) => {
      this.close(request);
      const [first] = answer.added;
      await this.desk.reload(page, first?.id ?? null); // which clears the line
      if (first) tell(t("{name} reads {value}. Enter accepts, U takes the box back.", { name: first.name, value: first.value || t("no value") }));
    });
    if (added.length) this.reading.add(request);
  }
}
