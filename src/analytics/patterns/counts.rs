//! What is counted in a log, and follows it when it changes: [`Counts::follow`] counts only what is new and takes away
//! what is gone, and patterns found in it are those that would be found in counts made anew.

use std::ops::Range;

use super::log::{EventLog, NONE};
use super::search::Search;
use super::streams::Widths;
use super::tally::{Rows, Tally};
use super::temporal::Calendar;
use super::{Found, Learned, Zone, correlation, frequency, joined, listed, precursor, sequences, temporal};
use crate::model::Micros;
use crate::model::pattern::{LearnSettings, Pattern, PatternType, Scope, Season};

/// The counts of a log: of its agents, of its swarms, and by hour and weekday. About 60 bytes an event.
#[derive(Debug, Clone)]
pub struct Counts {
    pub(super) agents: Tally,
    pub(super) swarms: Tally,
    /// Which swarms several agents work in: alone, an agent's own stream says the same.
    shared: Vec<bool>,
    calendars: [Calendar; 2],
    zone: Zone,
}

/// How a log became another: the oldest rows went, the next stayed, and others came after them.
#[derive(Debug)]
pub(super) struct Change {
    pub gone: usize,
    pub stayed: usize,
    /// The new numbers of types, agents and swarms.
    kinds: Vec<Option<u32>>,
    agents: Vec<Option<u32>>,
    swarms: Vec<Option<u32>>,
}

impl Counts {
    /// Counts every event of the log.
    #[must_use]
    pub fn new(log: &EventLog, settings: &LearnSettings, zone: &Zone) -> Self {
        let micros = |ms: u32| i64::from(ms) * 1000;
        let windows = [settings.max_gap_ms, settings.time_window_ms, settings.precursor_window_ms].map(micros);
        let widths = Widths::new(windows[0], windows[1], windows[2]);
        let least = u64::from(settings.min_occurrences);
        let shared = shared(log);
        let mut calendars = [Season::HourOfDay, Season::DayOfWeek].map(|s| Calendar::new(s, log.kind_names.len()));
        calendars.iter_mut().for_each(|calendar| calendar.count(log, 0..log.len(), zone, 1));
        Self {
            agents: Tally::new(log, &of_agents(log, 0..log.len()), widths, least),
            swarms: Tally::new(log, &of_swarms(log, 0..log.len(), |swarm| shared[swarm]), widths, least),
            shared,
            calendars,
            zone: zone.clone(),
        }
    }

    /// The counts of `log`, from those of the log `before` with the same settings. Where few rows stayed, or a type became
    /// frequent, everything is counted anew.
    #[must_use]
    pub fn follow(mut self, before: &EventLog, log: &EventLog, settings: &LearnSettings, zone: &Zone) -> Self {
        let change = Change::new(before, log);
        if change.stayed < log.len() / 2 || !self.change(&change, before, log, settings, zone) {
            return Self::new(log, settings, zone);
        }
        self
    }

    /// Whether all that has to be is counted: a type that became frequent may not be.
    pub(super) fn change(
        &mut self,
        change: &Change,
        before: &EventLog,
        log: &EventLog,
        settings: &LearnSettings,
        zone: &Zone,
    ) -> bool {
        self.take_away(change, before);
        self.renumber(change, before, log);
        self.add(change, log, zone);
        let least = u64::from(settings.min_occurrences);
        self.agents.settle(log, least) & self.swarms.settle(log, least)
    }

    /// Takes away what did not stay.
    fn take_away(&mut self, change: &Change, before: &EventLog) {
        let (gone, cut) = (0..change.gone, change.gone + change.stayed..before.len());
        for calendar in &mut self.calendars {
            calendar.count(before, gone.clone(), &self.zone, -1);
            calendar.count(before, cut.clone(), &self.zone, -1);
        }
        self.agents.drop_front(&of_agents(before, gone.clone()));
        self.agents.drop_back(before, &of_agents(before, cut.clone()));
        self.swarms.drop_front(&of_swarms(before, gone, |swarm| self.shared[swarm]));
        self.swarms.drop_back(before, &of_swarms(before, cut, |swarm| self.shared[swarm]));
        let gone = u32::try_from(change.gone).unwrap_or(0);
        for tally in [&mut self.agents, &mut self.swarms] {
            tally.streams.gone = tally.streams.gone.wrapping_add(gone);
        }
    }

    /// Gives what is left the numbers that names have in `log`.
    fn renumber(&mut self, change: &Change, before: &EventLog, log: &EventLog) {
        let kinds = log.kind_names.len();
        let same_kinds = before.kind_names == log.kind_names;
        if !same_kinds || before.agent_names != log.agent_names {
            self.agents.renumber(&change.agents, log.agent_names.len(), &change.kinds, kinds);
        }
        if !same_kinds || before.swarm_names != log.swarm_names {
            self.swarms.renumber(&change.swarms, log.swarm_names.len(), &change.kinds, kinds);
        }
        if !same_kinds {
            self.calendars.iter_mut().for_each(|calendar| calendar.renumber(&change.kinds, kinds));
        }
        let mut shared = vec![false; log.swarm_names.len()];
        for (was, new) in self.shared.iter().zip(&change.swarms) {
            if let Some(new) = new.and_then(|new| shared.get_mut(new as usize)) {
                *new = *was;
            }
        }
        self.shared = shared;
    }

