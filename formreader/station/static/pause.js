// Keeps what is pressed while an answer is awaited, and does it afterwards, in order.

const PATIENCE_MS = 1500; // then it goes on without the answer

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Pause {
  /** @param {() => void} changed is called when a wait begins or ends */
  constructor(changed) {
    this.changed = changed;
    this.count = 0;
    this.kept = [];
    this.hurry = () => {}; // goes on at once, without the answer
  }

  /** @param {() => void} action @returns {() => void} it, or later */
  hold(action) {
    return () => (this.count ? this.kept.push(action) : action());
  }

  /** Go on with an answer, or with undefined if none comes soon. */
  async during(answer, goOn) {
    let isOver = false;
    const end = (found) => {
      if (isOver) return;
      isOver = true;
      this.count -= 1;
      goOn(found);
      while (!this.count && this.kept.length) this.kept.shift()();
      this.changed();
    };
    this.count += 1;
    this.hurry = end;
    this.changed();
    end(await Promise.race([answer, sleep(PATIENCE_MS)]));
  }

  /** Leave out what was pressed for something else than what came. */
  drop() {
    this.kept = [];
  }
}
