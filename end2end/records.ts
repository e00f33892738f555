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

/**
 * A swarm of three agents and what they remember. `beater` beat every 10 s, last 12 s before `now`, and lived
 * twice: its first life ended with an error. `quiet` never beat. `done` ended. Six tasks, four of them successes.
 */
export function crew(now: number): object[] {
  const at = (secondsAgo: number) => now - secondsAgo * 1000;
  const task = (n: number, agent_id: string, secondsAgo: number, seconds: number, result: string) => ({
    kind: "task",
    task_id: `crew-${n}`,
    agent_id,
    swarm_id: "crew",
    result,
    timestamp: at(secondsAgo),
    duration_ms: seconds * 1000,
    tokens_used: 100 * n,
  });
  const life = (agent_id: string, status: string, secondsAgo: number, endedAgo?: number) => ({
    kind: "agent",
    agent_id,
    agent_type: "coder",
    status,
    spawn_time: at(secondsAgo),
    ...(endedAgo === undefined ? {} : { complete_time: at(endedAgo), duration_ms: (secondsAgo - endedAgo) * 1000 }),
    metadata: agent_id === "beater" ? { session_id: "crew-memory" } : {},
  });
  const memory = (memory_type: string, key: string, value: unknown, secondsAgo: number, ttl_hours?: number) => ({
    kind: "memory",
    session_id: "crew-memory",
    memory_type,
    key,
    value,
    timestamp: at(secondsAgo),
    ...(ttl_hours === undefined ? {} : { ttl_hours }),
  });
  return [
    task(1, "beater", 600, 60, "success"),
    task(2, "beater", 500, 60, "failure"),
    task(3, "beater", 400, 30, "success"),
    task(4, "quiet", 550, 120, "success"),
    task(5, "quiet", 450, 10, "timeout"),
    task(6, "done", 300, 20, "success"),
    life("beater", "error", 3000, 2400),
    life("beater", "running", 1200),
    life("quiet", "running", 900),
    life("done", "complete", 900, 200),
    ...Array.from({ length: 20 }, (_, n) => ({
      kind: "event",
      event_type: "heartbeat",
      agent_id: "beater",
      event_id: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
      timestamp: at(12 + 10 * n),
    })),
    ...[1, 2, 3].map((n) => ({ kind: "agent_metric", agent_id: "beater", metric_type: "load", value: n, timestamp: at(60 * n) })),
    { kind: "healing", strategy: "restart", failure_type: "stuck", success: true, duration_ms: 1500, agent_id: "beater", timestamp: at(350), actions: ["stop", "start"] },
    { kind: "swarm_metric", swarm_id: "crew", metric_type: "health", value: 0.9, timestamp: at(100) },
    memory("semantic", "rules", { tests: "are sentences", limit: 12345678901 }, 500),
    memory("semantic", "rules", { tests: "were words" }, 900),
    memory("episodic", "seen", null, 400, 3.5),
    memory("episodic", "old", "gone", 7200, 1),
    memory("context_hint", SCRIPT, { note: SCRIPT }, 300),
    memory("context_hint", "long", { lines: Array.from({ length: 60 }, (_, n) => `line ${n} of a long value`) }, 200),
  ];
}

/**
 * Thirty of each shape of the performance module, a minute apart, up to `now`. The n-th task of `slowing` takes
 * n × 100 ms, those of `steady` 1 s each; all succeed. `slowing` reports less success each time; the swarm reports a
 * growing queue and fewer agents at work, its memory never changes.
 */
export function trending(now: number): object[] {
  return Array.from({ length: 30 }, (_, i) => i + 1).flatMap((n) => {
    const timestamp = now - (31 - n) * minute;
    const task = (agent_id: string, duration_ms: number) => ({
      type: "task_complete",
      timestamp,
      agent_id,
      task_id: `${agent_id}-${n}`,
      swarm_id: "night",
      duration_ms,
      tokens_used: 1500,
      result: "success",
      metadata: { complexity: "medium", retry_count: 0 },
    });
    return [
      task("slowing", n * 100),
      task("steady", 1000),
      { type: "agent_health", timestamp, agent_id: "slowing", health_state: "HEALTHY", success_rate: (100 - n) / 100, avg_response_time_ms: 2000, heartbeat_interval_ms: 60_000 },
      { type: "resource_metric", timestamp, swarm_id: "night", metadata: { token_usage_percent: 75, memory_usage_percent: 60, queue_depth: n, active_agents: 40 - n } },
    ];
  });
}

/**
 * Sixteen attempts to heal, one a failure, 12 of which worked: "restart" in 11 of 12, taking 1 s each; "rollback" in
 * one of 4, taking 3 s each. All of `worker-1`, the last one of `worker-2`.
 */
export function healers(now: number): object[] {
  const attempt = (n: number, strategy: string, failure_type: string, success: boolean, seconds: number) => ({
    kind: "healing",
    strategy,
    failure_type,
    success,
    duration_ms: seconds * 1000,
    agent_id: n === 15 ? "worker-2" : "worker-1",
    timestamp: now - (16 - n) * minute,
    actions: ["stop", "start"],
  });
  return Array.from({ length: 16 }, (_, n) =>
    n < 12 ? attempt(n, "restart", "stuck", n !== 5, 1) : attempt(n, "rollback", "bad_deploy", n === 12, 3),
  );
}

/**
 * What two gardeners do, again and again. `gardener-1` plans, digs, plants and waters, two seconds apart, 20 times
 * with irregular breaks between; `gardener-2` beats once a minute, 40 times, but for three minutes in the middle.
 */
export function routine(now: number): object[] {
  const event = (event_type: string, agent_id: string, timestamp: number) => ({
    kind: "event",
    event_type,
    agent_id,
    swarm_id: "garden",
    event_id: `${agent_id}-${event_type}-${timestamp}`,
    timestamp,
  });
  const steps = ["plan", "dig", "plant", "water"];
  const rounds = Array.from({ length: 20 }, (_, n) => {
    const start = now - 3 * 3_600_000 + n * 400_000 + ((n * 7919) % 13) * 17_000;
    return steps.map((step, place) => event(step, "gardener-1", start + place * 2000));
  });
  const beats = Array.from({ length: 43 }, (_, n) => n).filter((n) => n < 20 || n > 22);
  return [...rounds.flat(), ...beats.map((n) => event("heartbeat", "gardener-2", now - (44 - n) * minute))];
}
