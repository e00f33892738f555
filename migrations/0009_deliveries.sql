-- Messages to channels: what is to be told, how often it was tried, and what became of it. The last 1 000 that ended.
create table alert_delivery (
    id integer primary key,
    channel text not null, -- its name in the configuration
    rule text not null, -- messages of one rule to one channel go in order
    title text not null,
    notices text not null, -- JSON, so that a message says after a restart what it said before
    alerts integer not null,
    test integer not null, -- asked for to try the channel
    state text not null, -- waiting, sent, failed
    attempts integer not null default 0,
    created_ts integer not null,
    next_ts integer, -- of waiting ones: when it may be tried; while it is tried, when it counts as interrupted
    finished_ts integer,
    duration_ms integer, -- of the last attempt, as what follows
    status integer,
    error text
) strict;

-- What is due, and what waits before it.
create index alert_delivery_due on alert_delivery (next_ts) where state = 'waiting';
create index alert_delivery_waiting on alert_delivery (channel, rule, id) where state = 'waiting';
create index alert_delivery_by_channel on alert_delivery (channel, id);
