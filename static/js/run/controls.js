// Stop, pause and go on. Each acknowledges at once; the server's event settles it.
import { html, useEffect, useState } from "../lib/view.js";
import { Icon } from "../lib/icon.js";
import * as api from "../lib/api.js";
import { toast, toastError } from "../ui/toast.js";
import { TERMINAL } from "./state.js";

const NOT_DONE = { cancel: "Not stopped", pause: "Not paused", resume: "Not resumed" };
const ASKED = { cancel: "Stopping…", pause: "Pausing…", resume: "Going on…" };

export function useControl(view, onSnapshot) {
  const [asked, setAsked] = useState(null);
  useEffect(() => setAsked(null), [view.status, view.requested]);
  const ask = async (what) => {
    setAsked(what);
    try {
      onSnapshot(await api.post(`/api/v2/runs/${view.id}/${what}`));
      if (what !== "cancel") setAsked(null);
    } catch (error) {
      setAsked(null);
      if (error.transient) toast("The server could not be asked just now. Press it again in a moment.", { title: NOT_DONE[what], kind: "bad" });
      else toastError(error);
    }
  };
  return { asked, ask };
}

export function Controls({ view, onSnapshot }) {
  const { asked, ask } = useControl(view, onSnapshot);
  if (TERMINAL.has(view.status)) return null;
  if (asked) return html`<span class="asked" role="status">${ASKED[asked]}</span>`;
  const pausing = view.status === "running" && view.requested === "pause";
  const canPause = !pausing && (view.status === "running" || view.status === "queued");
  return html`<div class="controls">
    ${pausing && html`<button type="button" class="button" onClick=${() => ask("resume")}><${Icon} name="play" /> Do not pause</button>`}
    ${canPause && html`<button type="button" class="button quiet" onClick=${() => ask("pause")}><${Icon} name="pause" /> Pause</button>`}
    ${view.status === "paused" && html`<button type="button" class="button" onClick=${() => ask("resume")}><${Icon} name="play" /> Resume</button>`}
    <button type="button" class="button quiet" onClick=${() => ask("cancel")}><${Icon} name="square" /> Stop</button>
  </div>`;
}
