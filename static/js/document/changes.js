// A draft of the person's own with every proposed change in it, to accept or reject.
import { html, memo, useEffect, useMemo, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count, plural } from "../lib/format.js";
import * as api from "../lib/api.js";
import { confirm } from "../ui/dialog.js";
import { toastError } from "../ui/toast.js";
import { Came, Gone } from "./diff.js";
import { useChanges } from "./changes_state.js";

const KINDS = { grammar: "Grammar", clarity: "Clarity", concision: "Concision", tone: "Tone" };
const SHOWN = { undecided: "to decide", accepted: "accepted", rejected: "rejected" };

export function ChangesPanel({ runId, artifactId, busy, onKept, onClose }) {
  const found = useChanges(runId, artifactId);
  const { about, blocks, changes, decide } = found;
  const [at, setAt] = useState(null); // number of the change that is looked at
  const [chosenTab, setTab] = useState(null);
  const [pointed, setPointed] = useState(null); // id of the block that a remark led to
  const [keeping, setKeeping] = useState(false);
  const panel = useRef(null);
  const tabs = about ? tabsOf(about) : [];
  // What there is to look at first: changes, else what is worth a look, else what was left alone.
  const tab = chosenTab ?? tabs[0]?.name ?? "text";
  const first = useRef(null);
  useEffect(() => first.current?.focus(), []);

  const goTo = (number, focus = true) => {
    setAt(number);
    requestAnimationFrame(() => {
      const element = panel.current?.querySelector(`[data-change="${number}"]`);
      bring(panel.current, element);
      if (focus) element?.focus({ preventScroll: true });
    });
  };
  const step = (by) => {
    if (!changes.length) return;
    const place = changes.findIndex((one) => one.number === at);
    const next = place < 0 ? (by > 0 ? 0 : changes.length - 1) : Math.min(Math.max(place + by, 0), changes.length - 1);
    if (next === changes.length - 1 && by > 0) found.more();
    goTo(changes[next].number);
  };
  const say = (decision, number) => {
    decide(decision, [number]);
    if (decision === "undecided") return;
    const place = changes.findIndex((one) => one.number === number);
    const open = [...changes.slice(place + 1), ...changes.slice(0, place)].find((one) => one.decision === "undecided");
    if (open) goTo(open.number);
  };
  const all = async (decision, title, text, action) => {
    if (await confirm({ title, text, action })) decide(decision, null);
  };
  const keep = async () => {
    setKeeping(true);
    try {
      onKept(await api.post(`/api/v2/runs/${runId}/rewriting/${artifactId}/keep`));
    } catch (problem) {
      toastError(problem);
    } finally {
      setKeeping(false);
    }
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const key = event.key.toLowerCase();
    const act = { j: () => step(1), k: () => step(-1), a: () => at && say("accepted", at), r: () => at && say("rejected", at), u: () => at && say("undecided", at) }[key];
    if (!act || tab !== "text") return;
    event.preventDefault();
    act();
  };
  const total = about ? totalOf(about) : 0;
  const show = (place) => {
    setTab("text");
    setPointed(place.block);
    requestAnimationFrame(() => {
      const element = panel.current?.querySelector(`[data-block="${place.block}"]`);
      bring(panel.current, element);
      element?.classList.add("flash");
      setTimeout(() => element?.classList.remove("flash"), 1600);
    });
  };
  return html`<div class="checks-panel changes-panel" role="region" aria-label="Changes to your draft" ref=${panel} onKeyDown=${onKeyDown} aria-busy=${found.loading ? "true" : "false"}>
    <header><div><h2 tabindex="-1" ref=${first}>${about && !total ? "Nothing was found to change" : "Changes to your draft"}</h2>
      ${total > 0 && html`<p class="faint" role="status">${plural(total, "change")}: ${Object.entries(SHOWN).filter(([name]) => about.counts[name]).map(([name, word]) => `${count(about.counts[name])} ${word}`).join(", ")}</p>`}</div>
      <button type="button" class="button quiet" onClick=${onClose}><${Icon} name="file-text" /> Show the document</button></header>
    ${found.error && html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>The changes cannot be shown</strong><span>${found.error.message}</span>
      <span><button type="button" class="button" onClick=${found.reload}><${Icon} name="repeat" /> Try again</button></span></div></div>`}
    ${!about && found.loading && html`<p class="faint" role="status">Loading the changes</p>`}
    ${(about?.outcome || about?.notice) && html`<p class="notice" role=${about.outcome ? "status" : null}><${Icon} name="info" /><span>${about.outcome || about.notice}</span></p>`}
    ${tabs.length > 0 && html`<div class="changes-bar">
      <div class="chips" role="group" aria-label="What to look at">
        ${tabs.map(({ name, label, n }) => html`<button key=${name} type="button" class="chip" aria-pressed=${tab === name ? "true" : "false"} onClick=${() => setTab(name)}>${label} <span>${count(n)}</span></button>`)}
      </div>
      ${tab === "text" && total > 0 && html`<div class="changes-all">
        <button type="button" class="link-button" onClick=${() => all("accepted", "Accept every change?", `All ${count(total)} changes are accepted, those you rejected too. You can take each back.`, "Accept all")}><${Icon} name="check" /> Accept all</button>
        <button type="button" class="link-button" onClick=${() => all("rejected", "Reject every change?", `All ${count(total)} changes are rejected, those you accepted too. You can take each back.`, "Reject all")}><${Icon} name="x" /> Reject all</button>
        ${total > about.counts.undecided && html`<button type="button" class="link-button" onClick=${() => all("undecided", "Start over?", "No change is accepted or rejected any more.", "Start over")}><${Icon} name="rotate-ccw" /> Start over</button>`}
        <button type="button" class="button keep-changes" disabled=${keeping || busy || !about.counts.accepted} title=${busy ? "The run is still at work" : about.counts.accepted ? null : "Nothing is accepted yet"} onClick=${keep}><${Icon} name="save" /> Keep as a version</button>
      </div>`}
    </div>`}
    ${tab === "text" && total > 0 && html`<p class="faint changes-keys"><kbd>J</kbd> <kbd>K</kbd> next and previous, <kbd>A</kbd> accept, <kbd>R</kbd> reject, <kbd>U</kbd> take back</p>`}
    ${tab === "text" && about && (total > 0 || chosenTab) && html`<${Draft} blocks=${blocks} at=${at} pointed=${pointed} onPick=${goTo} onSay=${say} />`}
    ${tab === "text" && found.next !== null && about && (total > 0 || chosenTab) && html`<button type="button" class="button" disabled=${found.loading} onClick=${found.more}>${found.loading ? "Loading…" : "Show more of the draft"}</button>`}
    ${tab === "left" && about && html`<${Places} rows=${about.left} render=${(row) => html`<blockquote class="claim">${row.text}</blockquote><p class="faint">A change of it was not made, because ${row.reason}.</p>`} onShow=${show} />`}
    ${tab === "remarks" && about && html`<${Places} rows=${about.remarks} render=${(row) => html`<p>${row.message}</p>${wordsOf(blocks, row) && html`<blockquote class="claim">${wordsOf(blocks, row)}</blockquote>`}`} onShow=${show} />
      ${about.reading.length > 0 && html`<ul class="faint draft-reading">${about.reading.map((text) => html`<li key=${text}>${text}</li>`)}</ul>`}`}
  </div>`;
}

/** Scroll the panel alone, and only where the element does not stand well in it already. */
function bring(panel, element) {
  if (!element) return;
  const here = element.getBoundingClientRect();
  const frame = panel.getBoundingClientRect();
  const bar = panel.querySelector(".changes-bar")?.offsetHeight ?? 0;
  if (here.top > frame.top + bar + 24 && here.bottom < frame.bottom - frame.height / 3) return;
  panel.scrollTo({ top: panel.scrollTop + here.top - frame.top - bar - (frame.height - bar) / 3 });
}

const totalOf = ({ counts }) => counts.undecided + counts.accepted + counts.rejected;

/** What there is to look at, the most important first; nothing is offered that is empty. */
function tabsOf(about) {
  return [
    { name: "text", label: "Changes", n: totalOf(about) },
    { name: "remarks", label: "Worth a look", n: about.remarks.length },
    { name: "left", label: "Not changed", n: about.left.length },
  ].filter(({ n }) => n > 0);
}

function wordsOf(blocks, place) {
  const text = blocks.find((block) => block.id === place.block)?.text.slice(place.start, place.end) ?? "";
  return text.length > 240 ? `${text.slice(0, 240).replace(/\s+\S*$/, "")} …` : text;
}

function Places({ rows, render, onShow }) {
  return html`<ol class="claims">${rows.map((row, index) => html`<li key=${index}><article class="claim-card card">${render(row)}
    <div class="claim-actions"><button type="button" class="link-button" onClick=${() => onShow(row)}><${Icon} name="scan-text" /> Show in the text</button></div></article></li>`)}</ol>`;
}

// -- the draft with its changes; paragraphs without any are folded

const NEAR = 1; // paragraphs that stay beside a changed one

function Draft({ blocks, at, pointed, onPick, onSay }) {
  const [open, setOpen] = useState(new Set());
  const groups = useMemo(() => grouped(blocks), [blocks]);
  return html`<div class="draft-text">${groups.map((group) =>
    group.folded && !open.has(group.key) && !group.blocks.some((block) => block.id === pointed)
      ? html`<button key=${group.key} type="button" class="fold fold-blocks" onClick=${() => setOpen(new Set([...open, group.key]))}>${plural(group.blocks.length, "paragraph")} without changes</button>`
      : group.blocks.map((block) => html`<${Block} key=${block.id} block=${block} at=${block.changes.some((one) => one.number === at) ? at : null} onPick=${onPick} onSay=${onSay} />`))}</div>`;
}

const stays = (block) => block.changes.length > 0 || block.kind === "heading" || block.kind === "title";

/** Runs of paragraphs that nobody needs to see now, and the others one by one. */
function grouped(blocks) {
  const groups = [];
  blocks.forEach((block, place) => {
    const near = blocks.slice(Math.max(0, place - NEAR), place + NEAR + 1).some((one) => one.changes.length > 0);
    const folded = !stays(block) && !near;
    const last = groups.at(-1);
    if (folded && last?.folded) last.blocks.push(block);
    else groups.push({ key: block.id, folded, blocks: [block] });
  });
  // One paragraph alone is as short as the line that would stand for it.
  return groups.map((group) => (group.folded && group.blocks.length === 1 ? { ...group, folded: false } : group));
}

const Block = memo(function Block({ block, at, onPick, onSay }) {
  const chosen = block.changes.find((one) => one.number === at);
  const level = block.kind === "heading" ? Math.min(block.level + 2, 6) : 0;
  const body = inline(block, at, onPick);
  return html`<div class="draft-block" data-kind=${block.kind} data-block=${block.id} data-level=${block.level} dir=${block.right_to_left ? "rtl" : "auto"}>
    ${level ? html`<div role="heading" aria-level=${level} class="draft-heading">${body}</div>` : html`<p>${body}</p>`}
    ${chosen && html`<${ChangeCard} key=${chosen.number} change=${chosen} onSay=${onSay} />`}
  </div>`;
});

const NOTE = { footnote: (label) => label, endnote: (label) => `e${label}`, image: () => "image" };

/** The text of a block as pieces: plain words, changes in their places, notes where they stand. */
function inline(block, at, onPick) {
  const marks = block.marks.filter((mark) => NOTE[mark.kind]).map((mark) => ({ ...mark }));
  const out = [];
  let place = 0;
  const plain = (end) => {
    while (marks.length && marks[0].at <= end) {
      const mark = marks.shift();
      if (mark.at > place) out.push(block.text.slice(place, mark.at));
      place = Math.max(place, mark.at);
      out.push(html`<sup class="draft-note" title=${mark.kind}>${NOTE[mark.kind](mark.label)}</sup>`);
    }
    if (end > place) out.push(block.text.slice(place, end));
    place = Math.max(place, end);
  };
  for (const change of block.changes) {
    const [from, to] = spanOf(change, block.text);
    plain(from);
    out.push(html`<${Change} key=${change.number} change=${change} text=${block.text} from=${from} to=${to} current=${change.number === at} onPick=${onPick} />`);
    while (marks.length && marks[0].at < to) {
      const mark = marks.shift();
      out.push(html`<sup class="draft-note" title=${mark.kind}>${NOTE[mark.kind](mark.label)}</sup>`);
    }
    place = to;
  }
  plain(block.text.length);
  return out;
}

/** From the first letter that changes to the last: what stays around them is plain text. */
function spanOf(change) {
  return [change.edits[0][0], change.edits.at(-1)[1]];
}

const Change = memo(function Change({ change, text, from, to, current, onPick }) {
  const parts = [];
  let place = from;
  for (const [start, end, after] of change.edits) {
    if (start > place) parts.push(html`<span>${text.slice(place, start)}</span>`);
    const gone = text.slice(start, end);
    if (change.decision === "undecided") {
      if (gone) parts.push(html`<${Gone} text=${shown(gone)} />`);
      if (after) parts.push(html`<${Came} text=${shown(after)} />`);
    } else {
      parts.push(html`<span>${change.decision === "accepted" ? after : gone}</span>`);
    }
    place = end;
  }
  if (to > place) parts.push(html`<span>${text.slice(place, to)}</span>`);
  const label = `Change ${change.number}, ${SHOWN[change.decision]}: “${change.before}” becomes “${change.after}”. ${change.reason}`;
  return html`<span role="button" tabindex="0" class="change" data-change=${change.number} data-decision=${change.decision} aria-current=${current ? "true" : null} aria-label=${label}
    onClick=${() => onPick(change.number)} onKeyDown=${(event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); onPick(change.number); } }}>${parts}${change.decision !== "undecided" && html`<${Icon} name=${change.decision === "accepted" ? "check" : "x"} />`}</span>`;
});

/** A change of spaces alone can be seen too. */
const shown = (text) => (text.trim() ? text : text.replaceAll(" ", "␣").replaceAll("\u00a0", "␣"));

function ChangeCard({ change, onSay }) {
  const { checks } = change;
  const far = checks.nearness !== null && checks.nearness < 0.75;
  return html`<aside class="change-card card" aria-label=${`About change ${change.number}`}>
    <p><span class="badge">${KINDS[change.kind] ?? change.kind}</span> ${change.reason} <span class="faint">${change.author === "model" ? (change.simulated ? "Proposed by a simulated model." : "Proposed by a language model.") : "By rule."}</span></p>
    <p class="faint change-checks"><${Icon} name="shield-check" /> <span>Compared and unchanged: ${checks.passed.join(", ")}.${checks.retried ? " This is the second try: the first one had failed." : ""}${far ? " It reads rather differently: look at it closely." : ""}</span></p>
    <div class="claim-actions">
      <button type="button" class="button primary" aria-pressed=${change.decision === "accepted" ? "true" : "false"} onClick=${() => onSay("accepted", change.number)}><${Icon} name="check" /> Accept</button>
      <button type="button" class="button" aria-pressed=${change.decision === "rejected" ? "true" : "false"} onClick=${() => onSay("rejected", change.number)}><${Icon} name="x" /> Reject</button>
      ${change.decision !== "undecided" && html`<button type="button" class="button quiet" onClick=${() => onSay("undecided", change.number)}><${Icon} name="rotate-ccw" /> Take back</button>`}
    </div>
  </aside>`;
}
