// What a checker puts together for a document, and the decision that hands it in.
import { html, useEffect, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { confirm } from "../ui/dialog.js";
import { Refused } from "../ui/refused.js";
import { ReportStep } from "./report_step.js";
import { MarkedStep } from "./marked_step.js";
import { plural } from "../lib/format.js";
import { NOT_HELD } from "./words.js";

const SAVE_MS = 900;

const shownFigure = (value) => (value === null ? "" : String(value));

/** Empty and wrong are different things: undefined is no number. */
function figure(text) {
  if (!text.trim()) return null;
  const value = Number(text.replace(",", "."));
  return Number.isFinite(value) ? value : undefined;
}

/** `flush` is given the function that saves what is not saved yet. */
export function Work({ check, path, busy, act, flush, noteChars, onDecided }) {
  const [note, setNote] = useState(check.note);
  const [similarity, setSimilarity] = useState(shownFigure(check.observed_similarity));
  const [saved, setSaved] = useState("");
  const [problem, setProblem] = useState(null);
  const dirty = useRef({ note: false, similarity: false });
  const known = useRef(check.note); // what the server has, and what is typed began with
  const area = useRef(null);
  const timer = useRef(null);
  const waits = useRef(false);
  const saving = useRef(null);
  const mine = check.mine;

  /** Put `added` behind what is typed, and leave the caret where it is. */
  const append = (added) => {
    const text = note ? `\n\n${added}` : added;
    area.current?.setRangeText(text, area.current.value.length, area.current.value.length, "preserve");
    setNote((now) => now + text);
  };
  // What the server has is shown, unless it was changed here and is not saved yet. Comments of a
  // marked document, which it adds to the note, are in both.
  useEffect(() => {
    const added = addedTo(known.current, check.note);
    known.current = check.note;
    if (!dirty.current.note) setNote(check.note);
    else if (!note.includes(added)) append(added);
    if (!dirty.current.similarity) setSimilarity(shownFigure(check.observed_similarity));
  }, [check.note, check.observed_similarity]);

  const changes = () => {
    const given = {};
    if (dirty.current.note) given.note = note;
    if (dirty.current.similarity) given.observed_similarity = figure(similarity);
    return given;
  };
  const store = async () => {
    clearTimeout(timer.current);
    const given = changes();
    if (Object.keys(given).length === 0 || !mine) return true;
    // A document that is being read may add to the note: what is typed is saved after it.
    waits.current = busy !== "";
    if (waits.current) return false;
    if (given.observed_similarity === undefined && "observed_similarity" in given) {
      setProblem({ title: "The similarity is no number", message: "Give it in per cent, such as 12.5, or leave it empty." });
      return false;
    }
    setSaved("Saving…");
    const before = known.current;
    try {
      dirty.current = { note: false, similarity: false };
      known.current = given.note ?? before;
      await act("save", () => api.patch(path, given));
      setSaved("Saved");
      setProblem(null);
      return true;
    } catch (error) {
      dirty.current = { note: dirty.current.note || "note" in given, similarity: dirty.current.similarity || "observed_similarity" in given };
      known.current = before;
      setSaved("");
      setProblem(untold(error));
      return false;
    }
  };
  const newest = useRef(store);
  newest.current = store;
  /** One after the other, each what is there by then; whether all of it is with the server. */
  const save = async () => {
    while (saving.current) if (!(await saving.current)) return false;
    saving.current = newest.current();
    try {
      return await saving.current;
    } finally {
      saving.current = null;
    }
  };
  const latest = useRef(save);
  latest.current = save;
  flush.current = save;
  const later = () => {
    setSaved("");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(), SAVE_MS);
  };
  useEffect(() => {
    if (!busy && waits.current) later();
  }, [busy]);
  // What could not be saved while the document was not held is saved once it is again.
  useEffect(() => {
    if (mine) latest.current();
  }, [mine]);

  const decide = async (kind) => {
    if (!(await save())) return;
    const sure = await confirm(kind === "accept" ? ACCEPT : sendBack(check));
    if (!sure) return;
    setProblem(null);
    try {
      onDecided(await act(kind, () => api.post(`${path}/${kind}`, { note })));
    } catch (error) {
      setProblem(untold(error));
    }
  };

  if (!mine && !check.readable && !check.outcome && !dirty.current.note) return null;
  if (check.outcome && !check.history.length) return null;
  const locked = !mine;
  return html`<div class="work" aria-busy=${busy ? "true" : "false"}>
    ${check.readable && html`<section class="work-card" aria-labelledby="take"><h2 id="take">Take it along</h2>
      <p>Check the file with your similarity service. In the same file, highlight what is to be revised, and comment where it needs words.</p>
      <a class="button" href=${`${path}/download`} download><${Icon} name="download" /> Download DOCX</a></section>`}
    <${ReportStep} check=${check} path=${path} act=${act} busy=${busy} locked=${locked}
      similarity=${similarity}
      onSimilarity=${(text) => { dirty.current.similarity = true; setSimilarity(text); later(); }}
      onBlur=${() => latest.current()} />
    <${MarkedStep} check=${check} path=${path} act=${act} busy=${busy} locked=${locked} />
    ${(mine || note) && html`<section class="work-card" aria-labelledby="note-head"><h2 id="note-head">Note</h2>
      <div class="field"><label for="note">For the owner and the revision${check.outcome ? "" : html` <span class="faint">(optional)</span>`}</label>
        <textarea id="note" ref=${area} rows="4" maxlength=${noteChars} value=${note} readonly=${locked} onInput=${(event) => { dirty.current.note = true; setNote(event.target.value); later(); }} onBlur=${() => latest.current()}></textarea>
        <span class="hint" role="status">${!mine && dirty.current.note ? "Not saved yet: claim the document again to save it." : mine ? saved : ""}</span></div></section>`}
    ${mine && html`<section class="work-card decide" aria-labelledby="decide"><h2 id="decide">Decide</h2>
      <p>Both hand in everything above, once. The owner sees your name, your note and the similarity.</p>
      ${problem && html`<${Refused} problem=${problem} title="That did not work" />`}
      <div class="decide-actions">
        <button type="button" class="button primary" disabled=${busy !== ""} onClick=${() => decide("accept")}><${Icon} name="check" /> Accept</button>
        <button type="button" class="button" disabled=${busy !== ""} onClick=${() => decide("reject")}><${Icon} name="rotate-ccw" /> Send back</button>
      </div></section>`}
    ${!mine && problem && html`<${Refused} problem=${problem} title="That was not saved" />`}
  </div>`;
}

/** The new end of a note that begins as it did; empty if it is another one. */
const addedTo = (before, after) => (after.startsWith(before) ? after.slice(before.length).trimStart() : "");

const untold = (error) => (NOT_HELD.includes(error.code) ? null : error);

const ACCEPT = {
  title: "Accept the document?",
  text: "Its run goes on with the document as it is. This cannot be taken back.",
  action: "Accept",
};

function sendBack(check) {
  const marked = check.marked.length;
  const what = marked ? `the ${plural(marked, "marked passage")} and what your note says` : "what your note and the report say";
  return { title: "Send the document back?", text: `The run revises ${what}. This cannot be taken back.`, action: "Send back" };
}
