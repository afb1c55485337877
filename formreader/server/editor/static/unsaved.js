// What is not saved yet outlives a reload of the page, as long as the file stays the same.

export class Unsaved {
  /** @param {string} path of the form */
  constructor(path) {
    this.key = `formreader-unsaved ${path}`;
  }

  keep({ isDirty, tag, now, lastId }) {
    if (!isDirty) return this.forget();
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ tag, now, lastId }));
    } catch {
      // There is no room: what is not saved is lost with the page, as the browser warns.
    }
  }

  forget() {
    sessionStorage.removeItem(this.key);
  }

  /** Put it into a draft that was just opened, which numbers its fields as before. */
  restore(draft) {
    const kept = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    if (kept?.tag !== draft.tag) return false;
    draft.change("", kept.now);
    draft.lastId = Math.max(draft.lastId, kept.lastId);
    return true;
  }
}
