//! The rule by hand, its boundaries, and what must not matter.

use proptest::prelude::*;

use super::*;

/// One sample a second.
fn samples(values: impl IntoIterator<Item = f64>) -> Vec<Sample> {
    values.into_iter().zip(1..).map(|(value, time)| Sample { time: Micros(time), value: Some(value) }).collect()
}

/// `earlier` values, then the fourteen that the last five moving averages of ten look at.
fn step(earlier: usize, before: f64, after: f64) -> Vec<Sample> {
    samples(std::iter::repeat_n(before, earlier).chain(std::iter::repeat_n(after, 14)))
}

fn verdict_of(values: impl IntoIterator<Item = f64>) -> Verdict {
    judge(&samples(values), Some(Better::Lower)).verdict
}

#[test]
fn fifteen_samples_are_judged_and_fourteen_are_not() {
    let fourteen = judge(&samples((1..=14).map(f64::from)), Some(Better::Lower));
    assert_eq!((fourteen.verdict, fourteen.lacking), (Verdict::NotEnoughData, Some(Lacking::Samples)));
    assert_eq!((fourteen.figures.recent, fourteen.figures.p_value), (None, None));
    // Moving averages of 1..=15: 5.5, 6.5, …, 10.5. Earlier is the first, recent the mean of the other five, 8.5.
    let fifteen = judge(&samples((1..=15).map(f64::from)), Some(Better::Lower));
    assert_eq!((fifteen.verdict, fifteen.lacking), (Verdict::Degrading, None));
    assert_eq!((fifteen.figures.earlier, fifteen.figures.recent), (Some(5.5), Some(8.5)));
    assert_eq!(fifteen.figures.change_percent, Some(300.0 / 5.5));
    assert_eq!(fifteen.figures.curve, [5.5, 6.5, 7.5, 8.5, 9.5, 10.5]);
    let ends = (fifteen.figures.first, fifteen.figures.recent_from, fifteen.figures.last);
    assert_eq!(ends, (Some(Micros(1)), Some(Micros(2)), Some(Micros(15))));
}

#[test]
fn the_same_change_is_good_or_bad_as_the_metric_has_it() {
    let grew = (1..=20).map(f64::from);
    let judged = |better| judge(&samples(grew.clone()), better).verdict;
    assert_eq!(judged(Some(Better::Lower)), Verdict::Degrading);
    assert_eq!(judged(Some(Better::Higher)), Verdict::Improving);
    assert_eq!(judged(None), Verdict::Rising);
    let shrank = samples((1..=20).rev().map(f64::from));
    assert_eq!(judge(&shrank, Some(Better::Lower)).verdict, Verdict::Improving);
    assert_eq!(judge(&shrank, Some(Better::Higher)).verdict, Verdict::Degrading);
    assert_eq!(judge(&shrank, None).verdict, Verdict::Falling);
}

#[test]
fn exactly_five_percent_is_stable_and_a_hair_more_is_not() {
    // Fourteen times 100, then 100 + x: one moving average before, 100; the sums of the last five are four times 1000
    // and 1000 + x, so recent is 100 + x / 50. Exactly 5 % is x = ± 250.
    let with_last = |last: f64, shares: f64| {
        let values = std::iter::repeat_n(100.0, 14).chain([last]);
        judge(&samples(values.map(|value| value / shares)), Some(Better::Lower))
    };
    assert_eq!(with_last(125.0, 1.0).figures.change_percent, Some(0.5));
    for shares in [1.0, 100.0, 1_000.0, 1e9] {
        assert_eq!(with_last(350.0, shares).verdict, Verdict::Stable, "+ 5 % in shares of {shares}");
        assert_eq!(with_last(-150.0, shares).verdict, Verdict::Stable, "- 5 % in shares of {shares}");
        assert_eq!(with_last(350.0, shares).figures.change_percent, Some(5.0));
        assert_eq!(with_last(351.0, shares).verdict, Verdict::Degrading);
        assert_eq!(with_last(-151.0, shares).verdict, Verdict::Improving);
    }
}

