// The conversation page: wires the thread, the composer, the live events and the document panel.
import { bootData, html, render, useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "./lib/view.js";
import { Icon } from "./lib/icon.js";
import * as api from "./lib/api.js";
import { toastError } from "./ui/toast.js";
import { Composer } from "./composer/composer.js";
import { DropZone } from "./composer/drop.js";
import { nextOptions, startingOptions } from "./composer/options.js";
import { requestOf, useAim, useDraft, useSending, useTurned } from "./composer/sending.js";
import { Uploads } from "./composer/uploads.js";
import { DocumentPanel } from "./document/panel.js";
import { useShown } from "./document/shown.js";
import { useSource } from "./sources/opened.js";
import { SourcePanel } from "./sources/panel.js";
import { useRuns } from "./run/follow.js";
import { isSimulated } from "./run/models_line.js";
import { TERMINAL } from "./run/state.js";
import { useFollow } from "./thread/scroll.js";
import { Thread } from "./thread/thread.js";
import { turnsOf } from "./thread/turns.js";
import { NoModelBanner, SimulatedBanner, Welcome } from "./thread/welcome.js";

const boot = bootData();
const SENT = "hw-sent"; // the conversation that the message sent last has begun

/** A conversation takes the name of its document when there is one. */
function showTitle(title) {
  if (!title || title === boot.conversation.title) return;
  boot.conversation.title = title;
  document.title = `${title} · HandyWriterz`;
  for (const place of document.querySelectorAll(".topbar-title, main > h1")) place.textContent = title;
  window.dispatchEvent(new CustomEvent("hw:title", { detail: { id: boot.conversation.id, title } }));
}

/** Messages of the conversation, fetched anew when a run has begun elsewhere, or has ended, that they
 * do not speak of yet. */
function useMessages(runs) {
  const [messages, setMessages] = useState(boot.messages ?? []);
  const turns = useMemo(() => turnsOf(messages, runs), [messages, runs]);
  const asked = useRef("");
  const unasked = Object.values(runs).filter((view) => !view.parentId && !messages.some((message) => message.run_id === view.id));
  const unsaid = turns
    .filter((turn) => turn.runId && TERMINAL.has(runs[turn.runId]?.status) && !(turn.answer && speaksOf(turn, runs[turn.runId])))
    .map((turn) => `${turn.runId}:${runs[turn.runId].finishedAt}`)
    .concat(unasked.map((view) => view.id))
    .join();
  useEffect(() => {
    if (!unsaid || !boot.conversation || asked.current === unsaid) return;
    asked.current = unsaid;
    api.get(`/api/conversations/${boot.conversation.id}`).then(
      (found) => {
        setMessages(found.messages);
        showTitle(found.title);
      },
      () => {}, // the run's own summary stands until the page is opened again
    );
  }, [unsaid]);
  return { turns, addMessage: (message) => setMessages((now) => (now.some(({ id }) => id === message.id) ? now : [...now, message])) };
}

const LOST = new Set(["reconnecting", "offline", "stale"]);
const REACHED = new Set(["live", "polling"]);

/** Whether the answer is of the run's last ending: one that was taken up again ends anew. */
function speaksOf(turn, view) {
  return !turn.answeredAt || !view.finishedAt || new Date(turn.answeredAt) >= new Date(view.finishedAt) - 1000;
}

function App() {
  const { runs, connection, onSnapshot, expand, load, resubscribe } = useRuns(boot.conversation?.id ?? null, boot.runs ?? []);
  const { turns, addMessage } = useMessages(runs);
  const [text, setDraft, setSent] = useDraft(boot.conversation?.id);
  const [options, setOptions] = useState(() => startingOptions(boot.runs?.at(-1)?.task));
  const [, redraw] = useReducer((n) => n + 1, 0);
  const uploads = useMemo(() => new Uploads({ files: boot.files, maxBytes: boot.limits.upload_max_bytes, onChange: redraw }), []);
  const names = useRef(new Map()).current; // of all files that were ever in the composer
  for (const file of uploads.files) if (file.id) names.set(file.id, file.name);
  const input = useRef(null);
  const scroller = useRef(null);
  const fromExample = useRef(false);
  const { shown, onOpen, onClose } = useShown(runs, input);
  const source = useSource(input);
  const active = Object.values(runs).filter((view) => !TERMINAL.has(view.status));
  const live = active.at(-1) ?? null;
  const stoppable = active.findLast((view) => view.status === "running" || view.status === "queued");
  const [aim, setAim] = useAim(live);
  const { sending, refused, setRefused, send } = useSending({ text, aim });
  const turned = useTurned({ live, aim, text });
  // What failed for want of a connection is no longer so once a lost one is back. The first one of
  // a page is none that came back: what failed before it failed for another reason.
  const lost = useRef(false);
  useEffect(() => {
    if (LOST.has(connection)) lost.current = true;
    if (!lost.current || !REACHED.has(connection)) return;
    lost.current = false;
    setRefused((problem) => (problem?.status === 0 ? null : problem));
  }, [connection]);
  const [away, toEnd] = useFollow(scroller, runs, (boot.messages ?? []).length > 0);
  const addFiles = useCallback((files) => uploads.add(files), []);

  // The sidebar need not wait for its next look at the server.
  const newest = Object.values(runs).at(-1);
  useEffect(() => {
    if (newest) window.dispatchEvent(new CustomEvent("hw:state", { detail: { id: boot.conversation.id, status: newest.status } }));
  }, [newest?.status]);

  // Where there is a keyboard, a new document starts with typing, and so does what follows on it.
  const focusInput = () => {
    if (window.matchMedia("(hover: hover)").matches) input.current?.focus({ preventScroll: true });
  };
  // At once: whoever has gone elsewhere meanwhile is not brought back.
  useLayoutEffect(() => {
    const justSent = boot.conversation && sessionStorage.getItem(SENT) === boot.conversation.id;
    sessionStorage.removeItem(SENT);
    if (!boot.conversation || justSent) focusInput();
  }, []);

  const ask = async () => {
    const { accepted } = await send("/api/chat", requestOf(text, options, uploads, boot.conversation?.id));
    if (!accepted) return focusInput();
    setSent(text, accepted.conversation_id);
    if (!boot.conversation) {
      sessionStorage.setItem(SENT, accepted.conversation_id);
      location.assign(`/c/${accepted.conversation_id}/`);
      return undefined;
    }
    addMessage({ id: accepted.message_id, role: "user", text: text.trim(), run_id: accepted.run_id });
    setOptions(nextOptions);
    focusInput();
    return follow(accepted.run_id);
  };
  const steer = async () => {
    const { accepted, problem } = await send(`/api/v2/runs/${live.id}/messages`, { message: text.trim() });
    if (accepted) {
      setSent(text);
      toEnd();
    } else if (problem.status === 409) {
      setAim("new"); // it ended meanwhile
    }
    focusInput();
    await load(live.id);
  };
  const follow = async (runId) => {
    await load(runId);
    resubscribe();
    toEnd();
  };
  const control = async (run, what) => {
    try {
      onSnapshot(await api.post(`/api/v2/runs/${run.id}/${what}`));
    } catch (problem) {
      toastError(problem);
    }
  };
  const pick = (example) => {
    fromExample.current = true;
    setDraft(example.text);
    setOptions({ ...nextOptions(options), ...example.options });
    requestAnimationFrame(() => input.current?.focus());
  };
  // What an example chose goes with its words.
  const setText = (value) => {
    setDraft(value);
    if (value.trim() || !fromExample.current) return;
    fromExample.current = false;
    setOptions(nextOptions);
  };
  /** Put words into the composer for the person to look over; what stood there stays. */
  const compose = useCallback((words, to) => {
    const before = input.current.value.trim();
    if (words) setDraft(before ? `${before}\n${words}` : words);
    setAim(to);
    setRefused(null);
    requestAnimationFrame(() => input.current.focus());
  }, [live?.id]);

  return html`<div class="stage" data-document=${shown ? "open" : "closed"} data-source=${source.target ? "open" : "closed"}>
    <div class="conversation">
      <div class="conversation-scroll" ref=${scroller} tabindex="-1">
        <div class="column">
          ${!boot.model_configured && html`<${NoModelBanner} brief=${turns.length > 0} />`}
          ${(boot.conversation?.simulated || Object.values(runs).some(isSimulated)) && html`<${SimulatedBanner} />`}
          ${turns.length === 0 && html`<${Welcome} onPick=${pick} />`}
          <${Thread} turns=${turns} runs=${runs} names=${names} connection=${connection} openId=${shown?.artifactId} byRule=${!boot.model_configured} adminRun=${boot.admin_run}
            onSnapshot=${onSnapshot} onExpand=${expand} onOpen=${onOpen} onSource=${source.open} onCompose=${compose} onFollow=${follow} />
        </div>
      </div>
      <div class="composer-dock">
        ${away && turns.length > 0 && html`<button type="button" class="button to-end" onClick=${toEnd}><${Icon} name="arrow-down" /> Latest</button>`}
        <${Composer} boot=${boot} uploads=${uploads} text=${text} setText=${setText} options=${options} setOptions=${setOptions}
          sending=${sending} refused=${refused} onSend=${live && aim === "steer" ? steer : ask} live=${live} aim=${aim} onAim=${setAim}
          others=${active.length - 1} stoppable=${Boolean(stoppable)} onStop=${() => control(stoppable, "cancel")} onResume=${() => control(live, "resume")}
          notice=${turned && !refused ? "The run has ended; this would start a new one." : ""} input=${input} />
        <p class="fine-print">Read a document before you hand it in: check that each cited passage says what you say.</p>
      </div>
    </div>
    ${shown && html`<${DocumentPanel} key=${shown.runId} runId=${shown.runId} artifactId=${shown.artifactId} simulated=${Boolean(runs[shown.runId]) && isSimulated(runs[shown.runId])} quiet=${shown.quiet === true} busy=${Boolean(runs[shown.runId]) && !TERMINAL.has(runs[shown.runId].status)}
      style=${runs[shown.runId]?.task?.settings?.style ?? "harvard"} styles=${boot.styles} source=${source} onClose=${onClose} />`}
    ${source.target && html`<${SourcePanel} target=${source.target} styles=${boot.styles} onClose=${source.close} />`}
    <${DropZone} onFiles=${addFiles} />
  </div>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${App} />`, host);
