// The conversation page: wires the thread, the composer, the live events and the document panel.
import { bootData, html, render, useCallback, useEffect, useMemo, useReducer, useRef, useState } from "./lib/view.js";
import { Icon } from "./lib/icon.js";
import * as api from "./lib/api.js";
import { toastError } from "./ui/toast.js";
import { Composer, nextOptions, settingsOf, startingOptions } from "./composer/composer.js";
import { DropZone } from "./composer/drop.js";
import { Uploads } from "./composer/uploads.js";
import { DocumentPanel } from "./document/panel.js";
import { Connection, replay } from "./run/connection.js";
import { applyEvent, applySnapshot, behind, forgetDrafts, fromSnapshot, TERMINAL } from "./run/state.js";
import { Thread } from "./thread/thread.js";
import { NoModelBanner, Welcome } from "./thread/welcome.js";

const SNAPSHOT_MS = 3000;
const PAST_RUNS = 12; // finished runs rebuilt at once; older ones when they are opened
const boot = bootData();
const SENT = "hw-sent"; // the conversation that the message sent last has begun
const draftKey = `hw-draft:${boot.conversation?.id ?? "new"}`;

/** {run id: view}; every action carries the run it is about. */
function runsReducer(runs, action) {
  const view = runs[action.runId];
  switch (action.type) {
    case "snapshot": {
      const next = view ? applySnapshot(view, action.snapshot) : fromSnapshot(action.snapshot);
      return { ...runs, [action.runId]: next };
    }
    case "events": {
      if (!view) return runs;
      const next = action.events.reduce(applyEvent, view);
      return { ...runs, [action.runId]: action.complete ? { ...next, replayed: true } : next };
    }
    case "forget-drafts":
      return Object.fromEntries(Object.values(runs).map((run) => [run.id, forgetDrafts(run)]));
    default:
      return runs;
  }
}

function initialRuns() {
  return Object.fromEntries((boot.runs ?? []).map((snapshot) => [snapshot.id, fromSnapshot(snapshot)]));
}

/** Whether the end of a run that was followed is known, but not yet everything up to it. */
const incomplete = (view) => TERMINAL.has(view.status) && view.seq > 0 && view.seq < view.asOf;

/** Requests in order, each with its run and, once there is one, its answer. */
function turnsOf(messages) {
  const turns = [];
  for (const message of messages) {
    const part = message.role === "assistant" ? "answer" : "request";
    const known = message.run_id && turns.find((turn) => turn.runId === message.run_id);
    if (known) known[part] = message.text;
    else turns.push({ key: message.run_id ?? message.id, runId: message.run_id, [part]: message.text });
  }
  return turns;
}

function useRuns(conversationId) {
  const [runs, dispatch] = useReducer(runsReducer, null, initialRuns);
  const [connection, setConnection] = useState("connecting");
  const latest = useRef(runs);
  latest.current = runs;
  const link = useRef(null);
  const waiting = useRef([]);
  const frame = useRef(0);
  const replaying = useRef(new Set());

  const onSnapshot = useCallback((snapshot) => dispatch({ type: "snapshot", runId: snapshot.id, snapshot }), []);

  const load = useCallback(async (runId) => {
    try {
      onSnapshot(await api.get(`/api/v2/runs/${runId}`));
    } catch (error) {
      if (!error.transient) toastError(error);
    }
  }, []);

  /** Everything that happened before this page was opened, once. */
  const expand = useCallback(async (runId, { again = false } = {}) => {
    const view = latest.current[runId];
    if (!view || (view.replayed && !again) || replaying.current.has(runId)) return;
    replaying.current.add(runId);
    try {
      const events = await replay(runId, view.seq);
      dispatch({ type: "events", runId, events, complete: true });
    } catch (error) {
      if (!error.transient) toastError(error);
    } finally {
      replaying.current.delete(runId);
    }
  }, []);

  const onEvent = useCallback((event) => {
    if (event.type === "error" && !event.seq) {
      toastError({ title: "", message: event.content }); // the socket refused a command
      return;
    }
    if (!event.run_id) return;
    waiting.current.push(event);
    // One render per frame, however fast tokens arrive; a hidden page has no frames.
    const flush = () => {
      frame.current = 0;
      const byRun = Map.groupBy
        ? Map.groupBy(waiting.current.splice(0), (e) => e.run_id)
        : waiting.current.splice(0).reduce((map, e) => map.set(e.run_id, [...(map.get(e.run_id) ?? []), e]), new Map());
      for (const [runId, events] of byRun) {
        if (!latest.current[runId]) {
          // The run is new to this page: its snapshot first, then what was heard of it meanwhile.
          load(runId).then(() => dispatch({ type: "events", runId, events }));
          continue;
        }
        dispatch({ type: "events", runId, events });
        if (behind(latest.current[runId], events)) expand(runId, { again: true });
        if (events.some((e) => /^(run\.|interrupt|turnitin|error)/.test(e.type))) load(runId);
      }
    };
    if (!frame.current) {
      frame.current = document.visibilityState === "visible" ? requestAnimationFrame(flush) : setTimeout(flush, 200);
    }
  }, []);

  useEffect(() => {
    if (!conversationId) return undefined;
    const views = () => Object.values(latest.current);
    const unfinished = () => views().filter((view) => !TERMINAL.has(view.status) || incomplete(view)).map((view) => view.id);
    link.current = new Connection({
      conversationId,
      // A finished run needs no replay until it is opened; an unfinished one is rebuilt from 0.
      positions: () => Object.fromEntries(views().map((view) => [view.id, TERMINAL.has(view.status) && !incomplete(view) ? view.asOf : view.seq])),
      unfinished,
      onSubscribe: () => dispatch({ type: "forget-drafts" }),
      onEvent,
      onState: setConnection,
    });
    link.current.open();
    const past = Object.values(latest.current).filter((view) => TERMINAL.has(view.status));
    past.slice(-PAST_RUNS).reverse().reduce((before, view) => before.then(() => expand(view.id)), Promise.resolve());
    const poll = setInterval(() => document.visibilityState === "visible" && unfinished().forEach(load), SNAPSHOT_MS);
    return () => {
      clearInterval(poll);
      link.current.close();
    };
  }, [conversationId]);

  return { runs, connection, onSnapshot, expand, load, resubscribe: () => link.current?.resubscribe() };
}

