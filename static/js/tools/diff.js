// A unified diff, line by line.
import { html } from "../lib/view.js";

export function Diff({ patch, label }) {
  return html`<pre class="tool-diff" tabindex="0" aria-label=${label}>${patch.split("\n").map((line, i) => html`<span key=${i} class=${line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : ""}>${`${line}\n`}</span>`)}</pre>`;
}
