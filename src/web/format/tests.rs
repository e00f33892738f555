use super::*;
use crate::model::answer::Rate;
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{Micros, TimeRange};

const NOON: Micros = Micros(1_767_268_800_000_000); // 2026-01-01T12:00:00Z

fn tidy(text: impl ToString) -> String {
    text.to_string().replace(NBSP, " ")
}

fn percent_of(numerator: u64, denominator: u64) -> String {
    tidy(percent(Rate::new(numerator, denominator).unwrap()))
}

#[test]
fn counts_keep_their_digits_until_there_are_too_many() {
    assert_eq!(tidy(count(2972)), "2,972");
    assert_eq!(tidy(count(1_234_567)), "1.2 M");
    assert_eq!(count(1_234_567).exact, "1,234,567");
}

#[test]
fn tokens_never_read_a_thousand_of_a_magnitude() {
    assert_eq!(tidy(tokens(999)), "999");
    assert_eq!(tidy(tokens(1_200)), "1.2 k");
    assert_eq!(tidy(tokens(999_600)), "1.0 M");
    assert_eq!(tidy(tokens(236_000_000)), "236 M");
    assert_eq!(tidy(tokens(43_560)), "43.6 k");
}

#[test]
fn durations_climb_from_milliseconds_to_days() {
    let read = |ms: f64| tidy(duration(ms));
    assert_eq!(
        [read(0.0), read(0.4), read(812.0), read(3_100.0), read(60_000.0)],
        ["0 ms", "0.4 ms", "812 ms", "3.1 s", "1 min"]
    );
    assert_eq!([read(252_000.0), read(5_400_000.0), read(3.0 * 86_400e3)], ["4.2 min", "1.5 h", "3 d"]);
    assert_eq!(tidy(duration(252_123.4).exact), "252,123 ms");
}

#[test]
fn only_a_full_share_reads_100_percent_and_only_none_reads_0() {
    assert_eq!(percent_of(2776, 2972), "93.4 %");
    assert_eq!(percent_of(99_999, 100_000), "99.9 %");
    assert_eq!(percent_of(1, 100_000), "<0.1 %");
    assert_eq!([percent_of(3, 3), percent_of(0, 3)], ["100 %", "0 %"]);
}

#[test]
fn money_has_cents_and_small_money_has_more() {
    assert_eq!(tidy(usd(1187.2)), "$ 1,187.20");
    assert_eq!(tidy(usd(1.995)), "$ 2.00");
    assert_eq!(tidy(usd(0.0123)), "$ 0.0123");
    assert_eq!(tidy(usd(0.000_001)), "$ <0.0001");
}

#[test]
fn throughput_picks_the_unit_that_shows_something() {
    assert_eq!(tidy(throughput(41.2)), "41 /min");
    assert_eq!(tidy(throughput(0.5)), "30 /h");
    assert_eq!(tidy(throughput(0.002)), "2.9 /d");
}

#[test]
fn a_whole_day_ends_at_24_00() {
    let midnight = Micros(NOON.0 - 12 * HOUR);
    let whole = TimeRange { from: midnight, until: Micros(midnight.0 + DAY) };
    assert_eq!(tidy(range(whole)), "1 Jan 2026, 00:00 – 24:00 UTC");
    let two = TimeRange { from: NOON, until: Micros(NOON.0 + DAY) };
    assert_eq!(tidy(range(two)), "1 Jan 2026, 12:00 – 2 Jan 2026, 12:00 UTC");
    assert_eq!(tidy(bucket(NOON.millis(), 1_200_000)), "1 Jan, 12:00 – 12:20 UTC");
    assert_eq!(tidy(bucket(midnight.millis(), 86_400_000)), "1 Jan 2026 UTC");
}

#[test]
fn ages_and_steps_are_rough_and_short() {
    assert_eq!(tidy(ago(NOON, Micros(NOON.0 + 3 * MINUTE))), "3 min ago");
    assert_eq!(tidy(ago(NOON, Micros(NOON.0 + 12 * DAY))), "12 d ago");
    assert_eq!(tidy(step(1_200_000)), "20 min");
    assert_eq!(step(3_600_000), "hour");
}

#[test]
fn bytes_and_numbers_keep_few_digits() {
    let of = |value| tidy(bytes(value).to_string());
    assert_eq!([of(0), of(999), of(1536), of(5 << 20), of(3 << 40)], ["0 B", "999 B", "1.5 KiB", "5.0 MiB", "3.0 TiB"]);
    assert_eq!([number(0.0125), number(3.0), number(12.345), number(0.0)], ["0.0125", "3", "12.35", "0"]);
    assert_eq!(tidy(number(12_300.0)), "12.3 k");
}

#[test]
fn a_range_is_named_as_it_was_asked() {
    assert_eq!(range_name("now-24h", "now"), "Last 24 hours");
    assert_eq!(range_name("all", ""), "All data");
    assert_eq!(range_name("now-6h", "now-1h"), "Custom range");
}

#[test]
fn what_expires_says_when_and_what_expired_since_when() {
    let now = Micros(1_795_046_400_000_000);
    let at = |seconds: i64| expiry(Micros(now.0 + seconds * 1_000_000), now).replace(NBSP, " ");
    assert_eq!(
        [at(30), at(600), at(3 * 3600), at(47 * 3600), at(100 * 86_400)],
        ["expires within a minute", "expires in 10 min", "expires in 3 h", "expires in 47 h", "expires in 100 d"]
    );
    assert_eq!([at(0), at(-3 * 3600), at(-5 * 86_400)], ["expired just now", "expired 3 h ago", "expired 5 d ago"]);
}
