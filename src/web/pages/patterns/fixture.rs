//! Patterns made by hand, for tests of their pages.

use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{
    Beat, ChangeKind, CorrelationEvidence, Evidence, FrequencyEvidence, Histogram, LearnSettings, Learning, Occurrence,
    OccurrenceCounts, OccurrenceRow, Pattern, PatternChange, PatternDetail, PatternPage, PatternType, PatternsPage,
    PrecursorEvidence, Scope as Whose, Season, SequenceEvidence, StepGap, TemporalEvidence, WeekFigures,
    counts_by_type,
};
use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
use crate::web::pages::fixture::{HOSTILE, MIDNIGHT, event, scope};

/// `hours` after the midnight all fixtures start at.
fn at(hours: i64) -> Micros {
    Micros(MIDNIGHT.0 + hours * HOUR)
}

fn rate(numerator: u64, denominator: u64) -> Rate {
    Rate::new(numerator, denominator).expect("counted from something")
}

fn pattern(id: &str, description: &str, events: &[&str], support: Rate, metadata: Evidence) -> Pattern {
    let pattern_type = match &metadata {
        Evidence::Sequence(_) => PatternType::Sequence,
        Evidence::Frequency(_) => PatternType::Frequency,
        Evidence::Correlation(_) => PatternType::Correlation,
        Evidence::Temporal(_) => PatternType::Temporal,
        Evidence::Precursor(_) => PatternType::Precursor,
    };
    Pattern {
        pattern_id: id.into(),
        pattern_type,
        description: description.into(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        confidence: support.ratio(),
        occurrences: support.numerator,
        first_seen: at(1),
        last_seen: at(23),
        support,
        lift: (pattern_type != PatternType::Frequency).then_some(6.1),
        p_value: 0.000_000_1,
        q_value: 0.0042,
        metadata,
        recent: Vec::new(),
    }
}

/// Read, edit, run: 412 of 530 times, in 4.2 s.
pub fn sequence() -> Pattern {
    let evidence = SequenceEvidence {
        scope: Whose::Agent,
        max_gap_ms: 60_000,
        gaps: [800.0, 2_100.0, 1_300.0].map(|median_ms| StepGap { median_ms, max_ms: 30_000.0 }).to_vec(),
        median_duration_ms: 4_200.0,
        expected_confidence: 0.12,
        streams: 7,
    };
    let steps = ["tool:Read", "tool:Edit", HOSTILE, "tool:Bash"];
    pattern("seq_1", "tool:Read → tool:Edit → tool:Bash", &steps, rate(412, 530), Evidence::Sequence(evidence))
}

/// A checkpoint every half hour, one beat missed and one silence that lasts.
pub fn frequency() -> Pattern {
    let evidence = FrequencyEvidence {
        agent_id: "planner-03".into(),
        avg_interval_seconds: 1_800.0,
        stddev_seconds: Some(11.0),
        median_interval_seconds: 1_800.0,
        mad_seconds: 8.0,
        intervals: Histogram { start: 1_700.0, step: 20.0, counts: vec![0, 1, 4, 11, 30, 28, 9, 2], above: 1 },
        missed_beats: 3,
        missed: vec![
            Beat { after: at(23), until: None, missed: 2 },
            Beat { after: at(9), until: Some(at(10)), missed: 1 },
        ],
    };
    let evidence = Evidence::Frequency(evidence);
    pattern("freq_1", "checkpoint every 30 min (± 11 s)", &["checkpoint"], rate(84, 86), evidence)
}

/// High token usage, then a failed task.
pub fn correlation() -> Pattern {
    let evidence = CorrelationEvidence {
        scope: Whose::Agent,
        correlation: 0.75,
        time_window_ms: 10_000,
        median_lead_ms: 1_200.0,
        leads: Histogram { start: 0.0, step: 1_000.0, counts: vec![9, 12, 2, 1, 0, 0, 0, 0, 0, 1], above: 0 },
        reverse_confidence: 0.31,
        expected_confidence: 0.05,
        agents: 4,
    };
    let evidence = Evidence::Correlation(evidence);
    pattern("corr_1", "high_token_usage → task_failed", &["high_token_usage", "task_failed"], rate(25, 33), evidence)
}

/// Back-ups from two to three in the morning.
pub fn temporal() -> Pattern {
    let mut counts = vec![0; 24];
    (counts[2], counts[3]) = (88, 2);
    let evidence = TemporalEvidence {
        season: Season::HourOfDay,
        slot: 2,
        tz: "UTC".into(),
        counts,
        share: 88.0 / 90.0,
        expected_share: 0.042,
        others_share: Some(0.051),
        active: 12,
        strong: 12,
    };
    let found =
        pattern("temp_1", "backup from 02:00 to 03:00 UTC", &["backup"], rate(12, 12), Evidence::Temporal(evidence));
    Pattern { occurrences: 88, ..found }
}

/// Memory pressure, a pause, and the agent is down.
pub fn precursor() -> Pattern {
    let evidence = PrecursorEvidence {
        scope: Whose::Agent,
        failure: "agent_down".into(),
        window_ms: 300_000,
        median_lead_ms: 61_000.0,
        leads: Histogram { start: 0.0, step: 30_000.0, counts: vec![2, 6, 8, 2, 0], above: 0 },
        failures: 22,
        preceded: 18,
        expected_confidence: 0.003,
    };
    let events = ["memory_pressure", "gc_pause", "agent_down"];
    pattern(
        "prec_1",
        "memory_pressure → gc_pause before agent_down",
        &events,
        rate(18, 20),
        Evidence::Precursor(evidence),
    )
}

/// One of each kind.
pub fn all() -> Vec<Pattern> {
    vec![sequence(), frequency(), correlation(), temporal(), precursor()]
}

/// Learned a quarter of an hour ago from the newest 10 000 events.
pub fn learning() -> Learning {
    Learning {
        learned_at: Micros(scope().now.0 - 15 * MINUTE),
        from: Some(at(0)),
        until: Some(at(23)),
        events: 10_000,
        derived: 312,
        limited: true,
        settings: LearnSettings::default(),
        kept: true,
    }
}

/// The sequence grew stronger, another one faded.
pub fn changes() -> Vec<PatternChange> {
    let change = |change, id: &str, description: &str| PatternChange {
        timestamp: at(22),
        change,
        pattern_id: id.into(),
        pattern_type: PatternType::Sequence,
        description: description.into(),
        confidence_before: (change != ChangeKind::Appeared).then_some(0.7),
        confidence_after: (change != ChangeKind::Faded).then_some(0.777),
        occurrences_before: (change != ChangeKind::Appeared).then_some(200),
        occurrences_after: (change != ChangeKind::Faded).then_some(412),
    };
    vec![
        change(ChangeKind::Strengthened, "seq_1", "tool:Read → tool:Edit → tool:Bash"),
        change(ChangeKind::Faded, "seq_2", HOSTILE),
        change(ChangeKind::Appeared, "seq_3", "prompt → tool:Grep"),
    ]
}

/// The page of all patterns.
pub fn patterns_page() -> PatternsPage {
    let patterns = all();
    PatternsPage {
        scope: scope(),
        learning: Some(learning()),
        progress: None,
        counts: counts_by_type(&patterns),
        matching: patterns.len() as u64,
        patterns,
        changes: changes(),
    }
}

/// The page of one pattern, seen twice: at 13:00 in `reviewer-3`, taking 4.2 s, and at 12:00.
pub fn pattern_page(pattern: Pattern) -> PatternPage {
    let occurrence = |hour: i64| {
        let from = at(hour);
        let single = matches!(pattern.pattern_type, PatternType::Frequency | PatternType::Temporal);
        let until = if single { from } else { Micros(from.0 + 42 * SECOND / 10) };
        let mut events = vec![event("tool:Read")];
        if !single {
            events.push(event("tool_error:Edit"));
        }
        events.iter_mut().for_each(|event| event.timestamp = from);
        let agent_id = Some("reviewer-3".into());
        OccurrenceRow { occurrence: Occurrence { from, until, agent_id, swarm_id: None }, events, tasks: Vec::new() }
    };
    let week = |days: i64, occurrences: u64, support: Rate| WeekFigures {
        from: Micros(MIDNIGHT.0 - days * DAY),
        until: Micros(MIDNIGHT.0 - (days - 7) * DAY),
        occurrences,
        support: Some(support),
        complete: true,
    };
    let detail = PatternDetail {
        appeared: Some(Micros(MIDNIGHT.0 - 9 * DAY)),
        faded: None,
        changes: changes(),
        occurrences: vec![occurrence(13), occurrence(12)],
        skip: 0,
        occurrence_count: pattern.occurrences,
        timeline: Some(OccurrenceCounts {
            step_ms: 3_600_000,
            time: (0..24).map(|hour| at(hour).millis()).collect(),
            end: at(24).millis(),
            counts: (0..24).map(|hour| [0, 3, 9, 22][hour % 4]).collect(),
        }),
        this_week: week(7, 300, rate(300, 360)),
        last_week: week(14, 240, rate(240, 320)),
        pattern,
    };
    PatternPage { scope: scope(), learning: Some(learning()), progress: None, detail: Some(detail) }
}
