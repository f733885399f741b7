// A checker's hold on a document: renewed while somebody is at the page, let go when it is forgotten,
// and honest when it is gone.
import { useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";

const SOONEST_MS = 5000;
const LATEST_MS = 300000;
const SIGNS = ["pointerdown", "keydown", "scroll", "input"]; // of somebody at the page

/**
 * Keep the lease of a check that is `mine`, as long as there was a sign of life within one lease.
 * @returns {{seconds: number, failing: boolean, idle: boolean}} what is left of it, whether the last
 *   renewal did not reach the server (it is tried again), and whether it is no longer renewed
 *   because nobody has touched the page
 */
export function useLease(check, total, onRenewed, onLost) {
  const [seconds, setSeconds] = useState(check.lease_seconds ?? 0);
  const [failing, setFailing] = useState(false);
  const [idle, setIdle] = useState(false);
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
    let alive = Date.now();
    const forgotten = () => Date.now() - alive >= total * 1000;
    const tick = () => {
      const left = Math.max(0, (deadline.current - Date.now()) / 1000);
      setSeconds(left);
      setIdle(forgotten());
      // Nobody is here: it runs out, and then the server says what became of it.
      if (forgotten() ? left === 0 && Date.now() >= due : Date.now() >= due) renew();
    };
    const touched = () => {
      const was = forgotten();
      alive = Date.now();
      if (was) {
        setIdle(false);
        renew();
      }
    };
    // A machine that slept finds out at once, not at the next turn.
    const back = () => {
      if (document.visibilityState !== "visible") return;
      alive = Date.now();
      renew();
    };
    const timer = setInterval(tick, 1000);
    for (const sign of SIGNS) window.addEventListener(sign, touched, { capture: true, passive: true });
    document.addEventListener("visibilitychange", back);
    window.addEventListener("online", back);
    return () => {
      stopped = true;
      clearInterval(timer);
      for (const sign of SIGNS) window.removeEventListener(sign, touched, { capture: true });
      document.removeEventListener("visibilitychange", back);
      window.removeEventListener("online", back);
    };
  }, [check.id, check.mine, total]);

  return { seconds, failing, idle };
}
