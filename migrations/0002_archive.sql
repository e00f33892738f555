-- Sealed detail: rows of old days, packed column by column into compressed chunks. A record lies in its
-- table or in one chunk, never in both; it keeps its row id. Chunks of a dataset never span two UTC days,
-- and in the order (time, row id) none begins before the one ahead of it has ended.
create table chunk (
    id integer primary key,
    dataset text not null,
    day integer not null, -- start of the UTC day
    rows integer not null check (rows > 0),
    first_ts integer not null, -- the ends, in the order (ts, row id)
    first_row integer not null,
    last_ts integer not null,
    last_row integer not null,
    low_row integer not null, -- the smallest and the largest row id in it
    high_row integer not null,
    -- What lets a search pass it by; of tasks, 0 and null elsewhere.
    failures integer not null, -- result failure, timeout or failed
    others integer not null, -- imported result words, and none
    timed integer not null, -- with a duration
    duration_max real,
    bytes integer not null -- of its blobs, for reports
) strict;
create unique index chunk_by_time on chunk (dataset, first_ts, first_row);

-- The blobs lie apart, so that heads are read without dragging them along. The filter comes first because
-- SQLite reads a row from its start, then what filters and sums need, then ids and texts.
create table chunk_data (
    chunk integer primary key,
    filter blob not null, -- Bloom filter of the words, ids and keys in it
    narrow blob not null, -- row ids, times, words and numbers
    wide blob not null -- ids and texts
) strict;
