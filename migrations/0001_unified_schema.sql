-- The whole unified schema: what both generations of the original hold, losslessly.
--
-- Conventions
--   *_ts, ts, bucket   microseconds since the Unix epoch, UTC
--   id                 given by the writer, ascending in the order of arrival, never reused
--   agent, swarm, …    keys of the dictionary tables below. No foreign keys: the writer is the only
--                      one who makes such keys, in the same transaction, and a check per row and
--                      column would cost a third of the ingest rate.
--   task_id, event_id  a 16-byte blob when the id is a canonical lower-case UUID, else text
--   source, source_key the imported file and what identifies the record in it; null for live records
--   metadata           the text as it arrived; null = none, which is not {}

-- Facts about this file: schema_generation, created_ts, demo_seed.
create table store_info (
    key text primary key,
    value text not null
) strict, without rowid;

-- Dictionaries: text once, a small integer everywhere else.
create table agent_name (id integer primary key, name text not null unique) strict;
create table swarm_name (id integer primary key, name text not null unique) strict;
create table project_name (id integer primary key, name text not null unique) strict;
create table model_name (id integer primary key, name text not null unique) strict;
create table metric_name (id integer primary key, name text not null unique) strict;
create table event_name (id integer primary key, name text not null unique) strict;
create table agent_type_name (id integer primary key, name text not null unique) strict;
create table strategy_name (id integer primary key, name text not null unique) strict;
create table failure_name (id integer primary key, name text not null unique) strict;
create table source_name (id integer primary key, name text not null unique) strict;
-- 1–15 are fixed and mean the same in every file; imported words follow from 16.
create table result_name (id integer primary key, name text not null unique) strict;
insert into result_name (id, name) values (1, 'success'), (2, 'failure'), (3, 'timeout'), (4, 'cancelled'),
    (5, 'failed'), (15, '(reserved)');

-- Tasks. Read by time, or by agent and time; a task id alone scans the covering unique key.
create table task (
    id integer primary key,
    ts integer not null,
    task_id any not null,
    origin integer not null default 0, -- 0; the source's row number where an import allows duplicates
    agent integer not null,
    swarm integer,
    project integer,
    model integer,
    result integer,
    duration_ms real check (duration_ms >= 0),
    tokens_used integer,
    files_changed integer,
    tokens_input integer,
    tokens_output integer,
    tokens_cache_read integer,
    tokens_cache_write integer,
    tokens_reasoning integer,
    cost_usd real,
    source integer,
    source_key text,
    metadata text,
    unique (ts, task_id, origin) -- sending twice counts once
) strict;
create index task_by_agent on task (agent, ts);
create index task_failed on task (ts) where result in (2, 3, 5); -- failures are few, and asked for first
create index task_other on task (ts, result) where result is null or result > 15; -- words only importers bring
create unique index task_by_source on task (source_key) where source_key is not null;

create table agent_metric (
    id integer primary key,
    ts integer not null,
    agent integer not null,
    metric integer not null,
    value real not null,
    record_id text, -- the sender's own id
    project integer,
    source integer,
    source_key text,
    metadata text
) strict;
create index agent_metric_by_time on agent_metric (ts);
create index agent_metric_by_series on agent_metric (agent, metric, ts);
create unique index agent_metric_once on agent_metric (record_id) where record_id is not null;
create unique index agent_metric_by_source on agent_metric (source_key) where source_key is not null;

create table swarm_metric (
    id integer primary key,
    ts integer not null,
    swarm integer not null,
    metric integer not null,
    value real not null,
    record_id text,
    project integer,
    source integer,
    source_key text,
    metadata text
) strict;
create index swarm_metric_by_time on swarm_metric (ts);
create index swarm_metric_by_series on swarm_metric (swarm, metric, ts);
create unique index swarm_metric_once on swarm_metric (record_id) where record_id is not null;
create unique index swarm_metric_by_source on swarm_metric (source_key) where source_key is not null;

