// Why a model is waited for, passed over or asked anew, in words.
import { duration } from "../lib/format.js";
import { partsOf } from "../models/words.js";

const WHAT = {
  rate_limit: "is asked too often",
  overload: "is overloaded",
  server: "failed",
  network: "cannot be reached",
  timeout: "did not answer in time",
  auth: "refused the key",
  quota: "has no credit left",
  context_overflow: "cannot read that much at once",
  content_filter: "blocked the request",
  model_not_found: "is not known there",
  rejected: "did not take the request",
  malformed: "answered unreadably",
  refused: "declined to answer",
  not_configured: "is not set up",
  circuit_open: "is left alone for a while",
  expired: "took too long",
};

/** One phrase on what a model is waited for. */
export function troubleOf({ model, code, delay = 0, fallback, at }, now) {
  const what = `${partsOf(model).name} ${WHAT[code] ?? "gave no answer"}`;
  if (fallback) return `${what}; asking ${partsOf(fallback).name} instead`;
  const left = delay - (now - new Date(at).getTime()) / 1000;
  return left >= 1 ? `${what}; trying again in ${duration(left)}` : `${what}; trying again`;
}

/** Events that tell why a model was waited for, passed over or asked anew. */
export const isTrouble = (event) =>
  event.type === "retry" || event.type === "attempt.restarted" || (event.type === "note" && Boolean(event.meta?.model && event.meta.code));

const NOTED = { circuit_opened: "Left alone", circuit_closed: "Back", circuit_open: "Left alone", left_out: "Shortened" };

/** What a person calls an event about a model; "" for any other. */
export function labelOf({ type, meta = {} }) {
  if (!meta.model) return "";
  if (type === "retry") return meta.fallback ? "Other model" : meta.delay >= 1 ? "Waited" : "Asked again";
  if (type === "attempt.restarted") return "Begun anew";
  if (type !== "note") return "";
  if (meta.fallback) return "Other model";
  if (meta.resumed_words) return "Gone on with";
  if (meta.rung) return "Mended";
  return meta.code ? (NOTED[meta.code] ?? "Model") : "";
}

const BECAME = {
  rate_limit: "was asked too often",
  auth: "refused the key",
  quota: "has no credit left",
  context_overflow: "could not read that much at once",
  content_filter: "blocked a request",
  model_not_found: "is not known there",
  rejected: "did not take a request",
  malformed: "answered unreadably",
  refused: "declined to answer",
  not_configured: "is not set up",
  address: "may not be called",
  too_dear: "would cost too much",
};
const SILENT = ["overload", "server", "network", "timeout", "circuit_open", "expired"];

/** Waited for, or asked once more: the same model did the work in the end, or another is told of. */
export const isRepeat = (event) => event.type === "retry" && !event.meta.fallback;

export const repeats = (number) => `Waited or asked again ${number === 1 ? "once" : `${number} times`}`;

/** {said, matters} of a run's troubles in one line, what matters first: another model took over, or
 * one that was not replaced is left alone. Waiting by itself does not matter. */
export function summaryOf(events) {
  const moves = new Map(events.filter(({ meta }) => meta.fallback).map((event) => [`${event.meta.model} ${event.meta.fallback}`, event]));
  const said = [...moves.values()].map(({ meta }) => took(meta));
  for (const model of new Set(events.filter(({ meta }) => meta.code === "circuit_opened").map(({ meta }) => meta.model))) {
    if (said.length && [...moves.values()].some(({ meta }) => meta.model === model)) continue;
    const back = events.findLast(({ meta }) => meta.model === model && /^circuit_(opened|closed)$/.test(meta.code)).meta.code === "circuit_closed";
    said.push(`${partsOf(model).name} ${back ? "stopped answering for a while" : "stopped answering"}`);
  }
  const matters = said.length > 0;
  const again = events.filter(isRepeat).length;
  if (again) said.push(repeats(again));
  const anew = events.filter(({ type }) => type === "attempt.restarted").length;
  if (anew) said.push(`began ${anew === 1 ? "an answer" : `${anew} answers`} anew`);
  if (!said.length) said.push(events.length === 1 ? "One note on a model" : `${events.length} notes on models`);
  return { said: said.map((words, at) => (at ? words.replace(/^Waited/, "waited") : words.replace(/^began/, "Began"))).join("; "), matters };
}

/** "slow-lab stopped answering; compatible took over": by connection where the models are named alike. */
function took({ model, fallback, code }) {
  const [from, to] = [partsOf(model), partsOf(fallback)];
  const by = from.name === to.name ? "connection" : "name";
  const why = BECAME[code] ?? (SILENT.includes(code) ? "stopped answering" : "");
  return why ? `${from[by]} ${why}; ${to[by]} took over` : `${to[by]} took over from ${from[by]}`;
}