#[test]
fn of_a_success_rate_that_falls_from_every_to_nine_in_ten_the_figures_are_fractions() {
    // 40 successes, then every second of fourteen fails.
    let values = std::iter::repeat_n(1.0, 40).chain((0..14).map(|n| f64::from(n % 2)));
    let judged = judge(&samples(values), Some(Better::Higher));
    // The last five averages look at 0101010101 of the end: 0.5 each.
    assert_eq!(judged.figures.recent, Some(0.5));
    // 40 averages before: 31 of 1.0, then 0.9 (one failure), 0.9, 0.8, 0.8, … 0.6, 0.6, 0.5: 9 that touch the end.
    let expected = (31.0 + 0.9 + 0.9 + 0.8 + 0.8 + 0.7 + 0.7 + 0.6 + 0.6 + 0.5) / 40.0;
    assert!((judged.figures.earlier.expect("a mean") - expected).abs() < 1e-12);
    assert_eq!(judged.verdict, Verdict::Degrading);
}

#[test]
fn nothing_is_a_percentage_of_0_and_a_negative_level_rises_upwards() {
    let judged = judge(&step(10, 0.0, 0.0), Some(Better::Lower));
    assert_eq!((judged.verdict, judged.lacking), (Verdict::NotEnoughData, Some(Lacking::Baseline)));
    assert_eq!((judged.figures.earlier, judged.figures.change_percent), (Some(0.0), None));
    let warmer = judge(&step(40, -10.0, -5.0), None);
    assert_eq!(warmer.verdict, Verdict::Rising);
    assert!(warmer.figures.change_percent.expect("a change") > 0.0);
}

#[test]
fn records_without_the_number_are_left_out_and_counted() {
    let mut with_gaps = samples((1..=15).map(f64::from));
    with_gaps.extend((1..=30).map(|time| Sample { time: Micros(time), value: None }));
    with_gaps.push(Sample { time: Micros(99), value: Some(f64::NAN) });
    let judged = judge(&with_gaps, Some(Better::Lower));
    assert_eq!((judged.figures.n, judged.figures.missing), (15, 31));
    assert_eq!((judged.verdict, judged.figures.last), (Verdict::Degrading, Some(Micros(15))));
    assert_eq!(judge(&[], None).figures, TrendFigures::default());
}

#[test]
fn samples_of_one_instant_count_as_their_mean() {
    // Twenty numbers at one time have no order, so nothing rose.
    let at_once: Vec<Sample> = (1..=20).map(|n| Sample { time: Micros(7), value: Some(f64::from(n)) }).collect();
    let judged = judge(&at_once, Some(Better::Lower));
    assert_eq!((judged.verdict, judged.figures.p_value), (Verdict::Stable, Some(1.0)));
    assert_eq!((judged.figures.earlier, judged.figures.recent), (Some(10.5), Some(10.5)));
}

#[test]
fn a_million_equal_samples_are_stable() {
    let judged = judge(&samples(std::iter::repeat_n(42.0, 1_000_000)), Some(Better::Lower));
    assert_eq!((judged.verdict, judged.figures.p_value), (Verdict::Stable, Some(1.0)));
    assert!(judged.figures.curve.len() <= Trend::CURVE_MAX && judged.figures.curve.iter().all(|value| *value == 42.0));
}

#[test]
fn mann_kendall_by_hand() {
    // 1..=15: S = 105, variance = 15·14·35 / 18 = 408.33, z = 104 / 20.207 = 5.1466.
    let rising = mann_kendall(&(1..=15).map(f64::from).collect::<Vec<_>>());
    assert!((rising / 2.651_6e-7 - 1.0).abs() < 1e-3, "{rising}");
    // 1 1 1 2 2 3: ties of 3 and 2. S = 11, variance = (6·5·17 − 3·2·11 − 2·1·9) / 18 = 23.667, z = 10 / 4.8648.
    let tied = mann_kendall(&[1.0, 1.0, 1.0, 2.0, 2.0, 3.0]);
    assert!((tied - 0.039_824).abs() < 1e-5, "{tied}");
    // S = 0: no direction at all.
    assert_eq!(mann_kendall(&[1.0, 2.0, 2.0, 1.0]), 1.0);
}