create table event (
    id integer primary key,
    ts integer not null,
    event_id any not null unique, -- ours are time-ordered UUIDs, so the key grows at its end
    type integer not null,
    agent integer not null,
    agent_type integer,
    task_id any,
    swarm integer,
    project integer,
    source integer,
    source_key text,
    metadata text
) strict;
create index event_by_time on event (ts);
create index event_by_agent on event (agent, ts);
create index event_by_task on event (task_id, ts) where task_id is not null;
create unique index event_by_source on event (source_key) where source_key is not null;

create table healing (
    id integer primary key,
    ts integer not null,
    strategy integer not null,
    failure_type integer not null,
    success integer not null check (success in (0, 1)),
    duration_ms real not null check (duration_ms >= 0),
    failure_id text,
    agent integer,
    detected_ts integer,
    actions text not null, -- JSON array of texts
    record_id text,
    project integer,
    source integer,
    source_key text,
    metadata text
) strict;
create index healing_by_time on healing (ts);
create unique index healing_once on healing (failure_id, ts) where failure_id is not null;
create unique index healing_by_id on healing (record_id) where record_id is not null;
create unique index healing_by_source on healing (source_key) where source_key is not null;

-- The registry: one row a life, so that re-registering an agent keeps the earlier lives.
create table agent_life (
    id integer primary key,
    agent integer not null,
    agent_type integer not null,
    status text not null check (status in ('spawned', 'running', 'complete', 'error')),
    spawn_ts integer not null,
    complete_ts integer,
    duration_ms real check (duration_ms >= 0),
    updated_ts integer not null,
    project integer,
    source integer,
    source_key text,
    metadata text,
    unique (agent, spawn_ts)
) strict;
create index agent_life_by_time on agent_life (spawn_ts);
create unique index agent_life_by_source on agent_life (source_key) where source_key is not null;

create table memory (
    id integer primary key,
    ts integer not null,
    session_id text not null,
    memory_type text not null,
    key text not null,
    value text not null, -- JSON text
    ttl_hours real check (ttl_hours >= 0),
    record_id text,
    project integer,
    source integer,
    source_key text
) strict;
create index memory_by_key on memory (session_id, memory_type, key, ts);
create index memory_by_time on memory (ts);
create unique index memory_once on memory (record_id) where record_id is not null;
create unique index memory_by_source on memory (source_key) where source_key is not null;

-- The last row id given in each dataset, so that ids are not used again after rows were deleted.
create table last_row (
    dataset text primary key,
    id integer not null
) strict, without rowid;

-- Which agents worked in a swarm, and when: a swarm's page needs no index on the hot table.
create table swarm_agent (
    swarm integer not null,
    agent integer not null,
    first_ts integer not null,
    last_ts integer not null,
    primary key (swarm, agent)
) strict, without rowid;

-- Rollups. tier is the width of a bucket in seconds: 60, 3600 or 86400; bucket is its start.
-- Swarm, model and project 0 stand for none, because a primary key holds no null.
-- *_n counts the records that carried the number, so that a mean divides by the right n.
create table fleet_rollup (
    tier integer not null,
    bucket integer not null,
    tasks integer not null,
    success integer not null,
    failure integer not null,
    timeout integer not null,
    cancelled integer not null,
    failed integer not null,
    other integer not null, -- imported words and no result
    duration_n integer not null,
    duration_sum real not null,
    duration_m2 real not null, -- sum of squared deviations from the mean (Welford, Chan)
    duration_min real,
    duration_max real,
    used_n integer not null,
    used_sum integer not null,
    input_n integer not null,
    input_sum integer not null,
    output_n integer not null,
    output_sum integer not null,
    cache_read_n integer not null,
    cache_read_sum integer not null,
    cache_write_n integer not null,
    cache_write_sum integer not null,
    reasoning_n integer not null,
    reasoning_sum integer not null,
    unsplit_n integer not null, -- tasks with a total and no kinds
    unsplit_sum integer not null,
    files_n integer not null,
    files_sum integer not null,
    cost_n integer not null,
    cost_sum real not null,
    primary key (tier, bucket)
) strict, without rowid;

