// A shelf of this browser: what is put there outlives the page and is seen by all tabs.
// Where the browser keeps nothing for pages, it is kept by the page alone.

export class Shelf {
  /** @param {string} prefix of the keys, which no other shelf has */
  constructor(prefix) {
    this.prefix = prefix;
    this.loose = new Map(); // what the browser would not keep
  }

  /** Everything, ordered by key. */
  get all() {
    return this.keys.map((key) => this.get(key)).filter(Boolean);
  }

  get keys() {
    const kept = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.prefix)) kept.push(key.slice(this.prefix.length));
      }
    } catch {} // the browser keeps nothing
    return [...kept, ...this.loose.keys()].sort();
  }

  get(key) {
    if (this.loose.has(key)) return this.loose.get(key);
    try {
      return JSON.parse(localStorage.getItem(this.prefix + key));
    } catch {
      return null;
    }
  }

  put(key, value) {
    try {
      localStorage.setItem(this.prefix + key, JSON.stringify(value));
    } catch {
      this.loose.set(key, value);
    }
  }

  remove(key) {
    this.loose.delete(key);
    try {
      localStorage.removeItem(this.prefix + key);
    } catch {} // it was never kept
  }
}