#[test]
fn numbers_that_are_no_short_decimals_are_compared_as_they_are() {
    assert_eq!(exact(&[(Micros(1), 1.0 / 3.0)]), None);
    assert_eq!(exact(&[(Micros(1), 1e300)]), None);
    assert_eq!(exact(&[(Micros(1), 0.25), (Micros(2), 3.0)]), Some((vec![25, 300], 100.0)));
    assert_eq!(exact(&[(Micros(1), 1.0), (Micros(1), 2.0), (Micros(2), 3.0)]), Some((vec![3, 3, 6], 2.0)));
    assert_eq!(verdict_of(std::iter::repeat_n(f64::MAX, 20)), Verdict::Stable);
    let thirds = (0..40).map(|n| if n < 26 { 1.0 / 3.0 } else { 2.0 / 3.0 });
    assert_eq!(verdict_of(thirds), Verdict::Degrading);
}

/// Numbers as records carry them, some of them at one time.
fn any_samples() -> impl Strategy<Value = Vec<Sample>> {
    let value =
        prop_oneof![(0..100_i32).prop_map(f64::from), (0..10_000_i32).prop_map(|n| f64::from(n) / 100.0), 0.0..1e6];
    let sample = (0..80_i64, proptest::option::weighted(0.9, value));
    let sample = sample.prop_map(|(time, value)| Sample { time: Micros(time), value });
    proptest::collection::vec(sample, 0..90)
}

/// S by its definition.
fn brute_score(values: &[f64]) -> i64 {
    let later = |n: usize| values.iter().skip(n + 1);
    let sign = |a: f64, b: f64| i64::from(b > a) - i64::from(b < a);
    values.iter().enumerate().flat_map(|(n, a)| later(n).map(move |b| sign(*a, *b))).sum()
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter((first, second) in any_samples().prop_flat_map(|samples| (Just(samples.clone()), Just(samples).prop_shuffle()))) {
        prop_assert_eq!(judge(&first, Some(Better::Lower)), judge(&second, Some(Better::Lower)));
    }

    #[test]
    fn pairs_are_counted_as_the_definition_has_it(values in proptest::collection::vec((0..20_i32).prop_map(f64::from), 0..60)) {
        let mut distinct = values.clone();
        distinct.sort_by(f64::total_cmp);
        distinct.dedup();
        prop_assert_eq!(score(&values, &distinct), brute_score(&values));
    }

    #[test]
    fn whole_numbers_and_floating_point_agree_within_rounding(samples in any_samples()) {
        let mut points: Vec<(Micros, f64)> = samples.iter().filter_map(|sample| Some((sample.time, sample.value?))).collect();
        points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        if points.len() >= Trend::SAMPLES_MIN && let Some((whole, unit)) = exact(&points) {
            let (exactly, about) = (compare_exact(&whole, unit), compare(&level(&points)));
            prop_assert!((exactly.recent - about.recent).abs() <= 1e-9 * exactly.recent.abs().max(1.0));
            prop_assert!((exactly.earlier - about.earlier).abs() <= 1e-9 * exactly.earlier.abs().max(1.0));
        }
    }

    #[test]
    fn what_is_good_turns_the_verdict_and_changes_no_figure(samples in any_samples()) {
        let (lower, higher) = (judge(&samples, Some(Better::Lower)), judge(&samples, Some(Better::Higher)));
        let turned = match lower.verdict {
            Verdict::Degrading => Verdict::Improving,
            Verdict::Improving => Verdict::Degrading,
            same => same,
        };
        prop_assert_eq!(higher.verdict, turned);
        prop_assert_eq!(lower.figures, higher.figures);
    }
}
