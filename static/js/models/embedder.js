// The embedder: whose vectors search by meaning compares. One for everybody; another one is made
// ready in the background while search goes on.
import { html, useId, useState } from "../lib/view.js";
import { count } from "../lib/format.js";
import { nameOf } from "./words.js";

const BUILT_IN = "built-in";
const SPEAKERS = ["openai", "openrouter", "ollama", "compatible"]; // providers that have embeddings

/** `onChoose(choice)` gets a model string, or "built-in". */
export function Embedder({ role, staff, connections, busy, onChoose }) {
  const other = role.models.length > 1 ? role.models[0] : null;
  const progress = role.progress;
  return html`<div class="embedder">
    <p class="faint">${role.why}</p>
    ${other && html`<p role="status"><strong>${nameOf(other.model)}</strong> ${other.available ? "is what search compares with." : progress ? "is being made ready." : "is not at work."}</p>`}
    ${progress && html`<${Progress} progress=${progress} name=${nameOf(other.model)} />`}
    ${staff && other && html`<div class="form-actions"><button type="button" class="button" disabled=${busy} onClick=${() => onChoose(BUILT_IN)}>${progress ? "Cancel" : "Back to the built-in one"}</button></div>`}
    ${staff && html`<${Choose} connections=${connections.filter((each) => SPEAKERS.includes(each.provider))} busy=${busy} onChoose=${onChoose} />`}
  </div>`;
}

function Progress({ progress, name }) {
  const words = progress.wanted ? `${count(progress.filled)} of ${count(progress.wanted)} passages; search goes on with the built-in one.` : "It begins within seconds; search goes on with the built-in one.";
  return html`<progress aria-label=${`Passages embedded by ${name}`} max=${progress.wanted || 1} value=${progress.wanted ? progress.filled : undefined}></progress>
    <p class="faint">${words}</p>
    ${progress.error && html`<p class="warn-text">It is tried again soon: ${progress.error}</p>`}`;
}

function Choose({ connections, busy, onChoose }) {
  const field = useId();
  const known = useId();
  const [text, setText] = useState("");
  if (!connections.length) return html`<p class="faint">Connect an account or a server that has embeddings (OpenAI-compatible) for everybody to choose another embedder.</p>`;
  const offered = connections.flatMap((each) => (each.models ?? []).filter((model) => /embed|bge|minilm|e5/i.test(model.id)).map((model) => `${each.slug}:${model.id}`));
  const submit = (event) => {
    event.preventDefault();
    onChoose(text.trim());
    setText("");
  };
  return html`<form class="chain-add" onSubmit=${submit}>
    <div class="field"><label for=${field}>Another embedder, for everybody</label>
      <input id=${field} class="input" list=${known} spellcheck=${false} autocapitalize="off" maxlength="230" placeholder=${`${connections[0].slug}:text-embedding-3-small`} value=${text} onInput=${(event) => setText(event.target.value)} />
      <datalist id=${known}>${offered.slice(0, 200).map((model) => html`<option key=${model} value=${model}></option>`)}</datalist></div>
    <div class="form-actions"><button type="submit" class="button" disabled=${busy || !text.trim()}>Use for all searches</button></div>
  </form>`;
}
