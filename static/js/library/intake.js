// Many files on their way into the library: a few at a time, told of in one line.
import * as api from "../lib/api.js";
import { bytes } from "../lib/format.js";

const AT_ONCE = 3;

/** `onStored` hears of each file or import that the library has taken in. */
export class Intake {
  #waiting = [];
  #going = new Map();
  total = 0;
  stored = 0;
  known = 0;
  imported = 0;
  refused = [];

  constructor({ maxBytes, onChange, onStored }) {
    this.maxBytes = maxBytes;
    this.onChange = onChange;
    this.onStored = onStored;
  }

  get open() {
    return this.#waiting.length + this.#going.size;
  }

  /** 0 to 1 over everything that was dropped, by count with the running uploads in part. */
  get progress() {
    const parts = [...this.#going.values()].reduce((sum, { progress }) => sum + progress, 0);
    return this.total ? (this.total - this.open + parts) / this.total : 1;
  }

  add(files) {
    if (!this.open) this.clear();
    for (const file of files) {
      this.total += 1;
      const refusal = this.#refusal(file);
      if (refusal) this.refused.push({ name: file.name, reason: refusal });
      else this.#waiting.push(file);
    }
    this.#next();
    this.onChange();
  }

  stop() {
    this.total -= this.#waiting.length;
    this.#waiting = [];
    for (const { abort } of this.#going.values()) abort();
    this.onChange();
  }

  clear() {
    this.total = this.stored = this.known = this.imported = 0;
    this.refused = [];
    this.onChange();
  }

  #refusal(file) {
    if (file.size === 0) return "It is empty (0 bytes).";
    if (this.maxBytes && file.size > this.maxBytes) return `It has ${bytes(file.size)}; at most ${bytes(this.maxBytes)} are accepted.`;
    return "";
  }

  #next() {
    while (this.#going.size < AT_ONCE && this.#waiting.length) this.#send(this.#waiting.shift());
  }

  async #send(file) {
    const state = { progress: 0, abort: () => {} };
    this.#going.set(file, state);
    const sending = api.upload("/api/files", file, {
      onProgress: (progress) => {
        state.progress = progress;
        this.onChange();
      },
    });
    state.abort = sending.abort;
    try {
      const answer = await sending.done;
      this.stored += answer.files.length;
      for (const references of answer.imported ?? []) this.#imported(references);
      this.onStored();
    } catch (error) {
      if (error.code === "aborted") this.total -= 1;
      else this.refused.push({ name: file.name, reason: error.message });
    }
    this.#going.delete(file);
    this.#next();
    this.onChange();
  }

  /** A file of references is no source: what it lists are. */
  #imported({ file_name: name, added, updated, known, problems }) {
    this.imported += added + updated;
    this.known += known;
    for (const { key, line, message } of problems) this.refused.push({ name: `${name}${key ? `, ${key}` : line ? `, line ${line}` : ""}`, reason: message });
  }
}
