// Sending what stands in the composer: as a new request, or as a word to the run that is live.
import { useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { settingsOf } from "./options.js";

/** What is being written survives a reload of its conversation. */
export function useDraft(name) {
  const [text, set] = useState(() => sessionStorage.getItem(name) ?? "");
  const setText = (value) => {
    set(value);
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  };
  return [text, setText];
}

/**
 * Where messages go: into the live run unless the person chose otherwise. A choice lasts as long as
 * that run does.
 */
export function useAim(live) {
  const [chosen, setChosen] = useState({});
  const aim = live && (chosen[live.id] ?? "steer");
  return [aim ?? "new", (next) => live && setChosen({ [live.id]: next })];
}

/** Whether the run that `text` was meant for has ended while it was written. */
export function useTurned({ live, aim, text }) {
  const [turned, setTurned] = useState(false);
  const before = useRef({ live, aim });
  const empty = !text.trim();
  useEffect(() => {
    const was = before.current;
    before.current = { live, aim };
    if (live || empty) setTurned(false);
    else if (was.live && was.aim === "steer") setTurned(true);
  }, [live?.id, aim, empty]);
  return turned;
}

/**
 * `send(path, body)` posts once however often it is pressed after a lost answer, and gives
 * `{accepted}` or `{problem}`, which is shown until the next try.
 */
export function useSending({ text, aim }) {
  const [sending, setSending] = useState(false);
  const [refused, setRefused] = useState(null);
  const key = useRef(null);

  // Another text or another addressee is another message.
  useEffect(() => {
    key.current = null;
  }, [text, aim]);

  const send = async (path, body) => {
    setSending(true);
    setRefused(null);
    key.current ??= api.newKey();
    try {
      const accepted = await api.post(path, body, { headers: { "Idempotency-Key": key.current } });
      key.current = null;
      return { accepted };
    } catch (problem) {
      if (!problem.transient) key.current = null;
      setRefused(problem);
      return { problem };
    } finally {
      setSending(false);
    }
  };
  return { sending, refused, setRefused, send };
}

/** The request that the composer's text and choices stand for. */
export function requestOf(text, options, uploads, conversationId) {
  return {
    message: text.trim(),
    journey: options.journey,
    file_ids: uploads.ids,
    settings: settingsOf(options),
    ...(conversationId ? { conversation_id: conversationId } : {}),
  };
}
