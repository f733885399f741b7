// The plan as a small graph: steps in columns by the longest way to them, edges as curves.
import { html, memo } from "../lib/view.js";

const COLUMN = 46;
const ROW = 18;
const PAD = 10;

/** {id: column}, each step one column right of the last step it waits for. */
export function layers(steps) {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const depth = new Map();
  const visit = (id, trail) => {
    if (depth.has(id)) return depth.get(id);
    if (trail.has(id)) return 0; // a cycle is refused by the planner; never hang on one
    trail.add(id);
    const before = (byId.get(id).depends_on ?? []).filter((d) => byId.has(d));
    const value = before.length ? 1 + Math.max(...before.map((d) => visit(d, trail))) : 0;
    depth.set(id, value);
    return value;
  };
  steps.forEach((step) => visit(step.id, new Set()));
  return depth;
}

export const PlanGraph = memo(function PlanGraph({ plan }) {
  const depth = layers(plan.steps);
  const columns = [];
  for (const step of plan.steps) (columns[depth.get(step.id)] ??= []).push(step);
  const height = Math.max(...columns.map((column) => column.length)) * ROW + PAD * 2 - ROW + 8;
  const place = new Map();
  columns.forEach((column, x) => {
    const top = (height - (column.length - 1) * ROW) / 2;
    column.forEach((step, y) => place.set(step.id, [PAD + x * COLUMN, top + y * ROW]));
  });
  const width = PAD * 2 + (columns.length - 1) * COLUMN;
  const edges = plan.steps.flatMap((step) =>
    (step.depends_on ?? [])
      .filter((from) => place.has(from))
      .map((from) => {
        const [x1, y1] = place.get(from);
        const [x2, y2] = place.get(step.id);
        const bend = (x2 - x1) / 2;
        return { key: `${from}-${step.id}`, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, done: step.status !== "pending" };
      }),
  );
  return html`<svg class="plan-graph" viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} aria-hidden="true">
    ${edges.map((edge) => html`<path key=${edge.key} class="edge" data-done=${edge.done} d=${edge.d} />`)}
    ${plan.steps.map((step) => {
      const [cx, cy] = place.get(step.id);
      return html`<circle key=${step.id} class="node" data-status=${step.status} cx=${cx} cy=${cy} r="5"><title>${step.title}</title></circle>`;
    })}
  </svg>`;
});
