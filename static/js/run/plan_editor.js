// The parts of a plan as a form: order (buttons or dragging), titles, words, what each is about.
import { html, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { added, changed, moved, movedTo, removed } from "./plan_edits.js";

export function PlanEditor({ rows, onRows, problems, disabled }) {
  const [dragged, setDragged] = useState(null);
  const [said, setSaid] = useState("");
  const list = useRef(null);

  const place = (next, key) => {
    if (next === rows) return;
    onRows(next);
    const at = next.findIndex((row) => row.key === key);
    setSaid(`${next[at].title || "The new part"} is now part ${at + 1} of ${next.length}.`);
  };
  // Focus goes where the change is: the next frame has the new list.
  const focus = (selector) => requestAnimationFrame(() => list.current?.querySelector(selector)?.focus());
  const move = (row, by) => {
    place(moved(rows, row.key, by), row.key);
    focus(`[data-key="${row.key}"] [data-move="${by}"]:not(:disabled), [data-key="${row.key}"] [data-move]:not(:disabled)`);
  };
  const drop = (row) => {
    const at = rows.findIndex((other) => other.key === row.key);
    const next = removed(rows, row.key);
    onRows(next);
    setSaid(`${row.title || "The new part"} is removed.`);
    focus(`[data-key="${next[Math.min(at, next.length - 1)]?.key}"] .part-title`);
  };
  const add = () => {
    const next = added(rows);
    onRows(next);
    focus(`[data-key="${next.find((row) => !rows.some((other) => other.key === row.key)).key}"] .part-title`);
  };
  const body = rows.filter((row) => row.place === "body");
  const onDragOver = (event, row) => {
    if (dragged === null || row.place !== "body") return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (row.key !== dragged) place(movedTo(rows, dragged, rows.findIndex((other) => other.key === row.key)), dragged);
  };

  return html`<div class="plan-editor">
    <ol class="parts" ref=${list} aria-label="Parts of the document">
      ${rows.map((row, n) => {
        const name = row.title || `part ${n + 1}`;
        const at = body.indexOf(row);
        return html`<li key=${row.key} class="part" data-key=${row.key} data-place=${row.place} data-dragged=${dragged === row.key}
          onDragOver=${(event) => onDragOver(event, row)} onDrop=${(event) => event.preventDefault()}>
          <span class="part-grip" draggable=${row.place === "body" && !disabled} aria-hidden="true" title=${row.place === "body" ? "Drag to another place" : "Keeps its place"}
            onDragStart=${(event) => { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", name); event.dataTransfer.setDragImage(event.currentTarget.parentElement, 12, 12); setDragged(row.key); }}
            onDragEnd=${() => setDragged(null)}>${row.place === "body" ? html`<${Icon} name="grip-vertical" />` : ""}</span>
          ${row.place !== "body" ? html`<span class="part-title part-fixed" tabindex="-1">${row.title}</span>` : html`<input class="input part-title" aria-label=${`Title of part ${n + 1}`} value=${row.title} placeholder="Title" maxlength="200" disabled=${disabled}
            aria-invalid=${problems[row.key] ? "true" : undefined} aria-describedby=${problems[row.key] ? `fault-${row.key}` : undefined}
            onInput=${(event) => onRows(changed(rows, row.key, { title: event.target.value }))} />`}
          <label class="part-words"><input class="input" type="number" min="1" step="10" inputmode="numeric" aria-label=${`Words of part ${n + 1}`} value=${row.words} disabled=${disabled}
            onInput=${(event) => onRows(changed(rows, row.key, { words: event.target.value }))} /><span aria-hidden="true">words</span></label>
          <span class="part-moves">
            <button type="button" class="icon-button small" data-move="-1" aria-label=${`Move ${name} up`} disabled=${disabled || at < 1} onClick=${() => move(row, -1)}><${Icon} name="arrow-up" /></button>
            <button type="button" class="icon-button small" data-move="1" aria-label=${`Move ${name} down`} disabled=${disabled || at < 0 || at === body.length - 1} onClick=${() => move(row, 1)}><${Icon} name="arrow-down" /></button>
            <button type="button" class="icon-button small" aria-label=${`Remove ${name}`} disabled=${disabled || row.place === "answer" || (at >= 0 && body.length < 2)} onClick=${() => drop(row)}><${Icon} name="trash-2" /></button>
          </span>
          ${row.place === "body" && html`<input class="input part-focus" aria-label=${`What part ${n + 1} is about`} value=${row.focus} placeholder="What it is about (optional)" maxlength="300" disabled=${disabled}
            onInput=${(event) => onRows(changed(rows, row.key, { focus: event.target.value }))} />`}
          ${problems[row.key] && html`<p class="error-text part-fault" id=${`fault-${row.key}`}>${problems[row.key]}</p>`}
        </li>`;
      })}
    </ol>
    ${rows.every((row) => row.place !== "answer") && html`<button type="button" class="button quiet part-add" disabled=${disabled} onClick=${add}><${Icon} name="plus" /> Add a part</button>`}
    <p class="visually-hidden" role="status">${said}</p>
  </div>`;
}
