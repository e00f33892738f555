-- The registry and session memory: what is known of an agent now, and what expires.

-- When a record turned the life from spawned to running; null when nobody said so.
alter table agent_life add column running_ts integer;

-- What was last heard of each agent, kept in the transaction of the records: lists of agents would have to look
-- through everything else, sealed days included. Retention takes nothing away from here.
create table agent_pulse (
    agent integer primary key,
    last_ts integer not null, -- of its latest event, task, metric, or start or end of a life
    beats text not null, -- JSON array: times of its last 16 events of type heartbeat, ascending
    stale_ts integer -- when it was marked as stale; null when it was not, or was heard of since
) strict;

-- Of what is there already: records in rows exactly; sealed ones by the start of the last hour (else day) in which
-- the agent had a task or a metric. Beats of sealed days are not known.
insert into agent_pulse (agent, last_ts, beats)
select agent, max(high), '[]' from (
    select agent, max(ts) as high from task group by agent
    union all select agent, max(ts) from event group by agent
    union all select agent, max(bucket) from agent_rollup group by agent
    union all select subject, max(last_ts) from metric_rollup where kind = 1 group by subject
    union all select agent, max(max(spawn_ts, coalesce(complete_ts, spawn_ts))) from agent_life group by agent
) group by agent;
update agent_pulse set beats = (
    select json_group_array(ts) from (
        select ts from (
            select ts from event
            where agent = agent_pulse.agent and type = (select id from event_name where name = 'heartbeat')
            order by ts desc limit 16
        ) order by ts
    )
);

-- When an entry expires: never without ttl_hours, nor with ten thousand years and more. The product is taken as
-- floating point and cut off to whole microseconds.
alter table memory add column expires_ts integer generated always as (
    case when ttl_hours < 87600000.0 then ts + cast(ttl_hours * 3600000000.0 as integer) end
) virtual;
create index memory_by_expiry on memory (expires_ts) where expires_ts is not null;
-- A session as a whole, without its values.
create index memory_by_session on memory (session_id, ts, memory_type, expires_ts);
