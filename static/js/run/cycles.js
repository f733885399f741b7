// The originality cycles of a run as the server has them, and the words for where they stand.
import { useCallback, useEffect, useState } from "../lib/view.js";
import * as api from "../lib/api.js";

const NOTHING = { cycles: [], statement: "", failed: false };

/** Cycles, and what of the target was not reached; asked for again when the run's own events say that
 * something is different. */
export function useCycles(view) {
  const [found, setFound] = useState(NOTHING);
  const wanted = view.cycle !== null || (view.task?.settings?.target_similarity ?? null) !== null;
  const at = [view.cycle?.cycle_id, view.cycle?.status, view.status, view.revised?.cycle_id].join(" ");
  const load = useCallback(
    async (signal) => {
      try {
        const { cycles, statement = "" } = await api.get(`/api/v2/turnitin/${view.id}/status`, { signal });
        setFound({ cycles, statement, failed: false });
      } catch (problem) {
        if (problem.name !== "AbortError") setFound((before) => ({ ...before, failed: true }));
      }
    },
    [view.id],
  );
  useEffect(() => {
    if (!wanted) return undefined;
    const stop = new AbortController();
    load(stop.signal);
    return () => stop.abort();
  }, [wanted, at]);
  return { ...found, load };
}

/** As a report says it: a bound stays a bound, and no figure is none. */
export function figure(value, below = false) {
  if (value === null || value === undefined) return "no figure";
  return `${below ? "<\u202f" : ""}${value}\u202f%`;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MOMENT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
export const day = (iso) => DAY.format(new Date(iso));
export const moment = (iso) => MOMENT.format(new Date(iso));

/** [word, tone, icon] for where the originality check stands. */
export function standing(view, cycle, checker) {
  switch (cycle.status) {
    case "awaiting_report":
      if (view.status === "paused") return ["Paused", "warn", "pause"];
      if (withChecker(checker)) return ["With a checker", "warn", "user"];
      return ["Waiting for you", "warn", "hand"];
    case "report_ready":
      return ["Report received", "live", "loader-circle"];
    case "accepted":
      return ["Accepted", "good", "circle-check"];
    case "expired":
      return ["No report came", "warn", "clock"];
    case "closed":
      return ["Ended without a report", "", "square"];
    default:
      return view.status === "succeeded" ? ["Target not reached", "warn", "triangle-alert"] : ["Being revised", "live", "loader-circle"];
  }
}

export const withChecker = (checker) => Boolean(checker?.check && checker.check.status !== "done");
