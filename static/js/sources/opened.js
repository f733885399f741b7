// Which source is open beside the conversation, and who gets the focus back.
import { useCallback, useEffect, useRef, useState } from "../lib/view.js";
import { placeOf } from "../lib/place.js";

/** What was open when the page was left. */
export function sourceFromPlace() {
  const kept = placeOf("source");
  if (!kept) return null;
  const [sourceId, page, passageId, tab] = kept;
  return { sourceId, passageId: passageId || undefined, page: Number(page) || undefined, tab: tab || undefined, quiet: true };
}

/** `otherwise` is focused when what opened the source is gone. */
export function useSource(otherwise) {
  const [target, setTarget] = useState(sourceFromPlace);
  const opener = useRef(null);
  useEffect(() => {
    document.body.dataset.source = target ? "open" : "closed";
  }, [target]);
  const open = useCallback((wanted, from = document.activeElement) => {
    opener.current = from;
    setTarget(wanted);
  }, []);
  const close = useCallback(() => {
    setTarget(null);
    requestAnimationFrame(() => (opener.current?.isConnected ? opener.current : otherwise.current)?.focus());
  }, []);
  return { target, open, close };
}