-- Sketches lie apart, so that reading the numbers does not drag the blobs along.
create table fleet_sketch (
    tier integer not null,
    bucket integer not null,
    duration blob not null, -- DDSketch, alpha 0.01, sparse and varint-coded
    primary key (tier, bucket)
) strict, without rowid;

create table agent_rollup (
    tier integer not null, -- 3600 or 86400
    bucket integer not null,
    agent integer not null,
    swarm integer not null,
    tasks integer not null,
    success integer not null,
    failure integer not null,
    timeout integer not null,
    cancelled integer not null,
    failed integer not null,
    other integer not null,
    duration_n integer not null,
    duration_sum real not null,
    duration_m2 real not null,
    duration_min real,
    duration_max real,
    used_n integer not null,
    used_sum integer not null,
    input_n integer not null,
    input_sum integer not null,
    output_n integer not null,
    output_sum integer not null,
    cache_read_n integer not null,
    cache_read_sum integer not null,
    cache_write_n integer not null,
    cache_write_sum integer not null,
    reasoning_n integer not null,
    reasoning_sum integer not null,
    unsplit_n integer not null,
    unsplit_sum integer not null,
    files_n integer not null,
    files_sum integer not null,
    cost_n integer not null,
    cost_sum real not null,
    primary key (tier, bucket, agent, swarm)
) strict, without rowid;
create index agent_rollup_by_agent on agent_rollup (agent, tier, bucket);

create table agent_sketch (
    tier integer not null,
    bucket integer not null,
    agent integer not null,
    swarm integer not null,
    duration blob not null,
    primary key (tier, bucket, agent, swarm)
) strict, without rowid;

-- Tokens by model and project, for money. costed = 1: the sources reported what these tasks cost.
create table usage_rollup (
    tier integer not null, -- 3600 or 86400
    bucket integer not null,
    model integer not null,
    project integer not null,
    costed integer not null check (costed in (0, 1)),
    tasks integer not null,
    recorded integer not null, -- tasks with any tokens
    used integer not null,
    input integer not null,
    output integer not null,
    cache_read integer not null,
    cache_write integer not null,
    reasoning integer not null,
    unsplit integer not null,
    cost real not null,
    primary key (tier, bucket, model, project, costed)
) strict, without rowid;

-- Metric series of agents (kind 1) and swarms (kind 2).
create table metric_rollup (
    kind integer not null check (kind in (1, 2)),
    subject integer not null,
    metric integer not null,
    tier integer not null, -- 3600 or 86400
    bucket integer not null,
    n integer not null,
    sum real not null,
    m2 real not null,
    min real not null,
    max real not null,
    last_ts integer not null,
    last real not null,
    primary key (kind, subject, metric, tier, bucket)
) strict, without rowid;
create index metric_rollup_by_metric on metric_rollup (kind, metric, tier, bucket);

create table metric_sketch (
    kind integer not null,
    subject integer not null,
    metric integer not null,
    tier integer not null,
    bucket integer not null,
    value blob not null,
    primary key (kind, subject, metric, tier, bucket)
) strict, without rowid;

-- Counters for /metrics; retention never lowers them. label is a key of the dictionary the counter
-- is about: event_name for 'events', result_name (0 = none) for 'tasks'.
create table lifetime_count (
    counter text not null,
    label integer not null,
    n integer not null,
    primary key (counter, label)
) strict, without rowid;

-- When records of a day last arrived, for retention: importing last year's records must not age them at once.
create table arrival (
    dataset text not null,
    day integer not null, -- start of the day the records are from
    last_ts integer not null, -- when the last of them was stored
    primary key (dataset, day)
) strict, without rowid;

-- Idempotency keys: the same key with the same body answers as before, with another body it is refused.
create table idempotency (
    key text primary key,
    digest blob not null, -- SHA-256 of the decoded body
    stored_ts integer not null
) strict, without rowid;
create index idempotency_by_age on idempotency (stored_ts);

