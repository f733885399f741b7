// The report as the server has it: asked for, waited for, counted anew.
import { useCallback, useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { queryOf } from "./choices.js";

const POLL_MS = 1000;
const AGAIN_MS = 4000; // after a refusal or a lost connection
const COUNT_MS = 120; // several switches in a row are one question
const LOOK_MS = 30_000;

/**
 * `report` is the last answer that was a report, `waiting` the last that was none yet, `problem` why
 * there is no answer, `counting` whether what is shown is of a choice before this one.
 */
export function useReport(runId, version, choices) {
  const [state, setState] = useState({ report: null, waiting: null, problem: null });
  const [shownQuery, setShownQuery] = useState("");
  const asked = useRef("");
  const [tries, setTries] = useState(0);
  const query = version ? queryOf(version, choices) : "";

  useEffect(() => {
    if (!version) return undefined;
    const stop = new AbortController();
    let timer = null;
    const again = asked.current === "post";
    asked.current = "";
    const ask = async (how) => {
      try {
        const found = await how();
        if (found.status === "done") {
          setState({ report: found, waiting: null, problem: null });
          setShownQuery(query);
          return;
        }
        setState({ report: null, waiting: found, problem: null });
        if (found.status !== "failed") timer = setTimeout(() => ask(get), POLL_MS);
      } catch (problem) {
        if (problem.name === "AbortError") return;
        setState((before) => ({ ...before, problem }));
        if (problem.transient) timer = setTimeout(() => ask(get), AGAIN_MS);
      }
    };
    const path = `/api/v2/runs/${runId}/similarity?${query}`;
    const get = () => api.get(path, { signal: stop.signal });
    timer = setTimeout(() => ask(again ? () => api.post(path, undefined, { signal: stop.signal }) : get), state.report ? COUNT_MS : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [runId, query, tries]);

  const retry = useCallback(() => {
    asked.current = "post";
    setState({ report: null, waiting: null, problem: null });
    setTries((n) => n + 1);
  }, []);
  return { ...state, counting: Boolean(state.report) && shownQuery !== query, retry };
}

/** The versions of the document, newest first; looked at again while the page is open. */
export function useVersions(runId, first) {
  const [versions, setVersions] = useState(first);
  useEffect(() => {
    let current = true;
    const look = () => {
      if (document.visibilityState !== "visible") return;
      api.get(`/api/v2/runs/${runId}/artifacts?kind=document&limit=50`).then(
        ({ items }) => {
          if (!current || !items.length) return;
          const found = items.map(({ id, version }) => ({ id, version }));
          setVersions((before) => {
            const known = new Set(before.map(({ id }) => id));
            const fresh = found.filter(({ id }) => !known.has(id));
            return fresh.length ? [...before, ...fresh].sort((a, b) => b.version - a.version) : before;
          });
        },
        () => {}, // the next look may be luckier
      );
    };
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      current = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [runId]);
  return versions;
}
