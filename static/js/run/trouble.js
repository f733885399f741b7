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
