// A checker's hold on a document: renewed while the page is open, and honest when it is gone.
import { useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";

const SOONEST_MS = 5000;
const LATEST_MS = 300000;

/**
 * Keep the lease of a check that is `mine`.
 * @returns {{seconds: number, failing: boolean}} what is left of it, and whether the last renewal
 *   did not reach the server (it is tried again)
 */
export function useLease(check, total, onRenewed, onLost) {
  const [seconds, setSeconds] = useState(check.lease_seconds ?? 0);
  const [failing, setFailing] = useState(false);
  const deadline = useRef(0);
  const heard = useRef({});
  heard.current = { onRenewed, onLost };

  useEffect(() => {
    if (check.mine) {
      deadline.current = Date.now() + check.lease_seconds * 1000;
      setSeconds(check.lease_seconds);
    }
  }, [check]);

  useEffect(() => {
    if (!check.mine) return undefined;
    const every = Math.min(Math.max((total * 1000) / 3, SOONEST_MS), LATEST_MS);
    let stopped = false;
    let busy = false;
    let due = Date.now() + every;
    const renew = async () => {
      if (busy || stopped) return;
      busy = true;
      try {
        const now = await api.post(`/api/v2/checks/${check.id}/renew`);
        if (stopped) return;
        due = Date.now() + every;
        setFailing(false);
        heard.current.onRenewed(now);
      } catch (error) {
        if (stopped) return;
        due = Date.now() + SOONEST_MS;
        if (error.transient) setFailing(true);
        else heard.current.onLost(error);
      } finally {
        busy = false;
      }
    };
    const tick = () => {
      setSeconds(Math.max(0, (deadline.current - Date.now()) / 1000));
      if (Date.now() >= due) renew();
    };
    // A machine that slept finds out at once, not at the next turn.
    const back = () => document.visibilityState === "visible" && renew();
    const timer = setInterval(tick, 1000);
    document.addEventListener("visibilitychange", back);
    window.addEventListener("online", back);
    return () => {
      stopped = true;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", back);
      window.removeEventListener("online", back);
    };
  }, [check.id, check.mine, total]);

  return { seconds, failing };
}
