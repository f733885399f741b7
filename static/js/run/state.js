// What a run looks like, rebuilt from its events. Pure: the same events give the same view, so a
// reload at any moment shows what was there before.

export const TERMINAL = new Set(["succeeded", "failed", "cancelled"]);

const NODE_OF_SOURCE = {
  planner: "plan",
  executor: "act",
  writer: "act",
  analyst: "act",
  critic: "reflect",
  researcher: "expand",
  self_debugger: "repair",
  debugger: "repair",
  turnitin_coordinator: "turnitin_pause",
  reviser: "turnitin_pause",
  coordinator: "turnitin_pause",
};

const NODE_OF_TYPE = {
  "plan.updated": "plan",
  "step.started": "act",
  action: "act",
  observation: "act",
  "section.committed": "act",
  verdict: "reflect",
  "citation.verified": "reflect",
  "turnitin.awaiting_report": "turnitin_pause",
  "turnitin.report_ready": "turnitin_pause",
  "turnitin.revised": "turnitin_pause",
  "turnitin.expired": "turnitin_pause",
};

/** A run before its first event, from the API's snapshot. */
export function fromSnapshot(snapshot) {
  return applySnapshot(
    {
      id: snapshot.id,
      seq: 0,
      status: snapshot.status,
      node: null,
      visited: [],
      log: [],
      plan: null,
      steps: {},
      verdict: null,
      verdicts: 0,
      sources: {},
      sections: [],
      texts: {}, // being streamed, by task
      writers: {}, // the task that writes a step
      artifacts: {},
      citations: null,
      cycle: null,
      revised: null, // what became of the passages that the last report sent back
      told: [],
      models: null, // which have worked; null until a snapshot says so
      trouble: null, // why a model is waited for
      headway: {}, // how far a running step is, by step
      broken: {}, // what is said of an answer that broke off, by task
      finished: null,
      budget: null,
      replayed: false,
    },
    snapshot,
  );
}

/** Bring in a newer snapshot. Events win over an older one. */
export function applySnapshot(view, snapshot) {
  const next = {
    ...view,
    title: snapshot.title,
    journey: snapshot.journey,
    task: snapshot.task ?? view.task,
    createdAt: snapshot.created_at,
    startedAt: snapshot.started_at ?? view.startedAt,
    // Money and time move without an event, so the newest snapshot knows best.
    budget: snapshot.as_of_seq >= (view.asOf ?? 0) ? { ...view.budget, ...snapshot.budgets } : view.budget,
    queuePosition: snapshot.queue_position ?? null,
    workerUp: snapshot.worker_up !== false,
    artifactId: snapshot.artifact_id ?? view.artifactId ?? null,
    parentId: snapshot.parent_id ?? null,
    models: snapshot.models ?? view.models,
    asOf: Math.max(view.asOf ?? 0, snapshot.as_of_seq),
  };
  if (snapshot.as_of_seq >= view.seq) {
    next.status = snapshot.status;
    next.requested = snapshot.requested ?? "";
    next.stopReason = snapshot.stop_reason || (TERMINAL.has(snapshot.status) ? view.stopReason : "") || "";
    next.error = snapshot.error || "";
    next.finishedAt = snapshot.finished_at;
    if (!TERMINAL.has(snapshot.status)) next.finished = null;
    next.waitingFor = snapshot.waiting_for ?? null;
    if (snapshot.plan) next.plan = mergePlan(view.plan, snapshot.plan);
    if (snapshot.last_verdict && !view.verdict) next.verdict = snapshot.last_verdict;
  }
  return next;
}

/**
 * The view after one event. Sequence numbers have no gaps, so an event that was seen before, or
 * that came ahead of its turn, changes nothing; `behind` tells that some are missing.
 */
export function applyEvent(view, event) {
  if (event.type === "token") return withToken(view, event);
  if (event.seq !== view.seq + 1) return view;
  const meta = event.meta ?? {};
  const next = { ...view, seq: event.seq, lastAt: event.ts, log: [...view.log, event] };
  // Findings and remarks are made on the way; they do not move the loop.
  const moves = event.type in NODE_OF_TYPE || event.type === "retry";
  const node = moves ? (NODE_OF_SOURCE[event.source] ?? NODE_OF_TYPE[event.type]) : null;
  if (node && node !== view.node) {
    next.node = node;
    next.visited = view.visited.includes(node) ? view.visited : [...view.visited, node];
  }
  if (!ASIDE.has(event.type)) next.trouble = null;
  const change = CHANGES[event.type];
  if (change) Object.assign(next, known(view, event, change(next, meta, event)));
  const stepId = meta.step_id ?? meta.observation?.step_id;
  if (stepId && event.type !== "plan.updated") next.steps = withEntry(next.steps, stepId, event);
  return next;
}

