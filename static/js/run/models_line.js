// Which models worked for a run, whether any was made believe, and what came between.
import { html, memo } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { clock } from "../lib/format.js";
import { modelOf, partsOf, RULES } from "../models/words.js";
import { SimulatedBadge } from "../models/badge.js";
import { TERMINAL } from "./state.js";
import { isRepeat, isTrouble, labelOf, repeats, summaryOf } from "./trouble.js";

/** A copy of a run may have its plan from a simulator and the rest from a model. */
export const isSimulated = (view) => Boolean(view.plan?.simulated) || (view.models ?? []).some((model) => model.simulated);

/** Whether it did its work without any model. While it goes on, one may still come. */
export const byRules = (view) => TERMINAL.has(view.status) && view.models?.length === 0 && Boolean(view.plan);

/** Beside the status of a run. */
export function ModelMark({ view }) {
  if (isSimulated(view)) return html`<${SimulatedBadge} />`;
  if (byRules(view)) return html`<span class="badge" title="No language model worked on this">By rules</span>`;
  return null;
}

const FEW = 3; // repeats that may stand among the rest

const DID = { planner: "planned", writer: "wrote", critic: "judged", debugger: "mended", small: "named it" };

/** "gpt-5-mini planned and wrote" for each model, in the order in which they first answered. */
function credits(models) {
  const byModel = new Map();
  for (const { model, role } of models) byModel.set(model, [...(byModel.get(model) ?? []), DID[role] ?? role]);
  return [...byModel].map(([model, did]) => ({ model, ...partsOf(model), did: listed([...new Set(did)]) }));
}

const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

export const ModelsLine = memo(function ModelsLine({ view, adminRun }) {
  const troubles = view.log.filter((event) => isTrouble(event) && event.meta?.model);
  const wanted = modelOf(view.task);
  const over = TERMINAL.has(view.status);
  if (!view.models) return null;
  if (!view.models.length) {
    if (!view.plan || (!over && wanted !== RULES)) return troubles.length ? html`<div class="run-models"><${Troubles} events=${troubles} /></div>` : null;
    return html`<div class="run-models"><p><${Icon} name="cpu" /><span>${wanted === RULES ? "Works by rules only, as you chose." : "No language model worked on this: it was composed by rules."}
      ${wanted !== RULES && html` <a href="/settings/models/">Connect a model</a>`}</span></p>
      ${troubles.length > 0 && html`<${Troubles} events=${troubles} />`}</div>`;
  }
  return html`<div class="run-models">
    <p><${Icon} name="cpu" /><span>${credits(view.models).map(
      ({ model, connection, name, did }, index) => html`${index > 0 && "; "}<strong key=${model}>${name}</strong> <span class="faint">(${connection})</span> ${did}`,
    )}.${adminRun && html` <a href=${`${adminRun.replace("RUN", view.id)}#model-calls`}>Every call</a>`}</span></p>
    ${isSimulated(view) && html`<p class="simulated-line"><span>Made up by a simulator: it shows how the work goes and is not fit for use.</span></p>`}
    ${troubles.length > 0 && html`<${Troubles} events=${troubles} />`}
  </div>`;
});

function Troubles({ events }) {
  const { said, matters } = summaryOf(events);
  const again = events.filter(isRepeat);
  const fold = again.length > FEW && again.length < events.length;
  return html`<details class="troubles" data-matters=${matters ? "true" : "false"}><summary>${said}</summary>
    <${Entries} label="What came between" events=${fold ? events.filter((event) => !isRepeat(event)) : events} />
    ${fold && html`<details><summary>${repeats(again.length)}</summary><${Entries} label="Waited or asked again" events=${again} /></details>`}
  </details>`;
}

function Entries({ label, events }) {
  return html`<ol class="entries" tabindex="0" aria-label=${label}>${events.map((event) => html`<li key=${event.seq} class="entry warn"><time datetime=${event.ts}>${clock(event.ts)}</time><span class="entry-label">${labelOf(event)}</span><div class="entry-body"><span>${event.content}</span></div></li>`)}</ol>`;
}
