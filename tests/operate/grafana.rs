//! The dashboard for Grafana: what its file provisioning takes, and what a person can read.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scene::{ops, text_of};

/// Panel types of today; `graph` was taken out.
const TYPES: [&str; 4] = ["row", "timeseries", "stat", "gauge"];

fn dashboard() -> Value {
    serde_json::from_str(&text_of("grafana/dashboards/swarmscope.json")).expect("JSON")
}

fn panels(dashboard: &Value) -> &[Value] {
    dashboard["panels"].as_array().expect("panels")
}

/// Every expression, those of variables and annotations included.
pub fn expressions(text: &str) -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| walk(one, found)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if name == "expr" => found.push(text.to_owned()),
                        Some(text) if name == "definition" => {
                            let of = text.trim_start_matches("label_values(").split(',').next().unwrap_or_default();
                            found.push(of.to_owned());
                        }
                        _ => walk(value, found),
                    }
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::from_str(text).expect("JSON"), &mut found);
    found
}

#[test]
fn it_is_the_bare_model_with_a_fixed_address_and_no_number_of_its_own() {
    let dashboard = dashboard();
    assert!(dashboard.get("dashboard").is_none(), "the wrapper is for the HTTP interface");
    assert!(dashboard.get("id").is_none(), "Grafana gives the number");
    assert_eq!((&dashboard["uid"], &dashboard["title"]), (&"swarmscope".into(), &"Swarmscope".into()));
    assert!(dashboard["schemaVersion"].as_u64().is_some_and(|version| (36..=42).contains(&version)));
}

#[test]
fn every_panel_has_a_place_of_its_own_a_source_a_unit_and_references() {
    let dashboard = dashboard();
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels(&dashboard) {
        let title = panel["title"].as_str().expect("a title");
        let kind = panel["type"].as_str().expect("a type");
        assert!(TYPES.contains(&kind), "{title}: {kind}");
        assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{title}: its id is taken");
        let side = |name: &str| panel["gridPos"][name].as_u64().unwrap_or_else(|| panic!("{title}: {name}"));
        assert!(side("x") + side("w") <= 24, "{title}: it leaves the page");
        for x in side("x")..side("x") + side("w") {
            for y in side("y")..side("y") + side("h") {
                assert!(taken.insert((x, y)), "{title}: it lies on another");
            }
        }
        if kind == "row" {
            continue;
        }
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}: no unit");
        let targets = panel["targets"].as_array().expect("targets");
        let references: BTreeSet<_> = targets.iter().filter_map(|target| target["refId"].as_str()).collect();
        assert!(!targets.is_empty() && references.len() == targets.len(), "{title}: references");
        if kind == "timeseries" {
            assert!(panel["options"]["legend"]["calcs"].is_array(), "{title}: Grafana's schema wants them");
        }
        for target in targets {
            let expression = target["expr"].as_str().expect("an expression");
            assert!(!expression.contains("quantile=\""), "{title}: a histogram has no quantiles");
            assert!(target["legendFormat"].as_str().is_some_and(|legend| !legend.is_empty()), "{title}: no legend");
        }
    }
}

#[test]
fn the_panels_of_the_guide_are_there() {
    let dashboard = dashboard();
    let titles: Vec<_> = panels(&dashboard).iter().filter_map(|panel| panel["title"].as_str()).collect();
    for documented in [
        "Active agents",
        "Event rate",
        "Query latency (p95)",
        "Database size",
        "Error rate",
        "CPU usage",
        "Memory usage",
    ] {
        assert!(titles.contains(&documented), "{documented} in {titles:?}");
    }
}

#[test]
fn what_provisioning_names_is_where_compose_puts_it() {
    let (compose, provider) = (text_of("compose.yml"), text_of("grafana/provisioning/dashboards/swarmscope.yml"));
    assert!(ops("grafana/dashboards/swarmscope.json").is_file());
    assert!(provider.contains("path: /var/lib/grafana/dashboards"));
    assert!(compose.contains("./grafana/dashboards:/var/lib/grafana/dashboards:ro"));
    assert!(text_of("grafana/provisioning/datasources/swarmscope.yml").contains("url: http://127.0.0.1:9090"));
}
