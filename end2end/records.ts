// The records the tests put in themselves: few, and countable by hand.

/** Text that does harm wherever it is not shown as text. */
export const SCRIPT = "<script>alert(1)</script>";
/** An id with everything that addresses, queries and markup treat specially. */
export const ODD = `a/b c?d=1&e#f%41"g'<b>\\`;

const minute = 60_000;

/** Every kind of record, with hostile ids and texts everywhere. */
export function hostile(now: number): object[] {
  return [SCRIPT, ODD, ".", ".."].flatMap((id, i) => {
    const at = now - (i + 1) * minute;
    const common = { timestamp: at, project: id, metadata: { note: id } };
    return [
      { kind: "task", task_id: id, agent_id: id, swarm_id: id, model: id, result: "failure", duration_ms: 61_000, tokens_used: 1234, ...common },
      { kind: "agent", agent_id: id, agent_type: id, status: "running", spawn_time: at, project: id },
      { kind: "event", event_type: id, agent_id: id, agent_type: id, task_id: id, swarm_id: id, ...common },
      { kind: "agent_metric", agent_id: id, metric_type: id, value: 1, ...common },
      { kind: "swarm_metric", swarm_id: id, metric_type: id, value: 1, ...common },
      { kind: "healing", strategy: id, failure_type: id, success: true, duration_ms: 5, agent_id: id, actions: [id], ...common },
    ];
  });
}

/** Three tasks of 1 January 2025 and nothing since. */
export function old(): object[] {
  return [0, 1, 2].map((i) => ({
    kind: "task",
    task_id: `old-${i}`,
    agent_id: "archivist",
    result: "success",
    duration_ms: 1000,
    timestamp: Date.UTC(2025, 0, 1, 12, i),
  }));
}

/** Four tasks of one agent in the last hour: 1, 2, 3 and 4 s; three succeed. */
export function small(now: number): object[] {
  return [1, 2, 3, 4].map((i) => ({
    kind: "task",
    task_id: `task-${i}`,
    agent_id: "worker-1",
    swarm_id: "team",
    project: "garden",
    model: "claude-sonnet-4-5",
    result: i === 4 ? "failure" : "success",
    duration_ms: i * 1000,
    timestamp: now - (10 - i) * minute,
    tokens_input: 100 * i,
    tokens_output: 10 * i,
  }));
}