-- Views: the documented columns, for people with a SQL shell. A UUID blob reads as the UUID again.
create view v_task_metrics as
select
    case typeof(t.task_id) when 'blob' then lower(
        substr(hex(t.task_id), 1, 8) || '-' || substr(hex(t.task_id), 9, 4) || '-' || substr(hex(t.task_id), 13, 4)
        || '-' || substr(hex(t.task_id), 17, 4) || '-' || substr(hex(t.task_id), 21)
    ) else t.task_id end as task_id,
    a.name as agent_id, t.duration_ms, r.name as result, t.tokens_used, t.files_changed,
    strftime('%Y-%m-%dT%H:%M:%S', t.ts / 1000000, 'unixepoch') || printf('.%06dZ', t.ts % 1000000) as timestamp,
    s.name as swarm_id, m.name as model, t.tokens_input, t.tokens_output, t.tokens_cache_read,
    t.tokens_cache_write, t.tokens_reasoning, t.cost_usd, p.name as project, f.name as source, t.source_key, t.metadata
from task t
join agent_name a on a.id = t.agent
left join result_name r on r.id = t.result
left join swarm_name s on s.id = t.swarm
left join model_name m on m.id = t.model
left join project_name p on p.id = t.project
left join source_name f on f.id = t.source;

create view v_agent_metrics as
select x.id as metric_id, a.name as agent_id, n.name as metric_type, x.value, x.metadata,
    strftime('%Y-%m-%dT%H:%M:%S', x.ts / 1000000, 'unixepoch') || printf('.%06dZ', x.ts % 1000000) as timestamp
from agent_metric x
join agent_name a on a.id = x.agent
join metric_name n on n.id = x.metric;

create view v_swarm_metrics as
select x.id as metric_id, s.name as swarm_id, n.name as metric_type, x.value, x.metadata,
    strftime('%Y-%m-%dT%H:%M:%S', x.ts / 1000000, 'unixepoch') || printf('.%06dZ', x.ts % 1000000) as timestamp
from swarm_metric x
join swarm_name s on s.id = x.swarm
join metric_name n on n.id = x.metric;

create view v_agent_events as
select
    case typeof(e.event_id) when 'blob' then lower(
        substr(hex(e.event_id), 1, 8) || '-' || substr(hex(e.event_id), 9, 4) || '-' || substr(hex(e.event_id), 13, 4)
        || '-' || substr(hex(e.event_id), 17, 4) || '-' || substr(hex(e.event_id), 21)
    ) else e.event_id end as event_id,
    n.name as event_type, a.name as agent_id, t.name as agent_type,
    strftime('%Y-%m-%dT%H:%M:%S', e.ts / 1000000, 'unixepoch') || printf('.%06dZ', e.ts % 1000000) as timestamp,
    s.name as swarm_id, e.metadata
from event e
join event_name n on n.id = e.type
join agent_name a on a.id = e.agent
left join agent_type_name t on t.id = e.agent_type
left join swarm_name s on s.id = e.swarm;

create view v_agent_registry as
select a.name as agent_id, t.name as agent_type, l.status, l.spawn_ts / 1000000.0 as spawn_time,
    l.complete_ts / 1000000.0 as complete_time, l.duration_ms, l.metadata
from agent_life l
join agent_name a on a.id = l.agent
join agent_type_name t on t.id = l.agent_type
where l.spawn_ts = (select max(later.spawn_ts) from agent_life later where later.agent = l.agent);

create view v_session_memory as
select id, session_id, memory_type, key, value,
    strftime('%Y-%m-%dT%H:%M:%S', ts / 1000000, 'unixepoch') || printf('.%06dZ', ts % 1000000) as timestamp, ttl_hours
from memory;

create view v_healings as
select h.failure_id, n.name as strategy, f.name as failure_type, h.success, h.duration_ms, a.name as agent_id,
    strftime('%Y-%m-%dT%H:%M:%S', h.ts / 1000000, 'unixepoch') || printf('.%06dZ', h.ts % 1000000) as timestamp,
    h.actions, h.metadata
from healing h
join strategy_name n on n.id = h.strategy
join failure_name f on f.id = h.failure_type
left join agent_name a on a.id = h.agent;
