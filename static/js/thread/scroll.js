// Where the thread is scrolled to.
import { useEffect, useRef, useState } from "../lib/view.js";

/** Keeps the end in view until the person scrolls up. */
export function useFollow(scroller, dependency, startsPinned) {
  const pinned = useRef(startsPinned);
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
