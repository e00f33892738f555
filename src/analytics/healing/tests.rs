//! Formulas against numbers that can be checked by hand.

use super::*;
use crate::model::TimeRange;
use crate::model::answer::Rate;
use crate::model::healing::{HeatMap, Mean, RecommendationKind, StrategyVerdict, TrendWord};
use crate::model::time::HOUR;

/// One attempt of strategy and kind 0, ending `second` seconds after the epoch.
fn attempt(second: i64, success: bool, duration_ms: f64) -> Attempt {
    Attempt {
        ts: Micros(second * 1_000_000),
        origin: Origin::Reported,
        strategy: 0,
        failure_type: 0,
        agent: None,
        success,
        duration_ms: Some(duration_ms),
        detected_at: None,
        failure: None,
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn attempts(rows: Vec<Attempt>) -> Attempts {
    Attempts::new(rows, words(&["restart", "retry"]), words(&["agent_down", "timeout"]), words(&["a", "b"]))
}

fn rate(numerator: u64, denominator: u64) -> Rate {
    Rate::new(numerator, denominator).expect("a rate")
}

/// `worked` successes spread over `all` outcomes in any way: here first failures, then successes.
fn outcomes(worked: usize, all: usize) -> Vec<bool> {
    (0..all).map(|place| place >= all - worked).collect()
}

/// `earlier` of `before`, then `recent` of the last ten.
fn history(earlier: (usize, usize), recent: usize) -> Vec<bool> {
    [outcomes(earlier.0, earlier.1), outcomes(recent, 10)].concat()
}

#[test]
fn headline_figures_count_attempts_failures_and_times_apart() {
    // Failure 0 needed two attempts, failure 1 was not healed, and two attempts name no failure.
    let rows = vec![
        Attempt { failure: Some(0), detected_at: Some(Micros(9_000_000)), ..attempt(10, false, 100.0) },
        Attempt { failure: Some(0), detected_at: Some(Micros(9_000_000)), ..attempt(12, true, 200.0) },
        Attempt { failure: Some(1), ..attempt(20, false, 300.0) },
        attempt(30, true, 0.0),
        Attempt { duration_ms: None, ..attempt(40, false, 0.0) },
    ];
    let totals = totals(&attempts(rows));
    assert_eq!((totals.total_failures, totals.total_healings), (4, 5));
    assert_eq!(totals.healed_failures, Rate::new(2, 4));
    assert_eq!(totals.success.map(|success| success.rate), Rate::new(2, 5));
    assert_eq!(totals.avg_healing_time_ms, Some(Mean { ms: 150.0, n: 4 }), "(100 + 200 + 300 + 0) / 4");
    assert_eq!(totals.mttr_ms, Some(Mean { ms: 100.0, n: 2 }), "(200 + 0) / 2");
    assert_eq!(totals.detection_to_recovery_ms, Some(Mean { ms: 3000.0, n: 1 }), "12 s − 9 s");
}

#[test]
fn nothing_is_none_and_not_0() {
    let nothing = totals(&Attempts::default());
    assert_eq!(nothing, crate::model::healing::HealingTotals::default());
    assert!(nothing.success.is_none() && nothing.mttr_ms.is_none());
    assert_eq!((by_origin(&Attempts::default()), histogram(&Attempts::default())), (Vec::new(), None));
    let failed = totals(&attempts(vec![attempt(1, false, 5.0)]));
    assert_eq!((failed.mttr_ms, failed.avg_healing_time_ms), (None, Some(Mean { ms: 5.0, n: 1 })));
}

#[test]
fn a_change_of_exactly_0_05_is_stable_and_one_more_in_a_thousand_is_not() {
    // 0.85 before, 0.9 of the last ten: in floats 0.9 − 0.85 is more than 0.05.
    let word = |earlier, recent| trend(&history(earlier, recent)).map(|trend| trend.word);
    assert_eq!(word((17, 20), 9), Some(TrendWord::Stable));
    assert_eq!(word((849, 1000), 9), Some(TrendWord::Improving));
    assert_eq!(word((19, 20), 9), Some(TrendWord::Stable));
    assert_eq!(word((951, 1000), 9), Some(TrendWord::Degrading));
    assert_eq!(word((5, 5), 10), Some(TrendWord::Stable));
}

#[test]
fn the_trend_is_of_the_newest_ten_and_needs_fifteen() {
    assert_eq!(trend(&history((4, 4), 0)), None, "14");
    let fifteen = trend(&history((5, 5), 0)).expect("15");
    assert_eq!((fifteen.word, fifteen.recent, fifteen.earlier), (TrendWord::Degrading, rate(0, 10), rate(5, 5)));
    // Newest last: what fails first and works then is improving.
    assert_eq!(trend(&history((0, 10), 10)).map(|trend| trend.word), Some(TrendWord::Improving));
}

#[test]
fn verdicts_turn_at_exactly_nine_tenths_and_one_half() {
    let of = |worked, all| verdict(rate(worked, all), None);
    assert_eq!((of(9, 9), of(9, 10), of(8, 10)), (None, Some(StrategyVerdict::Keep), Some(StrategyVerdict::Tune)));
    assert_eq!((of(899, 1000), of(900, 1000)), (Some(StrategyVerdict::Tune), Some(StrategyVerdict::Keep)));
    assert_eq!(
        (of(5, 10), of(499, 1000), of(0, 10)),
        (Some(StrategyVerdict::Tune), Some(StrategyVerdict::Replace), Some(StrategyVerdict::Replace))
    );
    let degrading = trend(&history((100, 100), 9));
    assert_eq!(
        verdict(rate(109, 110), degrading),
        Some(StrategyVerdict::Tune),
        "0.99, but 1.0 before and 0.9 of the last ten"
    );
}

#[test]
fn a_strategy_shows_its_figures_and_why() {
    let rows = (0..20).map(|n| attempt(n, n % 10 != 0, 100.0 * f64::from(u32::try_from(n + 1).expect("small"))));
    let rows = by_strategy(&attempts(rows.collect()));
    let row = &rows[0];
    assert_eq!((row.strategy.as_str(), row.success_count, row.failure_count), ("restart", 18, 2));
    assert_eq!(row.avg_healing_time_ms, Some(Mean { ms: 1050.0, n: 20 }));
    // Type 7: rank 9.5 of 100, 200 … 2000 and rank 18.05.
    assert_eq!(row.p50_ms, Some(1050.0));
    assert!(row.p95_ms.is_some_and(|p95| (p95 - 1905.0).abs() < 1e-9), "{:?}", row.p95_ms);
    assert_eq!(row.verdict, Some(StrategyVerdict::Keep));
    assert_eq!(
        row.why,
        "18 of 20 (90.0 %) worked, 90 % or more, and not degrading (stable: 9 of the last 10, 9 of 10 before)"
    );
}

#[test]
fn reported_and_derived_attempts_of_one_name_stay_apart() {
    let derived = Attempt { origin: Origin::Derived, ..attempt(3, false, 1.0) };
    let both = attempts(vec![derived, attempt(1, true, 1.0), attempt(2, true, 1.0)]);
    let rows: Vec<(Origin, u64, u64)> =
        by_strategy(&both).iter().map(|row| (row.origin, row.success_count, row.failure_count)).collect();
    assert_eq!(rows, [(Origin::Reported, 2, 0), (Origin::Derived, 0, 1)]);
    assert_eq!(by_failure_type(&both).len(), 2);
    let apart = by_origin(&both);
    assert_eq!((apart[0].1.total_healings, apart[1].1.total_healings), (2, 1));
    assert_eq!(totals(&both).total_healings, 3);
}

#[test]
fn times_fall_into_bins_of_1_2_5() {
    let times = [0.0, 0.5, 1.0, 1.999, 2.0, 9.0];
    let rows = times.into_iter().zip([true, false].into_iter().cycle());
    let shown = histogram(&attempts(rows.map(|(ms, worked)| attempt(1, worked, ms)).collect())).expect("times");
    let bins: Vec<(f64, f64, u64, u64)> =
        shown.bins.iter().map(|bin| (bin.from_ms, bin.until_ms, bin.success, bin.failure)).collect();
    assert_eq!(bins, [(0.0, 1.0, 1, 1), (1.0, 2.0, 1, 1), (2.0, 5.0, 1, 0), (5.0, 10.0, 0, 1)]);
    let late = histogram(&attempts(vec![attempt(1, true, 150.0)])).expect("a time");
    assert_eq!(late.bins.iter().map(|bin| (bin.from_ms, bin.until_ms)).collect::<Vec<_>>(), [(100.0, 200.0)]);
    let huge = histogram(&attempts(vec![attempt(1, true, 1e12)])).expect("a time");
    assert_eq!((huge.bins.len(), huge.bins[0].success), (1, 1));
}

#[test]
fn each_failure_counts_once_at_the_hour_it_was_noticed() {
    let at = |hour: i64| Micros(hour * HOUR);
    let hour = |time: Micros| u8::try_from(time.0.rem_euclid(24 * HOUR) / HOUR).expect("an hour");
    let rows = vec![
        // Noticed at 3, tried at 4 and at 5.
        Attempt { failure: Some(0), detected_at: Some(at(3)), agent: Some(0), ..attempt(4 * 3600, false, 0.0) },
        Attempt { failure: Some(0), detected_at: Some(at(3)), agent: Some(0), ..attempt(5 * 3600, true, 0.0) },
        // Nobody says when: it began an hour before its end at 8.
        Attempt { failure_type: 1, agent: Some(1), ..attempt(8 * 3600, true, 3_600_000.0) },
        Attempt { failure_type: 1, ..attempt(8 * 3600, true, 0.0) },
    ];
    let attempts = attempts(rows);
    let map = by_hour(&attempts, hour);
    assert_eq!((map.rows.as_slice(), map.columns.len()), (&words(&["timeout", "agent_down"])[..], 24));
    let cells: Vec<(usize, usize, u64)> = map.cells.iter().map(|cell| (cell.row, cell.column, cell.count)).collect();
    assert_eq!(cells, [(0, 7, 1), (0, 8, 1), (1, 3, 1)]);
    let map = by_agent(&attempts);
    assert_eq!((map.columns.as_slice(), map.without_column), (&words(&["a", "b"])[..], 1));
}

#[test]
fn kinds_and_agents_beyond_the_most_frequent_are_others() {
    let many = |prefix: &str| (0..15).map(|n| format!("{prefix}{n:02}")).collect::<Vec<_>>();
    // Kind and agent n fail 15 − n times.
    let rows = (0..15u32)
        .flat_map(|n| (n..15).map(move |_| Attempt { failure_type: n, agent: Some(n), ..attempt(0, true, 1.0) }));
    let map = by_agent(&Attempts::new(rows.collect(), words(&["s"]), many("kind"), many("agent")));
    assert_eq!((map.rows.len(), map.columns.len()), (HeatMap::ROWS_MAX + 1, HeatMap::AGENTS_MAX + 1));
    assert_eq!((map.rows[0].as_str(), map.rows[12].as_str()), ("kind00", HeatMap::OTHERS));
    assert_eq!((map.row_count, map.column_count), (15, 15));
    let last = map.cells.last().expect("others");
    assert_eq!((last.row, last.column, last.count), (12, 12, 3 + 2 + 1));
    assert_eq!(map.cells.iter().map(|cell| cell.count).sum::<u64>(), 120);
}

#[test]
fn success_over_time_has_a_place_for_every_step_and_none_where_nothing_was_tried() {
    let attempts = attempts(vec![attempt(0, true, 1.0), attempt(1, false, 1.0), attempt(50, true, 1.0)]);
    let range = TimeRange { from: Micros(0), until: Micros(60_000_000) };
    let over = over_time(&attempts, &by_strategy(&attempts), range);
    assert_eq!((over.step_ms, over.time.len(), over.strategies.len()), (5000, 12, 1));
    let success = &over.strategies[0].success;
    assert_eq!((success[0], success[1], success[9], success[10]), (Rate::new(1, 2), None, None, Rate::new(1, 1)));
}

fn kinds(rows: Vec<Attempt>) -> Vec<(RecommendationKind, u64)> {
    let attempts = attempts(rows);
    advice(&by_strategy(&attempts), &by_origin(&attempts)).iter().map(|advice| (advice.kind, advice.n)).collect()
}

#[test]
fn advice_turns_at_exactly_seven_tenths_and_a_second() {
    use RecommendationKind as Kind;
    let rows = |worked: usize, all: usize, ms: f64| -> Vec<Attempt> {
        // Spread evenly, so that there is no trend to speak of.
        (0..all).map(|n| attempt(0, (n * worked) % all < worked, ms)).collect()
    };
    assert_eq!(
        kinds(rows(7, 10, 1000.0)),
        [(Kind::NotEnoughData, 0)][..0].to_vec(),
        "7 recoveries are too few to call optimal"
    );
    assert_eq!(kinds(rows(6, 10, 1000.0)), [(Kind::LowSuccess, 10)]);
    assert_eq!(kinds(rows(10, 10, 1000.0)), [(Kind::OptimalMttr, 10)]);
    assert_eq!(kinds(rows(10, 10, 1000.1)), [(Kind::Slow, 10)]);
    assert_eq!(kinds(rows(0, 9, 5000.0)), [(Kind::NotEnoughData, 9)], "nothing is said on nine");
    assert_eq!(kinds(Vec::new()), [(Kind::NoData, 0)]);
}

#[test]
fn advice_names_its_figures_and_leads_to_its_records() {
    let rows: Vec<Attempt> = (0..100).map(|n| attempt(n, n % 20 < 13, 2500.0)).collect();
    let attempts = attempts(rows);
    let all = advice(&by_strategy(&attempts), &by_origin(&attempts));
    assert_eq!(
        all[0].text,
        "restart has a low success rate: 65 of 100 (65.0 %) attempts worked, less than 70 %. Consider tuning or replacing it."
    );
    assert_eq!((all[0].filter.strategy.as_deref(), all[0].origin), (Some("restart"), Some(Origin::Reported)));
    let slow = all.iter().find(|advice| advice.kind == RecommendationKind::Slow).expect("slow");
    assert_eq!(
        slow.text,
        "restart takes 2.5 s on average (n = 100), more than 1.0 s. Look at what it spends its time on."
    );
}
