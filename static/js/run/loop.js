// Where in the loop the run is: plan → act → reflect, and what reflect may call for.
import { html } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { TERMINAL } from "./state.js";

const MAIN = [
  ["plan", "Plan", "list-checks"],
  ["act", "Act", "pencil"],
  ["reflect", "Reflect", "scan-text"],
];
const SIDE = [
  ["expand", "Expand", "search"],
  ["repair", "Repair", "wrench"],
  ["turnitin_pause", "Originality", "hand"],
];

export function Loop({ view }) {
  const over = TERMINAL.has(view.status);
  const stateOf = (node) => {
    if (!over && view.node === node) return "now";
    return view.visited.includes(node) || (over && view.plan && node !== "expand" && node !== "repair" && node !== "turnitin_pause") ? "past" : "idle";
  };
  const stop = ([node, label, icon], kind) => {
    const state = stateOf(node);
    return html`<li key=${node} class=${`loop-node ${kind}`} data-state=${state} aria-current=${state === "now" ? "step" : undefined}>
      <${Icon} name=${icon} /><span>${label}</span>
    </li>`;
  };
  const side = SIDE.filter(([node]) => stateOf(node) !== "idle");
  return html`<ol class="loop" aria-label="Position in the loop">
    ${MAIN.map((node) => stop(node, "loop-main"))}${side.map((node) => stop(node, "loop-side"))}
    <li class="loop-node" data-state=${over ? "past" : "idle"}><${Icon} name="circle-check" /><span>End</span></li>
  </ol>`;
}
