// Files on their way into the library: upload with progress, then follow how they are read.
import * as api from "../lib/api.js";
import { bytes, plural } from "../lib/format.js";

const POLL_MS = 1000;
const SLOW_POLL_MS = 3000; // of a batch of more than a few
const FEW = 10;
const BATCH = 4; // from so many files on one line tells how far they are
const TOGETHER = 100; // files that one request asks for
const SETTLED = new Set(["ready", "failed"]);
const NO_TEXT = new Set(["failed", "refused", "imported"]);

/** One file of the composer. `state`: uploading | queued | parsing | embedding | ready | failed | refused */
export function fromApi(file) {
  return {
    key: file.id,
    id: file.id,
    name: file.file_name,
    size: file.size_bytes,
    state: file.status,
    progress: file.progress ?? 0,
    error: file.error ?? "",
    pages: file.pages,
    pagesRead: file.pages_read ?? 0,
    passages: file.passages_count,
  };
}

/** What a bibliography brought: its references are sources of the library, and it is no file. */
function fromImport(answer) {
  const said = [
    answer.added ? `${plural(answer.added, "reference")} added to your library` : "",
    answer.updated ? `${answer.updated} brought up to date` : "",
    answer.known ? `${answer.known} already there` : "",
    answer.problems.length ? `${answer.problems.length} could not be read: ${answer.problems[0].key || `line ${answer.problems[0].line}`}. ${answer.problems[0].message}` : "",
  ].filter(Boolean);
  return { state: "imported", said: said.join(", ") || "It holds no references." };
}

export function statusLine(file) {
  switch (file.state) {
    case "imported":
      return file.said;
    case "uploading":
      return `Uploading ${Math.round(file.progress * 100)} % of ${bytes(file.size)}`;
    case "queued":
      return "Waiting to be read";
    case "parsing":
      return file.pages && file.pagesRead ? `Read ${file.pagesRead} of ${plural(file.pages, "page")}` : "Reading the pages";
    case "embedding":
      return file.progress > 0 ? `Indexing ${Math.round(file.progress * 100)} %` : "Indexing";
    case "ready":
      return [file.pages ? plural(file.pages, "page") : "", file.passages ? plural(file.passages, "passage") : ""].filter(Boolean).join(", ") || "Ready";
    default:
      return file.error || "This file could not be read.";
  }
}

export class Uploads {
  #files = [];
  #timer = null;
  #added = new Set();

  constructor({ files = [], maxBytes, onChange }) {
    this.#files = files.map(fromApi);
    this.maxBytes = maxBytes;
    this.onChange = onChange;
    this.#follow();
  }

  get files() {
    return this.#files;
  }

  /** Ids to send with a message: everything that was stored. Of files that cannot be read too, or
   * a run would turn to the whole library where it should say why it has nothing to read. */
  get ids() {
    return this.#files.filter((file) => file.id).map((file) => file.id);
  }

  /** How many files a message sent now can draw on, those that are still being read included. */
  get usable() {
    return this.#files.filter((file) => !NO_TEXT.has(file.state)).length;
  }

  get unreadable() {
    return this.#files.filter((file) => file.state === "failed" || file.state === "refused").length;
  }

  /** How far a batch is in one line; empty for a few files, and once all are through. */
  get summary() {
    const settled = this.#files.filter((file) => SETTLED.has(file.state) || NO_TEXT.has(file.state));
    if (this.#files.length < BATCH || settled.length === this.#files.length) return "";
    const read = settled.length - this.unreadable;
    return `${read} of ${plural(this.#files.length, "file")} read${this.unreadable ? `, ${this.unreadable} cannot be` : ""}`;
  }

  /** How many sources this page has added to the library. */
  get added() {
    return this.#added.size;
  }

  get uploading() {
    return this.#files.some((file) => file.state === "uploading");
  }

  add(list) {
    for (const file of list) {
      const entry = { key: api.newKey(), id: null, name: file.name, size: file.size, state: "uploading", progress: 0, error: "" };
      this.#files = [...this.#files, entry];
      const refusal = this.#refuse(file);
      if (refusal) this.#set(entry.key, { state: "refused", error: refusal });
      else this.#send(entry.key, file);
    }
    this.onChange();
  }

  remove(key) {
    this.#files.find((file) => file.key === key)?.abort?.();
    this.#files = this.#files.filter((file) => file.key !== key);
    this.onChange();
  }

  close() {
    clearTimeout(this.#timer);
  }

  #refuse(file) {
    if (file.size === 0) return "This file is empty (0 bytes). Choose it again or take another one.";
    if (this.maxBytes && file.size > this.maxBytes) {
      return `This file has ${bytes(file.size)}; at most ${bytes(this.maxBytes)} are accepted. Split it or leave out what is not needed.`;
    }
    return "";
  }

  async #send(key, file) {
    const sending = api.upload("/api/files", file, {
      onProgress: (progress) => this.#set(key, { progress }),
    });
    this.#set(key, { abort: sending.abort });
    try {
      const answer = await sending.done;
      if (answer.imported?.length) return this.#set(key, { ...fromImport(answer.imported[0]), abort: undefined });
      const known = fromApi(answer.files[0]);
      // The same bytes dropped twice are one file.
      this.#files = this.#files.filter((other) => other.key === key || other.id !== known.id);
      this.#set(key, { ...known, key, abort: undefined });
      this.#follow();
    } catch (error) {
      if (error.code !== "aborted") this.#set(key, { state: "refused", error: error.message, abort: undefined });
    }
  }

  #set(key, change) {
    this.#files = this.#files.map((file) => (file.key === key ? { ...file, ...change } : file));
    this.onChange();
  }

  #follow() {
    clearTimeout(this.#timer);
    const open = this.#files.filter((file) => file.id && !SETTLED.has(file.state));
    if (!open.length) return;
    this.#timer = setTimeout(async () => {
      for (let start = 0; start < open.length; start += TOGETHER) await this.#ask(open.slice(start, start + TOGETHER));
      this.#follow();
    }, open.length > FEW ? SLOW_POLL_MS : POLL_MS);
  }

  /** How far these files are, with one request for all. */
  async #ask(files) {
    let answer;
    try {
      answer = await api.get(`/api/files?limit=${TOGETHER}&${files.map((file) => `ids=${file.id}`).join("&")}`);
    } catch {
      return; // asked again
    }
    const found = new Map(answer.items.map((each) => [each.id, fromApi(each)]));
    for (const file of files) {
      const known = found.get(file.id);
      if (!known) this.remove(file.key); // deleted in another tab
      else {
        if (known.state === "ready") this.#added.add(known.id);
        this.#set(file.key, { ...known, key: file.key });
      }
    }
  }
}
