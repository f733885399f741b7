// Which document is open beside the conversation.
import { useCallback, useEffect, useRef, useState } from "../lib/view.js";
import { keepPlace, placeOf } from "../lib/place.js";
import { TERMINAL } from "../run/state.js";

function documentFromPlace(runs) {
  const [runId, artifactId] = placeOf("document") ?? [];
  return runs[runId] ? { runId, artifactId: artifactId || runs[runId].artifactId } : null;
}

/** `input` takes the focus back when what opened the document is gone. */
export function useShown(runs, input) {
  const [shown, setShown] = useState(() => documentFromPlace(runs));
  const opener = useRef(null);

  useEffect(() => {
    document.body.dataset.document = shown ? "open" : "closed";
    keepPlace("document", shown && [shown.runId, shown.artifactId]);
  }, [shown]);

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
  const announced = useRef(new Set(Object.values(runs).filter((view) => TERMINAL.has(view.status)).map((view) => view.id)));
  useEffect(() => {
    if (!finished || announced.current.has(finished.id)) return;
    announced.current.add(finished.id);
    // Whoever is in a document by keyboard stays there.
    const inside = document.querySelector(".document-panel")?.contains(document.activeElement);
    if ((!shown || (shown.quiet && !inside)) && window.matchMedia("(min-width: 1200px)").matches) {
      setShown({ runId: finished.id, artifactId: finished.artifactId, follow: true, quiet: true });
    }
  }, [finished?.id]);

  const onOpen = useCallback((runId, artifactId) => {
    opener.current = document.activeElement;
    setShown((now) => (now?.artifactId === artifactId ? null : { runId, artifactId, follow: true }));
  }, []);
  const onClose = () => {
    setShown(null);
    requestAnimationFrame(() => (opener.current?.isConnected ? opener.current : input.current)?.focus());
  };
  return { shown, onOpen, onClose };
}
