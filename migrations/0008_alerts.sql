-- Alerts: where they are, what became of them, what waits to be told, and what people set here. The bodies are JSON of
-- the types of src/model/alert; the columns beside them are what rows are found by.

-- One row an alert that is pending, firing or lately resolved; and one a rule about absence that has seen something.
create table alert (
    key text primary key, -- JSON [rule, subject]
    body text not null
) strict, without rowid;

-- One row: how often the alerts were changed. Who looks keeps what came of it only if nobody else did meanwhile.
create table alert_look (
    id integer primary key check (id = 1),
    revision integer not null
) strict;

-- What became of alerts, in the order it happened; the oldest are forgotten.
create table alert_change (
    id integer primary key,
    ts integer not null,
    rule text not null,
    to_state text not null,
    body text not null
) strict;
create index alert_change_by_rule on alert_change (rule, id);

-- What the channels are still to be told. Whoever takes it over deletes it; ids are never used twice.
create table alert_notification (
    id integer primary key autoincrement,
    ts integer not null,
    body text not null
) strict;

-- Silences, also those that ended; the oldest are forgotten.
create table alert_silence (
    id integer primary key autoincrement,
    ends_ts integer not null,
    body text not null
) strict;

-- Rules that were made or edited here; they stand over those of the configuration with the same name.
create table alert_rule (
    name text primary key,
    body text not null
) strict, without rowid;
