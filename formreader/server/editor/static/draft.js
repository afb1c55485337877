// A form as it is edited: its fields, proposals and rules, with all that was before. The
// file is known by what it was when it was opened or saved last.

const TOGETHER_MS = 1000; // changes of one kind, within which one undo takes them all back
const NAME = /[A-Za-z_]\w*(?:\.\w+)*/g; // a field's name in a rule

export class Draft {
  /** @param {object} form as the server describes it */
  constructor(form) {
    this.lastId = 0;
    this.isDirty = false;
    const fields = form.fields.map((one) => this.adopt(one));
    const proposals = form.proposals.map((one) => this.adopt(one));
    const checks = form.checks.map(({ rule }) => ({ id: this.makeId(), rule }));
    this.now = { fields, proposals, checks };
    this.past = [];
    this.future = [];
    this.last = { what: "", at: 0 };
    this.bind(form);
  }

  makeId() {
    this.lastId += 1;
    return this.lastId;
  }

  adopt({ name, page, box, keys, note }) {
    return { id: this.makeId(), name, page, box, keys, note };
  }

  /** Know what of the draft stands in the file, and under which name. */
  bind(form) {
    this.tag = form.tag;
    this.saved = new Map();
    this.proposed = new Map();
    this.savedChecks = new Map();
    const byName = (list) => new Map(list.map((one) => [one.name, one.id]));
    const [fields, proposals] = [byName(this.now.fields), byName(this.now.proposals)];
    for (const { name } of form.fields) if (fields.has(name)) this.saved.set(fields.get(name), name);
    for (const { name } of form.proposals) {
      const id = proposals.get(name) ?? null;
      if (id !== null) this.proposed.set(id, name);
    }
    const left = [...this.now.checks];
    form.checks.forEach(({ rule }, number) => {
      const place = left.findIndex((one) => one.rule === rule);
      if (place >= 0) this.savedChecks.set(left.splice(place, 1)[0].id, number);
    });
  }

  /** What was sent was saved: the file has all of it. */
  keep(form) {
    const there = new Set(form.proposals.map(({ name }) => name));
    this.now = { ...this.now, proposals: this.now.proposals.filter(({ name }) => there.has(name)) };
    this.bind(form);
  }

  /**
   * Change something, so that it can be taken back.
   * @param {string} what names the kind of change, of which those in quick succession are one;
   *   empty for one that stands alone
   */
  change(what, next) {
    const isSame = what && what === this.last.what && performance.now() - this.last.at < TOGETHER_MS;
    if (!isSame || !this.past.length) this.past.push(this.now);
    this.future = [];
    this.now = { ...this.now, ...next };
    this.last = { what, at: performance.now() };
    this.isDirty = true;
  }

  undo() {
    return this.go(this.past, this.future);
  }

  redo() {
    return this.go(this.future, this.past);
  }

  go(from, to) {
    if (!from.length) return false;
    to.push(this.now);
    this.now = from.pop();
    this.last = { what: "", at: 0 };
    this.isDirty = true;
    return true;
  }

  find(id) {
    return this.now.fields.find((one) => one.id === id) ?? this.now.proposals.find((one) => one.id === id);
  }

  isProposal(id) {
    return this.now.proposals.some((one) => one.id === id);
  }

  on(page) {
    return this.now.fields.filter((one) => one.page === page);
  }

  proposalsOn(page) {
    return this.now.proposals.filter((one) => one.page === page);
  }

  /** Change fields, each by what is given for its id. */
  edit(what, changes) {
    const fields = this.now.fields.map((one) => (changes.has(one.id) ? { ...one, ...changes.get(one.id) } : one));
    this.change(what, { fields });
  }

  /** Give a field another name, in the rules as well. */
  rename(id, name) {
    const before = this.find(id).name;
    if (name === before) return;
    const isKnown = this.now.fields.some((one) => one.id !== id && one.name === before);
    const rename = ({ rule, ...rest }) => ({ ...rest, rule: rule.replace(NAME, (word) => (word === before ? name : word)) });
    this.edit("", new Map([[id, { name }]]));
    if (before && !isKnown) this.now = { ...this.now, checks: this.now.checks.map(rename) };
  }

  /** Add fields; a name that is taken gets the next number. */
  add(fields) {
    const taken = new Set([...this.now.fields, ...this.now.proposals].map(({ name }) => name));
    const made = fields.map((one) => {
      const name = findFree(one.name, taken);
      taken.add(name);
      return { keys: {}, note: "", ...one, name, id: this.makeId() };
    });
    this.change("", { fields: [...this.now.fields, ...made] });
    return made;
  }

  /** Take fields away, or drop proposals. */
  remove(ids) {
    const stays = ({ id }) => !ids.has(id);
    this.change("", { fields: this.now.fields.filter(stays), proposals: this.now.proposals.filter(stays) });
  }

  /** Take proposals up as fields. */
  take(ids) {
    const taken = this.now.proposals.filter(({ id }) => ids.has(id));
    const proposals = this.now.proposals.filter(({ id }) => !ids.has(id));
    this.change("", { fields: [...this.now.fields, ...taken], proposals });
  }

  setChecks(checks) {
    this.change("", { checks: checks.map((one) => ({ ...one, id: one.id ?? this.makeId() })) });
  }

  /** What the server is sent. */
  get body() {
    const fields = this.now.fields.map(({ id, name, page, box, keys }) => ({
      name, page, box, keys,
      was: this.saved.get(id) ?? this.proposed.get(id) ?? "",
      is_proposal: !this.saved.has(id) && this.proposed.has(id),
    }));
    const there = new Set([...this.now.fields, ...this.now.proposals].map(({ id }) => id));
    const dropped = [...this.proposed].filter(([id]) => !there.has(id)).map(([, name]) => name);
    const checks = this.now.checks.map(({ id, rule }) => ({ rule, was: this.savedChecks.get(id) ?? null }));
    return { tag: this.tag, fields, checks, dropped };
  }
}

/** The wanted name, or one with the next number that nobody has. */
function findFree(wanted, taken) {
  const stem = wanted.replace(/_?\d+$/, "") || "field";
  let name = wanted;
  for (let number = 1; taken.has(name); number += 1) name = `${stem}_${String(number).padStart(2, "0")}`;
  return name;
}
