// What came of a test: a real question, a real answer.
import { html, useEffect, useRef } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import { count, plural } from "../lib/format.js";
import { SimulatedBadge } from "./badge.js";
import { schemasOf, seconds, serverOf, wordsOf } from "./words.js";

/** For the element that shows an outcome: once there is one, it and what follows on it are scrolled
 * into view, and the keyboard goes there unless the person is in a field meanwhile. */
export function useInView(outcome) {
  const element = useRef(null);
  useEffect(() => {
    if (!outcome) return;
    const shown = element.current;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    (shown.nextElementSibling ?? shown).scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    if (document.activeElement.matches("body, button")) shown.focus({ preventScroll: true });
  }, [outcome]);
  return element;
}

export function Trial({ result }) {
  if (!result.ok) {
    return html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div>
      <strong>No answer</strong><span>${result.sentence}</span>
      ${result.models?.length > 0 && html`<span>${found(result)}</span>`}</div></div>`;
  }
  const offered = (result.models ?? []).find((model) => model.id === result.model);
  const rows = [
    ["Model", result.model],
    ["Server", serverOf(result.server)],
    ["Time", seconds(result.seconds)],
    ["Tokens", typeof result.input_tokens === "number" ? `${count(result.input_tokens)} read, ${count(result.output_tokens ?? 0)} written` : "It does not count them: they are estimated"],
    ["Reads at once", wordsOf(offered?.context_tokens) || "It does not say"],
    ["Forms", schemasOf(result.structured) || "Not tried"],
    ["To choose from", result.models?.length > 1 ? plural(result.models.length, "model") : ""],
  ].filter(([, value]) => value);
  return html`<div class="notice good"><${Icon} name="circle-check" /><div>
    <strong>It answers, in ${seconds(result.seconds)}${result.simulated ? html` <${SimulatedBadge} />` : ""}</strong>
    ${result.said && html`<span class="said">“${result.said}”</span>`}
    <dl class="facts">${rows.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
  </div></div>`;
}

function found(result) {
  const names = result.models.slice(0, 5).map((model) => model.id).join(", ");
  return `It offers ${names}${result.models.length > 5 ? ` and ${count(result.models.length - 5)} more` : ""}.`;
}
