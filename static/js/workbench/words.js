// What the workbench says in words.
import { count, plural } from "../lib/format.js";

/** Refusals that mean: the document is not with you. They are told once, above everything else. */
export const NOT_HELD = ["lease_expired", "lease_lost", "check_over", "not_claimed", "not_found"];

/** “2,340 words · target 15 % or less · cycle 2 · waiting for 3 hours” in parts. */
export function about(check) {
  return [
    plural(check.words, "word"),
    `target ${check.target_similarity} % or less`,
    `cycle ${check.cycle_number}${check.max_cycles ? ` of ${check.max_cycles}` : ""}`,
  ];
}

/** How long ago, as a length: “3 hours”. */
export function since(iso, now = Date.now()) {
  const seconds = Math.max(0, (now - new Date(iso).getTime()) / 1000);
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (seconds >= size) return plural(Math.floor(seconds / size), unit);
  }
  return "less than a minute";
}

/** What is left of a lease, no finer than anybody needs. */
export function left(seconds) {
  if (seconds >= 90) return plural(Math.round(seconds / 60), "minute");
  return plural(Math.max(0, Math.ceil(seconds)), "second");
}

export const OUTCOMES = {
  accepted: { label: "Accepted", tone: "good" },
  rejected: { label: "Sent back", tone: "warn" },
  withdrawn: { label: "Withdrawn", tone: "" },
};

export const GROUPS = {
  not_cited_or_quoted: "neither cited nor quoted",
  missing_quotation: "cited, not quoted",
  missing_citation: "quoted, not cited",
  cited_and_quoted: "cited and quoted",
};

const DEEDS = {
  asked: "asked for a check",
  claimed: "took the document",
  released: "handed it back",
  expired: "let the time run out",
  assigned: "assigned it",
  unassigned: "left it to any checker",
  report: "attached the report",
  report_removed: "removed the report",
  marked: "uploaded marked passages:",
  marks_removed: "removed the marked passages",
  accepted: "accepted it",
  rejected: "sent it back",
  withdrawn: "took it back",
};

/** One line of history. */
export function told(event) {
  if (event.deed === "asked" && !event.who) return "This server has every document checked.";
  if (event.deed === "withdrawn" && !event.who) return event.detail || "Nobody waits for it any more.";
  const detail = event.detail && event.deed !== "withdrawn" ? ` ${event.detail}` : "";
  return `${event.who || "An account that is gone"} ${DEEDS[event.deed]}${detail}`;
}

/** What a cycle came to. */
export function cycleResult(cycle) {
  const found = cycle.observed_similarity === null ? "" : `${cycle.observed_below ? "less than " : ""}${count(cycle.observed_similarity)} % found`;
  const ends = {
    awaiting_report: "waits for its report",
    report_ready: "the run is working on it",
    accepted: "accepted",
    rejected: "revised",
    expired: "no report came",
    closed: "the run ended",
  };
  const verdict = { accepted: "accepted", rejected: "sent back" }[cycle.verdict];
  const by = verdict && cycle.checker ? ` by ${cycle.checker}` : "";
  return [found, verdict ? `${verdict}${by}` : ends[cycle.status]].filter(Boolean).join(", ");
}
