//! Tests of what the URL holds.

use super::*;

fn state() -> ViewState {
    let mut state = ViewState::default().with_range("2026-01-01T00:00:00+09:00", "now-1h");
    state.filter.project = Some("100%25 & a+b/ü".into());
    state.hidden.insert("latency.p99".into());
    state.live = false;
    state.compare = true;
    state.with_own("sort", Some("duration_ms".into())).with_own(CURSOR, Some("a+b/=".into()))
}

#[test]
fn a_new_range_or_filter_starts_its_list_again_and_keeps_its_order() {
    let cut = state().with_filter("model", Some("m".into()));
    assert_eq!((cut.own(CURSOR), cut.own("sort")), (None, Some("duration_ms")));
    assert_eq!(state().with_range("now-1h", "now").own(CURSOR), None);
    assert_eq!(state().toggled("latency.p50").own(CURSOR), Some("a+b/="));
}

#[test]
fn ids_that_paths_cannot_say_go_into_the_query() {
    assert_eq!(path_of("agents", ".."), ("/agents/-".to_owned(), Some("..".to_owned())));
    assert_eq!(path_of("tasks", "..."), ("/tasks/...".to_owned(), None));
    assert_eq!(path_of("agents", "-"), ("/agents/-".to_owned(), None));
    assert_eq!(ViewState::parse("?id=..&from=all").query(), "?id=..&from=all");
}

#[test]
fn a_state_written_to_the_url_is_read_back_unchanged() {
    assert_eq!(ViewState::parse(&state().query()), state());
}

#[test]
fn the_default_state_leaves_the_url_clean() {
    assert_eq!(ViewState::default().query(), "");
    assert_eq!(ViewState::parse("?from=&to=&project=&unknown=1"), ViewState::default());
}

#[test]
fn toggling_a_series_twice_changes_nothing_and_asks_nothing_new() {
    let once = state().toggled("throughput.failure");
    assert!(once.hidden.contains("throughput.failure"));
    assert_eq!(once.page_query(), state().page_query());
    assert_eq!(once.toggled("throughput.failure"), state());
}

#[test]
fn a_page_with_a_usual_range_of_its_own_names_every_other() {
    let all = RangeSpec { from: "all".into(), to: "now".into() };
    let usual = ViewState::parse_for("", &all);
    assert_eq!((usual.range.is_all(), usual.query().as_str()), (true, ""));
    assert_eq!(usual.with_range("now-24h", "now").query(), "?from=now-24h");
    assert_eq!(ViewState::parse_for("?from=now-24h", &all), usual.with_range("now-24h", "now"));
    // What leads to another page says the range that page would not take for granted.
    assert_eq!(ViewState { range: usual.range, ..ViewState::default() }.query(), "?from=all");
}

#[test]
fn all_data_has_no_end_of_its_own() {
    assert_eq!(ViewState::parse("?from=all&to=now-1h").query(), "?from=all");
    assert!(ViewState::parse("?from=all").moves());
    assert!(!ViewState::parse("?from=0&to=86400000").moves());
}

#[test]
fn ids_survive_encoding_whatever_they_hold() {
    for id in ["<script>alert(1)</script>", "a/b", "100%", "%2F", "ü · 空", "a b+c", "\\", "\"'"] {
        assert_eq!(decode(&encode(id)), id);
        assert!(encode(id).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
    }
    assert_eq!(decode("100%"), "100%");
}
