// Where the thread is scrolled to.
import { useEffect, useRef, useState } from "../lib/view.js";

const NEAR_PX = 120; // so near to the end, one is there

/** Keeps the end in view until the person scrolls up. */
export function useFollow(scroller, dependency, startsPinned) {
  const pinned = useRef(startsPinned);
  const [away, setAway] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    const atEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    const onScroll = () => {
      pinned.current = atEnd();
      setAway(!pinned.current);
    };
    // What is shown can become shorter without a scroll. Where it becomes longer, as when details are
    // opened, the person looks at what grew and has not left the end.
    const sizes = new ResizeObserver(() => atEnd() && setAway(false));
    sizes.observe(element);
    sizes.observe(element.firstElementChild);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
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