    /// Adds what is new; of a swarm that was one agent's until now, everything.
    fn add(&mut self, change: &Change, log: &EventLog, zone: &Zone) {
        let new = change.stayed..log.len();
        self.calendars.iter_mut().for_each(|calendar| calendar.count(log, new.clone(), zone, 1));
        self.zone = zone.clone();
        self.agents.append(log, &of_agents(log, new.clone()));
        let is = shared(log);
        let was = std::mem::replace(&mut self.shared, is.clone());
        for (swarm, _) in (0_u32..).zip(was.iter().zip(&is)).filter(|(_, (was, is))| **was && !**is) {
            self.swarms.clear(swarm);
        }
        self.swarms.append(log, &of_swarms(log, new, |swarm| is[swarm] && was[swarm]));
        if is.iter().zip(&was).any(|(is, was)| *is && !was) {
            self.swarms.append(log, &of_swarms(log, 0..log.len(), |swarm| is[swarm] && !was[swarm]));
        }
    }

    /// The patterns in the log that was counted. `now` tells which silences still last; events after it are looked at like
    /// others.
    #[must_use]
    pub fn learned(&self, log: &EventLog, settings: &LearnSettings, now: Micros) -> Learned {
        let searches = [(Scope::Agent, &self.agents), (Scope::Swarm, &self.swarms)].map(|(scope, tally)| Search {
            log,
            scope,
            streams: &tally.streams,
            pairs: &tally.pairs,
            widths: tally.widths,
            settings,
        });
        let correlations = searches.map(correlation::find);
        let precursors = searches.map(precursor::find);
        let kinds: [(PatternType, Found); 5] = [
            (PatternType::Sequence, sequences(searches, settings)),
            (PatternType::Frequency, listed(frequency::find(log, &self.agents.streams, settings, now), settings)),
            (PatternType::Correlation, listed(joined(correlations), settings)),
            (PatternType::Temporal, listed(temporal::find(log, &self.calendars, &self.zone, settings), settings)),
            (PatternType::Precursor, listed(joined(precursors), settings)),
        ];
        let tested = kinds.iter().map(|(kind, found)| (*kind, found.tested)).collect();
        let mut patterns: Vec<Pattern> = kinds.into_iter().flat_map(|(_, found)| found.patterns).collect();
        patterns.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.pattern_id.cmp(&b.pattern_id)));
        Learned {
            patterns,
            considered: log.len() as u64,
            available: log.len() as u64,
            span: log.span(),
            types_left_out: self.agents.pairs.left_out.max(self.swarms.pairs.left_out),
            tested,
        }
    }
}

impl Change {
    /// How `before` became `log`. Whatever is not seen to have stayed went and came again.
    pub fn new(before: &EventLog, log: &EventLog) -> Self {
        let kinds = numbers(&before.kind_names, &log.kind_names);
        let agents = numbers(&before.agent_names, &log.agent_names);
        let swarms = numbers(&before.swarm_names, &log.swarm_names);
        let same = |old: u32, new: u32, numbers: &[Option<u32>]| match numbers.get(old as usize) {
            Some(number) => *number == Some(new),
            None => old == new, // none
        };
        let row = |old: usize, new: usize| {
            before.times[old] == log.times[new]
                && same(before.kinds[old], log.kinds[new], &kinds)
                && same(before.agents[old], log.agents[new], &agents)
                && same(before.swarms[old], log.swarms[new], &swarms)
        };
        let begin = log.times.first().map_or(before.len(), |first| before.times.partition_point(|time| time < first));
        let instant = before.times[begin..].iter().take_while(|time| log.times.first() == Some(time)).count();
        let gone = (begin..begin + instant).find(|old| row(*old, 0)).unwrap_or(before.len());
        let most = log.len().min(before.len() - gone);
        // As a rule nothing came late and nobody is new: whole columns are compared faster than rows.
        let old = gone..gone + most;
        let all_stayed = before.kind_names == log.kind_names
            && before.agent_names == log.agent_names
            && before.swarm_names == log.swarm_names
            && before.times[old.clone()] == log.times[..most]
            && before.kinds[old.clone()] == log.kinds[..most]
            && before.agents[old.clone()] == log.agents[..most]
            && before.swarms[old] == log.swarms[..most];
        let first_other = || (0..most).find(|new| !row(gone + new, *new));
        let stayed = if all_stayed { most } else { first_other().unwrap_or(most) };
        Self { gone, stayed, kinds, agents, swarms }
    }
}

/// The place of each old name among the new ones.
fn numbers(old: &[String], new: &[String]) -> Vec<Option<u32>> {
    old.iter().map(|name| new.binary_search(name).ok().and_then(|place| u32::try_from(place).ok())).collect()
}

fn of_agents(log: &EventLog, rows: Range<usize>) -> Rows {
    Rows::new(rows, log.agent_names.len(), |row| log.agents[row])
}

/// The rows of those swarms for which `counts` holds.
fn of_swarms(log: &EventLog, rows: Range<usize>, counts: impl Fn(usize) -> bool) -> Rows {
    Rows::new(rows, log.swarm_names.len(), |row| {
        let swarm = log.swarms[row];
        if swarm != NONE && counts(swarm as usize) { swarm } else { NONE }
    })
}

/// Which swarms several agents work in.
pub(super) fn shared(log: &EventLog) -> Vec<bool> {
    let mut first = vec![None; log.swarm_names.len()];
    let mut shared = vec![false; log.swarm_names.len()];
    for (swarm, agent) in log.swarms.iter().zip(&log.agents) {
        if let Some(seen) = first.get_mut(*swarm as usize) {
            shared[*swarm as usize] |= *seen.get_or_insert(*agent) != *agent;
        }
    }
    shared
}
