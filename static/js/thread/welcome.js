// The empty state teaches: what goes in, what comes out, three requests to start from.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { SimulatedBadge } from "../models/badge.js";

const EXAMPLES = [
  {
    icon: "file-text",
    title: "Write a literature review",
    text: "Write a 1,200-word literature review that compares the attached papers.",
    options: { journey: "write", length: "1200" },
  },
  {
    icon: "quote",
    title: "Ask your sources",
    text: "What do my sources propose, and what do they conclude?",
    options: { journey: "answer" },
  },
  {
    icon: "list-checks",
    title: "Annotate a bibliography",
    text: "Make an annotated bibliography of the attached papers on their common topic.",
    options: { journey: "research" },
  },
];

export function Welcome({ onPick }) {
  return html`<div class="welcome">
    <h1>What shall we write?</h1>
    <p>Drop your sources, say what you need, and follow every claim back to the page it rests on.</p>
    <ul class="examples" aria-label="Examples">
      ${EXAMPLES.map(
        (example) => html`<li key=${example.title}><button type="button" class="example" onClick=${() => onPick(example)}>
          <${Icon} name=${example.icon} /><strong>${example.title}</strong><span>${example.text}</span></button></li>`,
      )}
    </ul>
  </div>`;
}

/** Said in full where a conversation starts, and in one line above those under way. */
export function NoModelBanner({ brief }) {
  return html`<div class=${brief ? "notice no-model brief" : "notice no-model"}><${Icon} name="info" /><div>
    <strong>No language model is connected</strong>
    <span>${brief ? "Documents are composed from your sources by rule." : html`Documents are composed from your sources by rule: passages are chosen, ordered, quoted and cited, and every citation is checked.`}</span>
    <details><summary>What a model adds</summary><span>Prose in its own words, in your level, synthesis across sources instead of attributed quotation, and a judgement whether a passage supports a claim. What it writes is checked in the same way.</span></details>
    <span class="no-model-action"><a href="/settings/models/">Connect a model</a></span>
  </div></div>`;
}

/** Above a conversation in which something was made up. */
export function SimulatedBanner() {
  return html`<div class="notice no-model brief"><${SimulatedBadge} /><div><span>A simulator made up some of what is written here. It shows how the work goes and is not fit for use.</span></div></div>`;
}
