// The proposed changes of a draft and what was decided, as the server has them. Decisions show at once
// and are taken back if the server refuses; a tab that was left for a while asks how things stand.
import { useCallback, useEffect, useMemo, useReducer, useRef } from "../lib/view.js";
import * as api from "../lib/api.js";
import { toastError } from "../ui/toast.js";

const PAGE = 200;

function reduce(state, action) {
  switch (action.type) {
    case "page": {
      const { page, first } = action;
      const blocks = first === 0 ? page.blocks : [...state.blocks, ...page.blocks];
      const about = first === 0 ? page : { ...state.about, counts: page.counts };
      return { ...state, about, blocks, next: page.next_block, loading: false, error: null };
    }
    case "loading":
      return { ...state, loading: true, error: null };
    case "failed":
      return { ...state, loading: false, error: action.error };
    case "decided": {
      // `decided` names every change that is not open; `numbers` limits it to what was asked.
      const of = (change) => {
        if (action.numbers && !action.numbers.has(change.number)) return change.decision;
        return action.decided ? (action.decided[change.number] ?? "undecided") : action.decision;
      };
      const blocks = state.blocks.map((block) => {
        if (!block.changes.some((change) => of(change) !== change.decision)) return block;
        return { ...block, changes: block.changes.map((change) => ({ ...change, decision: of(change) })) };
      });
      const counts = action.counts ?? state.about.counts;
      return { ...state, blocks, about: { ...state.about, counts } };
    }
    default:
      return state;
  }
}

const START = { blocks: [], about: null, next: 0, loading: true, error: null };

export function useChanges(runId, artifactId) {
  const [state, dispatch] = useReducer(reduce, START);
  const base = `/api/v2/runs/${runId}/rewriting/${artifactId}`;
  const busy = useRef(false);
  const underWay = useRef({ open: 0, mixed: false }); // questions about decisions

  const load = useCallback(async (first) => {
    if (busy.current) return;
    busy.current = true;
    dispatch({ type: "loading" });
    try {
      dispatch({ type: "page", first, page: await api.get(`${base}?from=${first}&limit=${PAGE}`) });
    } catch (error) {
      dispatch({ type: "failed", error });
    } finally {
      busy.current = false;
    }
  }, [base]);
  useEffect(() => {
    load(0);
  }, [load]);

  /** Show what is answered, once nothing more is asked. Of answers that were under way together none
   * need know all, so it is asked how things stand. */
  const settle = useCallback(async function settle(answer) {
    const under = underWay.current;
    under.open += 1;
    under.mixed ||= under.open > 1;
    let found;
    try {
      found = await answer;
    } finally {
      under.open -= 1;
    }
    if (under.open > 0) return;
    if (under.mixed) {
      under.mixed = false;
      await settle(api.get(`${base}/decisions`));
      return;
    }
    dispatch({ type: "decided", decided: found.decided, counts: found.counts });
  }, [base]);
  const refresh = useCallback(async () => {
    try {
      await settle(api.get(`${base}/decisions`));
    } catch {
      // what is shown stands; the next decision asks again
    }
  }, [base, settle]);
  useEffect(() => {
    const back = () => document.visibilityState === "visible" && refresh();
    document.addEventListener("visibilitychange", back);
    window.addEventListener("focus", back);
    return () => {
      document.removeEventListener("visibilitychange", back);
      window.removeEventListener("focus", back);
    };
  }, [refresh]);

  /** `numbers` null means every change. */
  const decide = useCallback(async (decision, numbers) => {
    dispatch({ type: "decided", decision, numbers: numbers && new Set(numbers) });
    try {
      await settle(api.patch(`${base}/decisions`, numbers ? { decision, numbers } : { decision }));
    } catch (problem) {
      toastError(problem);
      refresh();
    }
  }, [base, refresh, settle]);

  const changes = useMemo(() => state.blocks.flatMap((block) => block.changes.map((change) => ({ ...change, block: block.id }))), [state.blocks]);
  return { ...state, changes, decide, more: () => state.next !== null && load(state.next), reload: () => load(state.next ?? 0) };
}
