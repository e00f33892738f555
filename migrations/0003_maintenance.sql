-- What retention has done, and what is still to be done.

-- Days whose hour buckets were taken away (agent_rollup for tasks, metric_rollup for the metrics). Late records
-- of such a day must not make hours that would look complete: they go into the day only.
create table hourless_day (
    dataset text not null,
    day integer not null, -- midnight at its start
    primary key (dataset, day)
) strict, without rowid;

-- Days that are being deleted: their rollups are gone, their rows go in slices. Rows above last_id arrived
-- meanwhile and stay.
create table doomed_day (
    dataset text not null,
    day integer not null,
    last_id integer not null,
    primary key (dataset, day)
) strict, without rowid;

-- Runs of cleanup, vacuum, backup and check; the last 100.
create table maintenance_run (
    id integer primary key,
    task text not null,
    started_ts integer not null,
    finished_ts integer, -- null while it runs, or when its process died
    report text, -- JSON
    error text
) strict;
