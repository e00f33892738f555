use std::collections::BTreeMap;

use super::*;

fn refused(toml: &str) -> String {
    let spec: RuleSpec = toml::from_str(toml).expect("well written");
    spec.check().expect_err("refused").to_string()
}

#[test]
fn rules_read_back_as_they_were_written() {
    for rule in builtin_rules() {
        let spec = RuleSpec::from(rule.clone());
        assert_eq!(spec.clone().check(), Ok(rule.clone()), "{}", rule.name);
        let json = serde_json::to_string(&rule).expect("JSON");
        assert_eq!(serde_json::from_str::<Rule>(&json).expect("reads back"), rule);
    }
    let others = [
        "name = 'a'\nkind = 'absence'\nsource = 'events'\nfilter = { event_type = 'heartbeat' }\nwindow = '10m'",
        "name = 'b'\nkind = 'trend'\nmetric = 'duration_ms'\nper = 'agent_id'",
        "name = 'c'\nkind = 'agent_stale'\nagent_id = 'x'\nfor = '1h'",
        "name = 'd'\nkind = 'pattern'\npattern_type = 'precursor'\nmin_confidence = 0.5",
        "name = 'e'\nkind = 'aggregate'\nfunction = 'p99.9'\nfield = 'duration_ms'\nper = 'model'\nabove = 5\nclear = 4",
    ];
    for text in others {
        let rule = toml::from_str::<RuleSpec>(text).expect("well written").check().expect("a rule");
        assert_eq!(RuleSpec::from(rule.clone()).check(), Ok(rule), "{text}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_key_and_what_is_allowed() {
    let aggregate = "name = 'x'\nkind = 'aggregate'\n";
    let of = |rest: &str| refused(&format!("{aggregate}{rest}"));
    assert_eq!(of("above = 1"), "rule `x`: `function` is missing: p99, success_rate, count, …");
    assert_eq!(of("function = 'count'"), "rule `x`: `above` or `below` is missing");
    assert!(of("function = 'avg'\nabove = 1").starts_with("rule `x`: `field` is missing: duration_ms, tokens_used"));
    assert_eq!(
        of("function = 'success_rate'\nbelow = 90"),
        "rule `x`: `below` is 90: a success rate is a share, write 0.9 for 90 %"
    );
    assert_eq!(
        of("function = 'count'\nabove = 50\nclear = 60"),
        "rule `x`: `clear` is 60: it must be at most 50, on the good side of `above`"
    );
    assert_eq!(
        of("function = 'count'\nabove = 5\nfilter = { colour = 'red' }"),
        "rule `x`: `filter` has `colour`; known here: agent_id, swarm_id, project, model, result"
    );
    assert_eq!(
        of("function = 'count'\nabove = 5\nmin_samples = 1000000001"),
        "rule `x`: `min_samples` must be at most 1000000000"
    );
    assert_eq!(of("function = 'count'\nabove = 5\nwindow = '0s'"), "rule `x`: `window` is 0s: it must be 1s to 30d");
    assert!(of("function = 'count'\nabove = 5\nmetric = 'a'").contains("`metric` means nothing to the kind aggregate"));
    assert!(
        of("function = 'count'\nabove = 5\nlabels = { severity = 'x' }").contains("which alerts get by themselves")
    );
    assert!(refused("name = 'a b'\nkind = 'token_use'\nabove = 0.8").contains("`name` must be 1 to 64"));
    assert!(
        refused("name = 'a'\nkind = 'latest'\nsource = 'tasks'\nmetric = 'm'\nabove = 1").contains("`source` must")
    );
}

#[test]
fn spans_are_written_with_the_longest_unit_that_is_exact() {
    for (text, seconds) in [("0s", 0), ("90s", 90), ("5m", 300), ("24h", 86_400), ("1w", 604_800)] {
        assert_eq!(Span::parse(text), Some(Span::seconds(seconds)), "{text}");
    }
    for (seconds, text) in [(0, "0s"), (90, "90s"), (300, "5m"), (86_400, "1d"), (604_800, "1w")] {
        assert_eq!(Span::seconds(seconds).to_string(), text);
    }
    for text in ["", "5", "m", "-5m", "5 m", "1.5h", "+1s", "99999999999w", "5µ"] {
        assert_eq!(Span::parse(text), None, "{text}");
    }
}

#[test]
fn a_limit_lets_go_only_where_it_is_clear() {
    let limit = Limit { above: true, at: 50.0, clear: Some(40.0) };
    assert!(!limit.is_crossed(50.0, false) && limit.is_crossed(50.5, false));
    assert!(limit.is_crossed(45.0, true) && !limit.is_crossed(40.0, true));
    let below = Limit { above: false, at: 0.9, clear: None };
    assert!(!below.is_crossed(0.9, true) && below.is_crossed(0.89, false));
}

#[test]
fn fingerprints_are_those_of_prometheus() {
    // FNV-1a of nothing is its offset; of one byte it is (offset ^ byte) * prime.
    assert_eq!(fingerprint(&BTreeMap::new()), "cbf29ce484222325");
    let labels = |name: &str| BTreeMap::from([("alertname".to_owned(), name.to_owned())]);
    assert_eq!(fingerprint(&labels("a")).len(), 16);
    assert_ne!(fingerprint(&labels("a")), fingerprint(&labels("b")));
}