/** What an event changes: a snapshot that is newer knows better how things stand. */
function known(view, event, { status, waitingFor, requested, ...rest }) {
  if (event.seq <= view.asOf) return rest;
  const said = Object.entries({ status, waitingFor, requested }).filter(([, value]) => value !== undefined);
  return { ...rest, ...Object.fromEntries(said) };
}

/** Whether `events` start beyond what the view has, so that a replay is needed. */
export function behind(view, events) {
  const fresh = events.filter((event) => event.seq > view.seq);
  return fresh.length > 0 && fresh.at(-1).seq > view.seq + fresh.length;
}

/** What may come while a model is waited for, without an answer of it. */
const ASIDE = new Set(["note", "budget", "retry", "attempt.restarted", "source.found", "token"]);

const CHANGES = {
  "run.started": () => ({}),
  "plan.updated": (view, { plan }) => ({
    plan: plan ? mergePlan(null, plan) : view.plan,
    ...working(view),
  }),
  "step.started": (view, meta) => ({
    plan: withStep(view.plan, meta, "running"),
    // A step that is begun again is written again: what it gave before is on its way out.
    writers: meta.task_id ? { ...view.writers, [meta.step_id]: meta.task_id } : view.writers,
    texts: without(view.texts, view.writers[meta.step_id]),
    sections: view.sections.filter((section) => section.step_id !== meta.step_id),
    headway: without(view.headway, meta.step_id),
    ...working(view),
  }),
  action: (view) => working(view),
  observation: (view, meta) => {
    const observation = meta.observation ?? {};
    const id = meta.step_id ?? observation.step_id;
    const status = meta.status ?? (observation.ok ? "done" : "failed");
    return {
      headway: without(view.headway, id),
      plan: withStep(view.plan, { step_id: id, summary: observation.summary }, status),
      ...working(view),
    };
  },
  verdict: (view, { verdict }) => ({
    verdict: verdict ?? view.verdict,
    verdicts: view.verdicts + 1,
    route: verdict?.route,
  }),
  "source.found": (view, meta) =>
    meta.source
      ? {
          sources: {
            ...view.sources,
            [meta.source.id]: {
              source: meta.source,
              query: meta.query ?? "",
              kept: meta.kept !== false,
              // Why it was chosen stays said when it is told how much of it is used.
              reason: [meta.evidence ? view.sources[meta.source.id]?.chosen : "", meta.reason].filter(Boolean).join("; "),
              chosen: (meta.evidence ? view.sources[meta.source.id]?.chosen : meta.reason) ?? "",
              provider: meta.provider ?? "",
              url: meta.url ?? "",
            },
          },
        }
      : {},
  "section.committed": (view, meta) => {
    const others = view.sections.filter((section) => section.step_id !== meta.step_id);
    return { texts: without(view.texts, view.writers[meta.step_id]), sections: [...others, meta] };
  },
  "attempt.restarted": (view, meta, event) => ({
    texts: meta.task_id ? without(view.texts, meta.task_id) : {},
    broken: meta.task_id && meta.model ? { ...view.broken, [meta.task_id]: event.content } : view.broken,
  }),
  retry: (view, meta, event) => (meta.model ? { trouble: { ...meta, at: event.ts } } : {}),
  note: (view, meta, event) => {
    if (meta.resumed_words && meta.task_id) return { broken: { ...view.broken, [meta.task_id]: event.content } };
    return NOTES[meta.kind]?.(view, meta, event) ?? {};
  },
  "citation.verified": (_view, meta) => ({ citations: meta.counts ?? meta }),
  // In a replay these are the figures of then, and the snapshot has those of now.
  budget: (view, meta, event) => (event.seq <= view.asOf ? {} : { budget: { ...view.budget, ...meta } }),
  "artifact.created": (view, meta, event) =>
    meta.artifact_id
      ? {
          artifacts: { ...view.artifacts, [meta.artifact_id]: { ...meta, created_at: event.ts } },
          artifactId: meta.kind === "document" ? meta.artifact_id : view.artifactId,
        }
      : {},
  "turnitin.awaiting_report": (view, meta) => ({
    cycle: { ...meta, status: "awaiting_report" },
  }),
  "turnitin.report_ready": (view, meta) => ({
    cycle: { ...view.cycle, ...meta, status: "report_ready" },
    ...working(view),
  }),
  "turnitin.revised": (view, meta) => ({ revised: meta, ...working(view) }),
  "turnitin.expired": (view, meta) => ({
    cycle: { ...view.cycle, ...meta, status: "expired" },
    ...working(view),
  }),
  interrupt: (_view, meta) => ({ status: "waiting_human", waitingFor: meta, requested: "" }),
  "run.paused": (_view, meta) => paused(meta),
  // Also one that had ended: what its ending said no longer holds.
  "run.resumed": (view, meta) => ({
    status: meta.status ?? "running",
    requested: "",
    waitingFor: null,
    finished: null,
    finishedAt: null,
    stopReason: "",
    error: "",
  }),
  "run.finished": (view, meta, event) => ({
    status: meta.status ?? "succeeded",
    stopReason: meta.stop_reason ?? "",
    artifactId: meta.artifact_id || view.artifactId,
    finished: { summary: meta.summary || event.content || "", at: event.ts },
    finishedAt: event.ts,
    waitingFor: null,
    requested: "",
    texts: {},
    node: null,
  }),
};

