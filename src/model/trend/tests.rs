//! Tests of the words of trends.

use super::*;

#[test]
fn names_read_back_and_no_metric_is_known_twice() {
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::parse(verdict.as_str()), Some(verdict));
        assert_eq!(serde_json::to_value(verdict).expect("a word"), verdict.as_str());
    }
    for source in TrendSource::ALL {
        assert_eq!(serde_json::to_value(source).expect("a word"), source.as_str());
        assert_eq!(source.dataset().as_str(), source.as_str());
    }
    for per in TrendPer::ALL {
        assert_eq!(serde_json::to_value(per).expect("a word"), per.as_str());
    }
    for (name, better) in KNOWN {
        assert_eq!(Better::of(name), Some(better), "{name} stands there twice");
    }
    assert_eq!(Better::of("active_agents"), None);
}

#[test]
fn records_of_a_series_are_narrowed_by_its_type_and_end_after_the_last() {
    let figures = TrendFigures {
        first: Some(Micros(1)),
        recent_from: Some(Micros(5)),
        last: Some(Micros(9)),
        ..TrendFigures::default()
    };
    let trend = Trend {
        source: TrendSource::AgentMetrics,
        agent_id: Some("a".into()),
        swarm_id: None,
        project: None,
        model: None,
        metric: "latency".into(),
        better: None,
        verdict: Verdict::Stable,
        lacking: None,
        figures,
        successes: None,
        truncated: false,
    };
    let (dataset, filter, range) = trend.records(true).expect("samples");
    assert_eq!((dataset, range), (Dataset::AgentMetrics, TimeRange { from: Micros(5), until: Micros(10) }));
    assert_eq!(filter.asked().collect::<Vec<_>>(), [("agent_id", "a"), ("metric_type", "latency")]);
    assert_eq!(trend.records(false).map(|(_, _, range)| range.from), Some(Micros(1)));
}
