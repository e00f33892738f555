-- Events by type and time, so that counting them does not read them. Of the whole fleet; one agent's events are
-- counted by index.
create table event_rollup (
    tier integer not null, -- width of a bucket in seconds: 3600 or 86400
    bucket integer not null, -- its start
    type integer not null,
    n integer not null, -- 0 where the only events of the type were replaced by ones of another time or type
    primary key (tier, bucket, type)
) strict, without rowid;

-- Of what is there already: rows here. `%` rounds towards 0, so times before 1970 are moved up first.
insert into event_rollup (tier, bucket, type, n)
select 3600, ts - (ts % 3600000000 + 3600000000) % 3600000000, type, count(*) from event group by 2, 3;
insert into event_rollup (tier, bucket, type, n)
select 86400, bucket - (bucket % 86400000000 + 86400000000) % 86400000000, type, sum(n)
from event_rollup where tier = 3600 group by 2, 3;

-- Days with sealed events, which SQL cannot read: they are counted when the file is opened.
create table uncounted_day (
    day integer primary key -- midnight at its start
) strict;
insert into uncounted_day (day) select distinct day from chunk where dataset = 'events';

-- With the type beside the time, a page of a rare type passes over the others without fetching their rows.
drop index event_by_time;
create index event_by_time on event (ts, type);
