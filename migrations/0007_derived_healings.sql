-- Healings that were found in events, and whose events are still to be looked through. Both can be made again from
-- the events: nothing that anybody sent is here.

-- One row an attempt, and one a failure that may still heal. The columns that healing has too mean the same.
create table derived_healing (
    id integer primary key,
    ts integer not null, -- when the attempt ended; of a failure that may still heal, when it was noticed
    agent integer not null,
    strategy integer not null,
    failure_type integer not null,
    success integer check (success in (0, 1)), -- null = it may still heal
    duration_ms real check (duration_ms >= 0), -- null = nothing was tried in time
    failure_id text not null, -- the event id of the failure
    attempt integer not null, -- from 1; 0 = it may still heal
    detected_ts integer not null,
    project integer,
    evidence text not null, -- JSON array of {event_type, id, timestamp}
    span_from integer not null, -- the first event it was found in …
    span_until integer not null -- … and the last instant at which another could change it
) strict;
create index derived_healing_by_time on derived_healing (ts);
create index derived_healing_by_agent on derived_healing (agent, span_from);
create index derived_healing_open on derived_healing (span_until) where success is null;

-- Agents with events or tasks, from an instant on, that were not looked through since they were written.
create table derive_due (
    agent integer primary key,
    from_ts integer not null,
    seq integer not null -- grows with every mark, so that a mark made meanwhile is not taken for the one seen
) strict;

-- Of what is there already, everything is to be looked through.
insert into derive_due (agent, from_ts, seq) select id, -62135596800000000, 1 from agent_name;