function useDraft() {
  const [text, set] = useState(() => sessionStorage.getItem(draftKey) ?? "");
  const setText = (value) => {
    set(value);
    if (value) sessionStorage.setItem(draftKey, value);
    else sessionStorage.removeItem(draftKey);
  };
  return [text, setText];
}

/** Keeps the end in view until the person scrolls up. */
function useFollow(scroller, dependency) {
  const pinned = useRef((boot.messages ?? []).length > 0);
  const [away, setAway] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    const onScroll = () => {
      pinned.current = element.scrollHeight - element.scrollTop - element.clientHeight < 120;
      setAway(!pinned.current);
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, []);
  useEffect(() => {
    if (pinned.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [dependency]);
  const toEnd = () => {
    pinned.current = true;
    scroller.current.scrollTo({ top: scroller.current.scrollHeight, behavior: "smooth" });
  };
  return [away, toEnd];
}

/** A conversation takes the name of its document when there is one. */
function showTitle(title) {
  if (!title || title === boot.conversation.title) return;
  boot.conversation.title = title;
  document.title = `${title} · HandyWriterz`;
  for (const place of document.querySelectorAll(".topbar-title, main > h1")) place.textContent = title;
  window.dispatchEvent(new CustomEvent("hw:title", { detail: { id: boot.conversation.id, title } }));
}

function documentFromHash(runs) {
  const match = /^#document=([0-9a-f-]{36})(?:,([0-9a-f-]{36}))?$/.exec(location.hash);
  return match && runs[match[1]] ? { runId: match[1], artifactId: match[2] ?? runs[match[1]].artifactId } : null;
}

function App() {
  const [messages, setMessages] = useState(boot.messages ?? []);
  const { runs, connection, onSnapshot, expand, load, resubscribe } = useRuns(boot.conversation?.id);
  const [text, setDraft] = useDraft();
  const [options, setOptions] = useState(() => startingOptions(boot.runs?.at(-1)?.task));
  const [sending, setSending] = useState(false);
  const [error, setError] = useState("");
  const [, redraw] = useReducer((n) => n + 1, 0);
  const uploads = useMemo(() => new Uploads({ files: boot.files, maxBytes: boot.limits.upload_max_bytes, onChange: redraw }), []);
  const [shown, setShown] = useState(() => documentFromHash(runs));
  const input = useRef(null);
  const scroller = useRef(null);
  const opener = useRef(null);
  const key = useRef(null);
  const fromExample = useRef(false);
  const turns = useMemo(() => turnsOf(messages), [messages]);
  const active = Object.values(runs).filter((view) => !TERMINAL.has(view.status));
  const [away, toEnd] = useFollow(scroller, runs);
  const addFiles = useCallback((files) => uploads.add(files), []);

  useEffect(() => {
    document.body.dataset.document = shown ? "open" : "closed";
    const hash = shown ? `#document=${shown.runId},${shown.artifactId}` : "";
    if (location.hash !== hash) history.replaceState(null, "", location.pathname + location.search + hash);
  }, [shown]);

  // The sidebar need not wait for its next look at the server.
  const newest = Object.values(runs).at(-1);
  useEffect(() => {
    if (newest) window.dispatchEvent(new CustomEvent("hw:state", { detail: { id: boot.conversation.id, status: newest.status } }));
  }, [newest?.status]);

  // The panel shows the newest version while the run goes on making them.
  useEffect(() => {
    const view = shown && runs[shown.runId];
    if (view?.artifactId && shown.follow && view.artifactId !== shown.artifactId) {
      setShown({ ...shown, artifactId: view.artifactId });
    }
  }, [runs, shown]);

  // The person sees the document as soon as there is room for it beside the conversation.
  // An answer stands in the conversation itself.
  const finished = Object.values(runs).filter((view) => view.finished && view.artifactId && view.journey !== "answer").at(-1);
  const announced = useRef(new Set((boot.runs ?? []).filter((run) => TERMINAL.has(run.status)).map((run) => run.id)));
  useEffect(() => {
    if (!finished || announced.current.has(finished.id)) return;
    announced.current.add(finished.id);
    if ((!shown || shown.quiet) && window.matchMedia("(min-width: 1200px)").matches) {
      setShown({ runId: finished.id, artifactId: finished.artifactId, follow: true, quiet: true });
    }
  }, [finished?.id]);

  // What a finished run says in the thread is a message on the server; fetch it, do not wait for a reload.
  const unanswered = turns.some((turn) => turn.runId && !turn.answer && TERMINAL.has(runs[turn.runId]?.status));
  const asked = useRef("");
  useEffect(() => {
    const ended = turns.map((turn) => `${turn.runId}:${TERMINAL.has(runs[turn.runId]?.status)}`).join();
    if (!unanswered || !boot.conversation || asked.current === ended) return;
    asked.current = ended;
    api.get(`/api/conversations/${boot.conversation.id}`).then(
      (found) => {
        setMessages(found.messages);
        showTitle(found.title);
      },
      () => {}, // the run's own summary stands until the page is opened again
    );
  }, [unanswered, runs, turns]);

  // Where there is a keyboard, a new document starts with typing, and so does what follows on it.
  const focusInput = () => {
    if (window.matchMedia("(hover: hover)").matches) input.current?.focus({ preventScroll: true });
  };
  useEffect(() => {
    const justSent = boot.conversation && sessionStorage.getItem(SENT) === boot.conversation.id;
    sessionStorage.removeItem(SENT);
    if (!boot.conversation || justSent) focusInput();
  }, []);

  const onOpen = useCallback((runId, artifactId, marker = null) => {
    opener.current = document.activeElement;
    setShown((now) => (now?.artifactId === artifactId && !marker ? null : { runId, artifactId, follow: true, marker, quiet: marker !== null }));
  }, []);
  const onClose = () => {
    setShown(null);
    requestAnimationFrame(() => (opener.current?.isConnected ? opener.current : input.current)?.focus());
  };

  const onSend = async () => {
    setSending(true);
    setError("");
    key.current ??= api.newKey(); // pressing Send again after a lost answer is the same message
    try {
      const accepted = await api.post(
        "/api/chat",
        {
          message: text.trim(),
          journey: options.journey,
          file_ids: uploads.ids,
          settings: settingsOf(options),
          ...(boot.conversation ? { conversation_id: boot.conversation.id } : {}),
        },
        { headers: { "Idempotency-Key": key.current } },
      );
      key.current = null;
      setDraft("");
      if (!boot.conversation) {
        sessionStorage.setItem(SENT, accepted.conversation_id);
        location.assign(`/c/${accepted.conversation_id}/`);
        return;
      }
      setMessages((now) => [...now, { id: accepted.message_id, role: "user", text: text.trim(), run_id: accepted.run_id }]);
      setOptions(nextOptions);
      focusInput();
      await load(accepted.run_id);
      resubscribe();
      toEnd();
    } catch (problem) {
      if (!problem.transient) key.current = null;
      focusInput();
      setError(problem.errors?.length ? problem.errors.map((e) => e.message).join(" ") : problem.message);
    }
    setSending(false);
  };
  const onStop = async () => {
    for (const view of active) {
      try {
        onSnapshot(await api.post(`/api/v2/runs/${view.id}/cancel`));
      } catch (problem) {
        toastError(problem);
      }
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

  return html`<div class="stage">
    <div class="conversation">
      <div class="conversation-scroll" ref=${scroller} tabindex="-1">
        <div class="column">
          ${!boot.model_configured && html`<${NoModelBanner} brief=${turns.length > 0} />`}
          ${turns.length === 0 && html`<${Welcome} onPick=${pick} />`}
          <${Thread} turns=${turns} runs=${runs} connection=${connection} openId=${shown?.artifactId} byRule=${!boot.model_configured}
            onSnapshot=${onSnapshot} onExpand=${expand} onOpen=${onOpen} />
        </div>
      </div>
      <div class="composer-dock">
        ${away && html`<button type="button" class="button to-end" onClick=${toEnd}><${Icon} name="arrow-down" /> Latest</button>`}
        <${Composer} boot=${boot} uploads=${uploads} text=${text} setText=${setText} options=${options} setOptions=${setOptions}
          sending=${sending} error=${error} onSend=${onSend} running=${active.some((view) => view.status === "running" || view.status === "queued")} onStop=${onStop} input=${input} />
        <p class="fine-print">Read a document before you hand it in: check that each cited passage says what you say.</p>
      </div>
    </div>
    ${shown && html`<${DocumentPanel} runId=${shown.runId} artifactId=${shown.artifactId} quiet=${shown.quiet === true} wanted=${shown}
      style=${runs[shown.runId]?.task?.settings?.style ?? "harvard"} styles=${boot.styles} onClose=${onClose} />`}
    <${DropZone} onFiles=${addFiles} />
  </div>`;
}

const host = document.getElementById("app");
host.replaceChildren();
render(html`<${App} />`, host);
