-- Patterns of the whole store, as they were learned last, and what became of them over time. A page of patterns
-- reads this; nothing is computed for it.

create table pattern (
    pattern_id text primary key,
    place integer not null, -- in the order they are listed
    pattern_type text not null,
    description text not null,
    appeared_ts integer not null, -- when it was learned first, or again after it had faded
    faded_ts integer, -- when it was not found any more; null while it is
    noted_confidence real not null, -- at its last change, from which the next one is measured
    noted_occurrences integer not null,
    body text not null -- all of it, as JSON
) strict, without rowid;

-- What became of patterns, a row a change. No key to `pattern`: a change outlives what it is about.
create table pattern_change (
    id integer primary key,
    ts integer not null,
    pattern_id text not null,
    change text not null check (change in ('appeared', 'strengthened', 'faded')),
    pattern_type text not null,
    description text not null, -- as it was then
    confidence_before real,
    confidence_after real,
    occurrences_before integer,
    occurrences_after integer
) strict;
create index pattern_change_by_pattern on pattern_change (pattern_id);

-- The one learning that `pattern` is of.
create table pattern_learning (
    id integer primary key check (id = 1),
    ts integer not null,
    history text not null, -- the state of the records it was learned from: last row ids, and how often some were rewritten
    body text not null -- when, over what, with which settings, as JSON
) strict;
