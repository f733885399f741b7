// The other sides of a run: its checks, the sources it found, the draft as it grows.
import { html, memo, useMemo } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { renderMarkdown } from "../lib/markdown.js";
import { VERDICTS } from "../document/verdicts.js";

const KINDS = { pass: "Passed.", fail: "Not passed.", retry: "Once more.", patch: "Mended.", branch: "Another way." };
const words = (name) => name.replaceAll("_", " ");

export const Checks = memo(function Checks({ verdict, citations }) {
  if (!verdict) return html`<p class="empty-line">Checks run once there is something to check.</p>`;
  const counts = Object.entries(citations ?? {}).filter(([name, n]) => VERDICTS[name] && n > 0);
  return html`<div class="checks">
    <p class="verdict-line"><strong>${KINDS[verdict.kind] ?? words(verdict.kind)}</strong> ${verdict.reason}</p>
    ${verdict.gates?.length > 0 && html`<ul class="gates">
      ${verdict.gates.map(
        (gate) => html`<li key=${gate.gate} class="gate" data-passed=${gate.passed}>
          <${Icon} name=${gate.passed ? "circle-check" : "circle-x"} />
          <span><strong>${words(gate.gate)}</strong> <span class="visually-hidden">${gate.passed ? "passed." : "not passed."} </span>${gate.message}
            <span class="gate-figures">${gate.observed}; wanted: ${gate.expected}</span></span>
        </li>`,
      )}
    </ul>`}
    ${counts.length > 0 && html`<ul class="verdict-counts" aria-label="Citations by verdict">
      ${counts.map(([name, n]) => html`<li key=${name}><span class=${`badge ${VERDICTS[name].tone}`}>${n} ${VERDICTS[name].label}</span></li>`)}
    </ul>`}
  </div>`;
});

const Block = memo(function Block({ text }) {
  const markup = useMemo(() => ({ __html: renderMarkdown(text) }), [text]);
  return html`<div class="draft-block" dangerouslySetInnerHTML=${markup}></div>`;
});

/** Streaming text. Not a live region: a screen reader hears the status line instead. Finished
 * paragraphs keep their identity, so that only the last one renders again. */
export function Draft({ drafts, broken, sections, plan }) {
  const titles = new Map((plan?.steps ?? []).map((step) => [step.id, step.title]));
  const live = Object.entries(drafts).filter(([, text]) => text.trim());
  const anew = broken.filter(([step]) => !sections.some((section) => section.step_id === step));
  if (!live.length && !sections.length && !anew.length) {
    return html`<p class="empty-line">The draft appears here as it is written.</p>`;
  }
  return html`<div class="draft" aria-live="off">
    ${sections.map(
      (section) => html`<p key=${section.section_id ?? section.step_id} class="draft-done">
        <${Icon} name="check" /><span>${section.heading || "Section"}</span>
        ${section.author && html`<span class="badge">${section.author === "model" ? "by the model" : section.author === "human" ? "by you" : "by rule"}</span>`}
      </p>`,
    )}
    ${anew.map(([step, said]) => html`<p key=${`anew-${step}`} class="draft-anew"><${Icon} name="rotate-ccw" /><span>${titles.get(step) ?? "A section"}: ${said}</span></p>`)}
    ${live.map(
      ([key, text]) => html`<section key=${key} class="draft-live">
        ${titles.has(key) && html`<h2>${titles.get(key)}</h2>`}
        ${text.split(/\n{2,}/).map((part, index) => html`<${Block} key=${index} text=${part} />`)}
      </section>`,
    )}
  </div>`;
}
