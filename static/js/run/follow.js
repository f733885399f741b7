// The runs of a conversation as they go on: snapshots, live events, and the replay of what was missed.
import { useCallback, useEffect, useReducer, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { toastError } from "../ui/toast.js";
import { Connection, replay } from "./connection.js";
import { applyEvent, applySnapshot, behind, forgetTexts, fromSnapshot, TERMINAL } from "./state.js";

const SNAPSHOT_MS = 3000;
const REPLAY_RETRY_MS = 2000;
const PAST_RUNS = 12; // finished runs rebuilt at once; older ones when they are opened
const TELLING = /^(run\.|interrupt|turnitin|error)/; // events after which the snapshot says more

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
    case "forget-texts":
      return Object.fromEntries(Object.values(runs).map((run) => [run.id, forgetTexts(run)]));
    default:
      return runs;
  }
}

const viewsOf = (snapshots) => Object.fromEntries(snapshots.map((snapshot) => [snapshot.id, fromSnapshot(snapshot)]));

/** Whether the end of a run that was followed is known, but not yet everything up to it. */
const incomplete = (view) => TERMINAL.has(view.status) && view.seq > 0 && view.seq < view.asOf;

/** `snapshots` are what the page came with; `conversationId` is null until there is one. */
export function useRuns(conversationId, snapshots) {
  const [runs, dispatch] = useReducer(runsReducer, snapshots, viewsOf);
  const [connection, setConnection] = useState("connecting");
  const latest = useRef(runs);
  latest.current = runs;
  const link = useRef(null);
  const waiting = useRef([]);
  const frame = useRef(0);
  const replaying = useRef(new Set());
  const arriving = useRef(new Map());
  const lagging = useRef(new Map());

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
      // An answer that leaves out what is known to have happened is as good as none.
      if (view.asOf > view.seq && events[0]?.seq !== view.seq + 1 && latest.current[runId].seq === view.seq) throw new api.ApiError({ code: "incomplete" });
      dispatch({ type: "events", runId, events, complete: true });
      if (view.models === null) load(runId); // an old run came with its row only
      replaying.current.delete(runId);
    } catch (error) {
      const again = () => {
        replaying.current.delete(runId);
        expand(runId, { again: true });
      };
      if (error.transient) setTimeout(again, REPLAY_RETRY_MS);
      else {
        replaying.current.delete(runId);
        toastError(error);
      }
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
          const heard = arriving.current.get(runId);
          if (heard) {
            heard.push(...events);
            continue;
          }
          arriving.current.set(runId, events);
          load(runId).then(() => {
            dispatch({ type: "events", runId, events: arriving.current.get(runId) });
            arriving.current.delete(runId);
          });
          continue;
        }
        dispatch({ type: "events", runId, events });
        if (behind(latest.current[runId], events)) expand(runId, { again: true });
        if (events.some((e) => TELLING.test(e.type) || e.source === "runtime")) load(runId);
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
      caughtUp: () => views().every((view) => TERMINAL.has(view.status) || view.seq >= view.asOf),
      onSubscribe: () => dispatch({ type: "forget-texts" }),
      onEvent,
      onState: setConnection,
    });
    link.current.open();
    const past = Object.values(latest.current).filter((view) => TERMINAL.has(view.status));
    past.slice(-PAST_RUNS).reverse().reduce((before, view) => before.then(() => expand(view.id)), Promise.resolve());
    const look = () => {
      if (document.visibilityState !== "visible") return;
      // Whatever was lost on the way: a view that does not move towards the server's is replayed.
      for (const view of views().filter((v) => v.seq > 0 && v.seq < v.asOf)) {
        if (lagging.current.get(view.id) === view.seq) expand(view.id, { again: true });
        lagging.current.set(view.id, view.seq);
      }
      unfinished().forEach(load);
    };
    const poll = setInterval(look, SNAPSHOT_MS);
    return () => {
      clearInterval(poll);
      link.current.close();
    };
  }, [conversationId]);

  return { runs, connection, onSnapshot, expand, load, resubscribe: () => link.current?.resubscribe() };
}
