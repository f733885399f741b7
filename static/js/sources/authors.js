// Authors, one row each; a row is a person or an organisation.
import { html, useRef } from "../lib/view.js";
import { Icon } from "../lib/icon.js";

export function Authors({ names, onChange, error, id }) {
  const list = useRef(null);
  const put = (index, change) => onChange(names.map((name, i) => (i === index ? { ...name, ...change } : name)));
  const focus = (index) => requestAnimationFrame(() => list.current?.children[index]?.querySelector("input")?.focus());
  const add = () => {
    onChange([...names, { family: "", given: "", org: false }]);
    focus(names.length);
  };
  const remove = (index) => {
    onChange(names.filter((_, i) => i !== index));
    focus(Math.max(0, index - 1));
  };
  const move = (index, by) => {
    const to = index + by;
    if (to < 0 || to >= names.length) return;
    const next = [...names];
    [next[index], next[to]] = [next[to], next[index]];
    onChange(next);
  };
  return html`<fieldset class="authors"><legend class="label">Authors</legend>
    <ol ref=${list} class="author-rows">${names.map((name, index) => html`<li key=${index}>
      ${name.org
        ? html`<input class="input wide" aria-label=${`Organisation ${index + 1}`} placeholder="Organisation" value=${name.literal ?? ""} onInput=${(e) => put(index, { literal: e.target.value })} />`
        : html`<input class="input" aria-label=${`Family name ${index + 1}`} placeholder="Family name" value=${name.family ?? ""} aria-invalid=${error ? "true" : undefined} onInput=${(e) => put(index, { family: e.target.value })} />
            <input class="input" aria-label=${`Given name ${index + 1}`} placeholder="Given name" value=${name.given ?? ""} onInput=${(e) => put(index, { given: e.target.value })} />`}
      <span class="author-actions">
        <button type="button" class="icon-button small" aria-pressed=${name.org ? "true" : "false"} title=${name.org ? "A person" : "An organisation"} aria-label=${`Author ${index + 1} is an organisation`} onClick=${() => put(index, name.org ? { org: false, family: name.literal ?? "", literal: undefined } : { org: true, literal: [name.given, name.family].filter(Boolean).join(" "), family: undefined, given: undefined })}><${Icon} name=${name.org ? "library" : "user"} /></button>
        <button type="button" class="icon-button small" aria-label=${`Move author ${index + 1} up`} disabled=${index === 0} onClick=${() => move(index, -1)}><${Icon} name="arrow-up" /></button>
        <button type="button" class="icon-button small" aria-label=${`Remove author ${index + 1}`} onClick=${() => remove(index)}><${Icon} name="x" /></button>
      </span></li>`)}</ol>
    <button type="button" class="link-button" id=${id} onClick=${add}><${Icon} name="plus" /> Add an author</button>
    ${error && html`<p class="error-text" role="alert">${error}</p>`}
  </fieldset>`;
}
