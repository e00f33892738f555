//! Tests of what a page follows and when it reads.

use super::*;

#[test]
fn long_ranges_are_read_less_often() {
    let every = |from: &str| interval(&RangeSpec { from: from.into(), to: "now".into() }).as_secs();
    assert_eq!([every("now-15m"), every("now-24h"), every("now-30d"), every("all"), every("0")], [5, 15, 60, 60, 60]);
}

#[test]
fn a_page_follows_what_it_is_about() {
    let of = |path, id, query| followed(path, id, &ViewState::parse(query));
    assert_eq!(of("/", "", "?project=a%20b&from=now-1h&live=off"), "&project=a%20b");
    assert_eq!(of("/tasks", "", "?result=failure"), "&result=failure&kinds=task");
    assert_eq!(of("/agents/x", "x/y", "?project=p"), "&agent_id=x%2Fy");
    assert_eq!(of("/swarms", "", "?model=m&project=p"), "&project=p&kinds=task,event".replace(',', "%2C"));
}

#[test]
fn without_a_stream_a_page_reads_now_and_then_whatever_it_heard_before() {
    let owner = Owner::new_root(None);
    owner.with(|| {
        let live = Live::new();
        live.arrived("5.0.0.0.0.0.0".parse().expect("a place"));
        live.hears(Heard::News { records: 2, place: "7.0.0.0.0.0.0".parse().expect("a place") });
        let every = Duration::from_secs(15);
        let due_after = |ms: f64| {
            live.now_ms.set(live.read_ms.get_untracked() + ms);
            live.is_due(every)
        };
        assert!(due_after(1000.0), "the stream told of news");
        live.hears(Heard::Lost);
        assert!(!due_after(14_999.0));
        assert!(due_after(15_000.0));
    });
}

#[test]
fn only_what_is_not_on_the_page_is_new() {
    let owner = Owner::new_root(None);
    owner.with(|| {
        let live = Live::new();
        let place = |text: &str| text.parse::<HighWater>().expect("a place");
        live.arrived(place("5.0.0.0.0.0.0"));
        live.hears(Heard::News { records: 2, place: place("5.0.0.0.0.0.0") });
        assert!(!live.behind.get_untracked(), "the page has these");
        live.hears(Heard::News { records: 2, place: place("7.0.0.0.0.0.0") });
        assert_eq!((live.fresh.get_untracked(), live.behind.get_untracked()), (2, true));
        live.arrived(place("6.0.0.0.0.0.0"));
        assert_eq!((live.fresh.get_untracked(), live.behind.get_untracked()), (0, true), "the seventh came later");
        live.arrived(place("7.0.0.0.0.0.0"));
        assert!(!live.behind.get_untracked());
        live.hears(Heard::News { records: 0, place: place("7.0.0.0.0.0.0") });
        assert!(live.behind.get_untracked(), "a record was changed");
    });
}
