// What of a draft is to be improved; none chosen leaves it to the words of the request.
import { html } from "../lib/view.js";

const WISHES = [
  ["grammar", "Grammar and spelling"],
  ["clarity", "Clarity"],
  ["concision", "Concision"],
  ["tone", "Academic tone"],
  ["structure", "Structure hints"],
  ["citations", "Citation hints"],
];

export function Improve({ value, hasFiles, onChange }) {
  const toggle = (wish) => onChange(value.includes(wish) ? value.filter((one) => one !== wish) : [...value, wish]);
  return html`<fieldset class="improve">
    <legend>What should be better?</legend>
    <div class="chips">${WISHES.map(([wish, label]) => html`<button key=${wish} type="button" class="chip" aria-pressed=${value.includes(wish) ? "true" : "false"} onClick=${() => toggle(wish)}>${label}</button>`)}</div>
    ${!hasFiles && html`<p class="faint">Attach the draft, or paste it below your request: a Word document keeps its layout, footnotes and fields.</p>`}
  </fieldset>`;
}
