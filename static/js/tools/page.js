// The page "Tools": what runs may use, and learning more.
import { html, render, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { toast } from "../ui/toast.js";
import { Learn } from "./learn.js";
import { Secrets } from "./secrets.js";
import { Tool } from "./tool.js";
import { ADDRESS, grouped } from "./words.js";

const LOOK_AGAIN_MS = 15_000;

function Tools() {
  const [state, setState] = useState(null);
  const [failure, setFailure] = useState(null);
  const load = async () => {
    try {
      setState(await api.get(ADDRESS));
      setFailure(null);
    } catch (problem) {
      setFailure(problem);
    }
  };
  useEffect(() => {
    load();
    // A run may learn a tool or mend one while the page is open.
    const again = () => document.visibilityState === "visible" && load();
    const timer = setInterval(again, LOOK_AGAIN_MS);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, []);
  const opened = state !== null;
  useEffect(() => {
    // A notification leads to one tool, which is only there now.
    if (opened && location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, [opened]);
  if (failure && !state) {
    return html`<div class="notice bad" role="alert"><${Icon} name="circle-alert" /><div><strong>${failure.title}</strong><span>${failure.message}</span></div><button type="button" class="button" onClick=${load}>Try again</button></div>`;
  }
  if (!state) return html`<p class="app-wait" role="status">Opening…</p>`;
  const learnt = state.items.filter((tool) => tool.origin !== "builtin");
  const builtin = state.items.filter((tool) => tool.origin === "builtin");
  const letIn = async (seen) => {
    toast(`${seen.title} is added.`, { title: "Saved" });
    await load();
    document.getElementById("learnt")?.focus();
  };
  return html`<div class="tools-page">
    <section class="panel" aria-labelledby="learnt"><h2 id="learnt" tabindex="-1">Your tools</h2>
      ${learnt.length === 0 && html`<p>None yet. Add one below. A run may also learn one from this server’s catalogue when its evidence is weak.</p>`}
      ${grouped(learnt).map((group) => html`<div key=${group.key} class="tool-group">
        <h3>${group.bundle} <span class="faint">${group.own ? "yours" : "for everybody"}</span></h3>
        <p class="faint tool-from">${group.from}</p>
        <ul class="tool-list">${group.tools.map((tool) => html`<${Tool} key=${`${tool.own}${tool.name}`} tool=${tool} onChanged=${load} />`)}</ul>
      </div>`)}
    </section>
    <${Learn} state=${state} onLetIn=${letIn} onKey=${load} />
    <${Secrets} secrets=${state.secrets} wanted=${learnt.some((tool) => tool.secrets_missing.length > 0)} staff=${state.may_add_for_everybody} onChanged=${load} />
    <section class="panel" aria-labelledby="builtin"><h2 id="builtin">Built-in tools</h2>
      <details class="more"><summary>${builtin.length} tools that came with the product</summary>
        <ul class="tool-list">${builtin.map((tool) => html`<${Tool} key=${tool.name} tool=${tool} onChanged=${load} />`)}</ul></details>
    </section>
  </div>`;
}

render(html`<${Tools} />`, document.getElementById("app"));
