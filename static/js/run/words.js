// What a run's view says to people: what goes on now, and how it ended.
import { troubleOf } from "./trouble.js";
import { TERMINAL } from "./state.js";

const ORDINAL = { one: "st", two: "nd", few: "rd", other: "th" };
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });

const ordinal = (number) => `${number.toLocaleString("en-GB")}${ORDINAL[ordinals.select(number)]}`;

/** One sentence about what is going on now. */
export function activity(view, now = Date.now()) {
  if (view.status === "queued") {
    if (!view.workerUp) return "No worker is running";
    if (view.queuePosition === 1) return "Next in line";
    return view.queuePosition > 1 ? `${ordinal(view.queuePosition)} in line` : "Waiting for a worker";
  }
  if (view.status === "paused") return "Paused. Everything so far is kept";
  if (view.status === "waiting_human") {
    if (view.waitingFor?.kind === "plan_approval") return "The plan is ready for you";
    if (view.waitingFor?.kind === "tool_approval") return "It asks whether it may use a tool";
    return view.cycle ? "Waiting for your similarity report" : "Waiting for you";
  }
  if (TERMINAL.has(view.status)) return endingOf(view).title;
  if (view.requested === "pause") return "Pausing after this step";
  if (view.trouble) return troubleOf(view.trouble, now);
  const running = view.plan?.steps.filter((step) => step.status === "running") ?? [];
  // Of several that go on, the one that spoke last.
  const [telling] = running.filter((step) => view.headway[step.id]).sort((a, b) => view.headway[b.id].seq - view.headway[a.id].seq);
  if (telling) {
    const { text } = view.headway[telling.id];
    return `${telling.title}: ${text[0].toLowerCase()}${text.slice(1).replace(/\.$/, "")}`;
  }
  if (running.length > 1) return `${running[0].title} and ${running.length - 1} more`;
  if (running.length === 1) return running[0].title;
  if (view.node === "reflect") return view.artifactId ? "Checking the draft" : "Taking stock";
  return DOING[view.node] ?? "Starting";
}

const DOING = {
  plan: "Planning",
  act: "Going on to the next step",
  expand: "Searching wider",
  repair: "Working around a failed step",
  turnitin_pause: "Preparing the originality check",
};

const ENDINGS = {
  completed: ["Done", "good"],
  gates_unmet: ["Done, with open points", "warn", "The best draft is ready, but it did not pass every check. The open points are listed under Checks."],
  report_expired: ["Done, without its similarity report", "warn", "The report never came, so the run stopped waiting. The best draft is kept. To bring a report after all, go on from the last step in a copy."],
  no_evidence: ["Your sources do not cover this", "warn", "Nothing in your files supports an answer, so nothing was made up. Add sources that cover the question and ask again."],
  budget_tokens: ["Stopped at the token limit", "warn", "With a higher limit the run goes on from where it stopped."],
  budget_seconds: ["Stopped at the time limit", "warn", "With a higher limit the run goes on from where it stopped."],
  budget_usd: ["Stopped at the cost limit", "warn", "With a higher limit the run goes on from where it stopped."],
  quota: ["Your allowance for today is used up", "warn", "The allowance starts anew at midnight UTC; then the run can go on from where it stopped."],
  loop_limit: ["Stopped after too many rounds", "warn", "The checks kept asking for more. The best draft so far is kept; the open points are listed under Checks."],
  cancelled: ["Stopped", "", "You stopped this run. What was made until then is kept."],
  poisoned: ["Stopped: it could not get past one step", "bad", "What was finished before it is kept."],
  error: ["Something went wrong", "bad", "What was finished before is kept."],
};

/** How the run ended, in plain words. */
export function endingOf(view) {
  const fallback = { succeeded: "completed", cancelled: "cancelled", failed: "error" }[view.status];
  // Unread files are not sources that say nothing; what failed says the rest.
  const unread = view.plan?.steps.some((step) => step.id === "read" && step.status === "failed");
  if (view.stopReason === "no_evidence" && view.journey === "rewrite") return { title: "The draft could not be read", kind: "warn", text: "" };
  if (view.stopReason === "no_evidence" && unread) return { title: "No source could be read", kind: "warn", text: "" };
  const [title, kind, text = ""] = ENDINGS[view.stopReason] ?? ENDINGS[fallback] ?? ENDINGS.error;
  return { title, kind, text };
}

/** The part of the budget that ended the run: "tokens" | "seconds" | "usd", or null. */
export function limitReached(view) {
  const [, name] = /^budget_(tokens|seconds|usd)$/.exec(view.stopReason ?? "") ?? [];
  return TERMINAL.has(view.status) ? (name ?? null) : null;
}

export function elapsedSeconds(view, now = Date.now()) {
  const from = view.startedAt ?? view.createdAt;
  if (!from) return 0;
  const to = view.finishedAt ? new Date(view.finishedAt).getTime() : now;
  return Math.max(0, (to - new Date(from).getTime()) / 1000);
}
