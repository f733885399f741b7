// Sending what stands in the composer: as a new request, or as a word to the run that is live.
import { useEffect, useRef, useState } from "../lib/view.js";
import * as api from "../lib/api.js";
import { settingsOf } from "./options.js";

const placeOf = (conversation) => `hw-draft:${conversation ?? "new"}`;

/**
 * What is being written survives a reload of its conversation. Of what was sent, `setSent` keeps
 * the words that were written while it was under way, in the conversation that it has begun.
 */
export function useDraft(conversation) {
  const place = useRef(placeOf(conversation));
  const [text, set] = useState(() => sessionStorage.getItem(place.current) ?? "");
  const latest = useRef(text);
  const setText = (value) => {
    latest.current = value;
    set(value);
    if (value) sessionStorage.setItem(place.current, value);
    else sessionStorage.removeItem(place.current);
  };
  const setSent = (words, begun = conversation) => {
    const left = leftOf(latest.current, words);
    setText("");
    place.current = placeOf(begun);
    setText(left);
  };
  return [text, setText, setSent];
}

/** What stands behind the `words`; all of `text`, if they were changed themselves. */
const leftOf = (text, words) => (text.startsWith(words) ? text.slice(words.length).trimStart() : text);

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