/** What people told the run and asked of it, and how far a step is, travels as notes of a kind. */
const NOTES = {
  // A tool knows nothing of the plan: what it waits for is said beside the step that runs.
  progress: (view, meta, event) => {
    const id = meta.step_id ?? view.plan?.steps.find((step) => step.status === "running")?.id;
    return id ? { headway: { ...view.headway, [id]: { text: event.content, done: meta.done ?? 0, of: meta.of ?? 0, seq: event.seq } } } : {};
  },
  message: (view, meta, event) => ({
    told: [
      ...view.told.filter((message) => message.number !== meta.number),
      { number: meta.number, text: event.content, at: event.ts, taken: null },
    ],
  }),
  message_taken: (view, meta, event) => ({
    told: view.told.map((message) =>
      message.number === meta.number ? { ...message, taken: { at: event.ts, effect: event.content } } : message,
    ),
  }),
};

/** A pause is in force, or only asked for while a step goes on. */
function paused(meta) {
  return meta.status && meta.status !== "paused" ? { requested: "pause" } : { status: "paused", requested: "" };
}

function working(view) {
  return TERMINAL.has(view.status) || view.status === "paused" ? {} : { status: "running" };
}

/**
 * Tokens are shown, never counted on: a committed section replaces them. Each says where in its
 * task's text it belongs, so that a piece is never shown twice and one that does not fit not at
 * all; `resync` gives the text anew, as after another worker has taken over.
 */
function withToken(view, event) {
  if (TERMINAL.has(view.status)) return view;
  const { task_id: task, fence = 0, offset, resync = false } = event.meta ?? {};
  const piece = event.token ?? "";
  view = view.trouble ? { ...view, trouble: null } : view;
  const before = view.texts[task];
  if (before && before.fence > fence) return view;
  if (resync || !before || before.fence < fence) {
    if (!resync && offset) return view; // its beginning is not here: it comes with the next resync
    return { ...view, texts: { ...view.texts, [task]: { fence, offset: offset ?? 0, text: piece } } };
  }
  const known = before.offset + before.text.length;
  const at = offset ?? known;
  if (at > known || at + piece.length <= known) return view;
  const text = before.text + piece.slice(known - at);
  return { ...view, texts: { ...view.texts, [task]: { ...before, text } } };
}

/** {step id: text} of what is being written now. */
export function draftsOf(view) {
  const drafts = {};
  for (const [step, task] of Object.entries(view.writers)) {
    const written = view.sections.some((section) => section.step_id === step);
    if (!written && view.texts[task]?.text) drafts[step] = view.texts[task].text;
  }
  return drafts;
}

/** [step id, what is said of it] for steps whose answer broke off while it was written. */
export function brokenOf(view) {
  return Object.entries(view.writers).filter(([, task]) => view.broken[task]).map(([step, task]) => [step, view.broken[task]]);
}

/** Streamed text comes again from its start whenever events are subscribed to anew. */
export function forgetTexts(view) {
  return { ...view, texts: {} };
}

function without(texts, task) {
  const { [task]: _gone, ...rest } = texts;
  return rest;
}

function withEntry(steps, stepId, event) {
  return { ...steps, [stepId]: [...(steps[stepId] ?? []), event] };
}

/** A step's state set by a progress event stays until the next plan says otherwise. */
function withStep(plan, { step_id: id, title, kind, tool, summary }, status) {
  if (!plan || !id) return plan;
  if (!plan.steps.some((step) => step.id === id)) {
    if (!title) return plan;
    return {
      ...plan,
      steps: [...plan.steps, { id, title, kind, tool, status, depends_on: [], summary: "" }],
    };
  }
  return {
    ...plan,
    steps: plan.steps.map((step) =>
      step.id === id ? { ...step, status, summary: summary || step.summary } : step,
    ),
  };
}

const RANK = { pending: 0, running: 1, failed: 2, skipped: 3, done: 3 };

/** `incoming` with the states that progress events already showed, where they are further on. */
function mergePlan(current, incoming) {
  if (!current || current.version !== incoming.version) return incoming;
  const known = new Map(current.steps.map((step) => [step.id, step]));
  return {
    ...incoming,
    steps: incoming.steps.map((step) => {
      const seen = known.get(step.id);
      return seen && RANK[seen.status] > RANK[step.status] && seen.status !== "failed"
        ? { ...step, status: seen.status, summary: step.summary || seen.summary }
        : step;
    }),
  };
}
