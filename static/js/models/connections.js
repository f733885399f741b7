// The connections there are: whether each works, and what can be done about it.
import { html, useEffect, useId, useRef, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { plural } from "../lib/format.js";
import { confirm } from "../ui/dialog.js";
import { reasonOf } from "../ui/refused.js";
import { toast, toastError } from "../ui/toast.js";
import { SimulatedBadge } from "./badge.js";
import { Trial, useInView } from "./trial.js";
import { SCOPES, serverOf, stateOf, testedOf } from "./words.js";

/** `mine(connection)` tells what may be changed in the scope that is shown. */
export function Connections({ connections, models, mine, onChanged }) {
  return html`<section class="panel" aria-labelledby="connections">
    <h2 id="connections">Connections</h2>
    <ul class="connections">${connections.map((each) => html`<${Connection} key=${each.id ?? `${each.scope}-${each.slug}`} connection=${each} models=${models} editable=${mine(each)} onChanged=${onChanged} />`)}</ul>
  </section>`;
}

function Connection({ connection, models, editable, onChanged }) {
  const [trial, setTrial] = useState(null);
  const outcome = useInView(trial?.result);
  const [replacing, setReplacing] = useState(false);
  const address = `/api/v2/models/connections/${connection.id}`;
  const title = connection.label || connection.slug;
  const [tone, icon, word] = stateOf(connection, models);

  const test = async () => {
    setTrial({ testing: true });
    try {
      const result = await api.post(`${address}/test`, {});
      setTrial({ result });
      onChanged();
    } catch (problem) {
      setTrial(null);
      toastError(problem);
    }
  };
  const drop = async () => {
    const sure = await confirm({
      title: `Remove ${title}?`,
      text: "Its key is deleted. Roles that use its models take the next of their list, or work by rules.",
      action: "Remove",
      danger: true,
    });
    if (!sure) return;
    try {
      await api.remove(address);
      toast(`${title} is removed.`);
      onChanged();
    } catch (problem) {
      toastError(problem);
    }
  };
  return html`<li class="connection card">
    <div class="connection-main">
      <div class="connection-about">
        <h3>${title} ${connection.simulated && html`<${SimulatedBadge} />`}</h3>
        <p>${[serverOf(connection.server), connection.base_url || "", connection.models?.length ? plural(connection.models.length, "model") : "", connection.has_key ? "key kept" : ""].filter(Boolean).join(" · ")}</p>
        <p class="faint">${[SCOPES[connection.scope], testedOf(connection)].filter(Boolean).join(" · ")}</p>
        ${connection.test_ok === false && connection.test_sentence && html`<p class="error-text">${connection.test_sentence}</p>`}
      </div>
      ${(connection.id || tone === "warn") && html`<span class=${`badge ${tone}`}><${Icon} name=${icon} />${word}</span>`}
    </div>
    ${editable && html`<div class="connection-actions">
      <button type="button" class="button" disabled=${trial?.testing} onClick=${test} aria-label=${`Test ${title}`}><${Icon} name=${trial?.testing ? "loader-circle" : "activity"} spin=${trial?.testing} /> ${trial?.testing ? "Asking…" : "Test"}</button>
      <button type="button" class="button quiet" aria-expanded=${replacing ? "true" : "false"} onClick=${() => setReplacing(!replacing)} aria-label=${`${connection.has_key ? "Replace the key" : "Add a key"} of ${title}`}><${Icon} name="key-round" /> ${connection.has_key ? "Replace key" : "Add a key"}</button>
      <button type="button" class="button quiet" onClick=${drop} aria-label=${`Remove ${title}`}><${Icon} name="trash-2" /> Remove</button>
    </div>`}
    ${replacing && html`<${Key} address=${address} onDone=${() => { setReplacing(false); toast("The new key is kept. Test it to be sure.", { title: "Saved" }); onChanged(); }} onCancel=${() => setReplacing(false)} />`}
    <div class="trial" ref=${outcome} tabindex="-1" aria-live="polite">${trial?.result && html`<${Trial} result=${trial.result} />`}</div>
  </li>`;
}

function Key({ address, onDone, onCancel }) {
  const id = useId();
  const [key, setKey] = useState("");
  const [refused, setRefused] = useState("");
  const input = useRef(null);
  useEffect(() => input.current.focus(), []);
  const save = async (event) => {
    event.preventDefault();
    if (!key.trim()) return;
    try {
      await api.patch(address, { api_key: key.trim() });
      onDone();
    } catch (problem) {
      setRefused(reasonOf(problem));
    }
  };
  return html`<form class="replace-key" onSubmit=${save} onKeyDown=${(event) => event.key === "Escape" && onCancel()}>
    <div class="field"><label for=${id}>New key</label>
      <input ref=${input} id=${id} class="input secret" type="password" autocomplete="new-password" spellcheck=${false} maxlength="500" value=${key} onInput=${(event) => setKey(event.target.value)} /></div>
    <div class="form-actions"><button type="submit" class="button primary" disabled=${!key.trim()}>Save the key</button><button type="button" class="button quiet" onClick=${onCancel}>Cancel</button></div>
    ${refused && html`<p class="error-text" role="alert">${refused}</p>`}
  </form>`;
}
