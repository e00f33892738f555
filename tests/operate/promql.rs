//! Which metrics an expression names. Enough of PromQL for that: strings, label matchers, ranges and the words of
//! aggregations and joins are passed over; what is left and is no function is a metric.

use std::collections::BTreeSet;

/// Words after which labels stand in brackets.
const LABELS_FOLLOW: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 5] = ["and", "or", "unless", "bool", "offset"];

/// The names, without those that other programs export.
pub fn metrics(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '"' => after(&rest[1..], '"'),
            '{' => after_matchers(&rest[1..]),
            '[' => after(rest, ']'),
            '#' => "",
            c if c.is_ascii_alphabetic() || c == '_' => {
                let (word, then) = split_word(rest);
                let then = then.trim_start();
                if LABELS_FOLLOW.contains(&word) {
                    if then.starts_with('(') { after(then, ')') } else { then }
                } else {
                    let next = split_word(then).0; // `sum by (…) (…)`
                    if !then.starts_with('(') && !LABELS_FOLLOW.contains(&next) && !OPERATORS.contains(&word) {
                        names.insert(word.to_owned());
                    }
                    then
                }
            }
            c if c.is_ascii_digit() => split_word(rest).1,
            c => &rest[c.len_utf8()..],
        };
    }
    names.retain(|name| !(matches!(name.as_str(), "up" | "ALERTS") || name.starts_with("node_")));
    names
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    text.split_at(end)
}

fn after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// What follows the matchers of a selector; a value may hold a bracket.
fn after_matchers(mut text: &str) -> &str {
    while let Some(at) = text.find(['"', '}']) {
        let (found, rest) = (&text[at..=at], &text[at + 1..]);
        if found == "}" {
            return rest;
        }
        text = after(rest, '"');
    }
    ""
}

#[test]
fn names_are_told_from_functions_labels_and_strings() {
    let of = |expression| metrics(expression).into_iter().collect::<Vec<_>>();
    assert_eq!(of("histogram_quantile(0.95, sum by (le) (rate(a_bucket{b=\"}c\"}[5m]))) > 1e3"), ["a_bucket"]);
    assert_eq!(of("a / on (host) group_left () node_x > 0.9 and b >= 20 # c"), ["a", "b"]);
    assert_eq!(of("up{job=\"x\"} == 0 or absent(up)"), Vec::<String>::new());
}
