// What the thread is made of: requests in order, each with its run and, once there is one, its answer.

/**
 * A run that nobody typed a request for (a copy of another one) is a turn of its own, at the time
 * it was made.
 */
export function turnsOf(messages, runs) {
  const turns = [];
  const byRun = new Map();
  const add = (turn) => {
    turns.push(turn);
    if (turn.runId) byRun.set(turn.runId, turn);
  };
  for (const message of messages) {
    if (message.role === "assistant") continue;
    add({ key: message.run_id ?? message.id, runId: message.run_id, request: message.text, at: message.created_at });
  }
  for (const view of Object.values(runs)) {
    if (!byRun.has(view.id) && view.parentId) add({ key: view.id, runId: view.id, copyOf: view.parentId, at: view.createdAt });
  }
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    const turn = byRun.get(message.run_id);
    if (turn) Object.assign(turn, { answer: message.text, answeredAt: message.created_at });
    else add({ key: message.id, runId: message.run_id, answer: message.text, at: message.created_at });
  }
  return turns.sort((one, other) => time(one.at) - time(other.at));
}

/** A message that was only just sent has no time yet: it is the newest. */
const time = (iso) => (iso ? new Date(iso).getTime() : Infinity) || 0;
