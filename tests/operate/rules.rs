//! The files for Prometheus, Alertmanager and systemd, judged by those programs.

use std::collections::BTreeSet;

use crate::common::Server;
use crate::promql;
use crate::scene::{Exposed, lines, now_ms, ops, text_of, tool};

/// The values of every `key: value` line of a YAML file, without a comment behind.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let of = |line: &'a str| line.trim_start().trim_start_matches("- ").strip_prefix(key)?.strip_prefix(": ");
    text.lines().filter_map(of).map(|value| value.split(" # ").next().unwrap_or(value).trim()).collect()
}

#[test]
fn prometheus_takes_its_configuration_and_its_rules() {
    for words in [["check", "config", "prometheus.yml"].as_slice(), &["check", "rules", "alert_rules.yml"]] {
        let Some(ended) = tool("promtool", words) else { return };
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[test]
fn every_rule_fires_and_keeps_quiet_as_its_test_says() {
    let (rules, tests) = (text_of("alert_rules.yml"), text_of("alert_rules_test.yml"));
    let alerts = values(&rules, "alert");
    assert_eq!(alerts.len(), values(&rules, "expr").len());
    for alert in &alerts {
        for how in ["fires", "is quiet"] {
            assert!(values(&tests, "name").contains(&format!("{alert} {how}").as_str()), "no test that {alert} {how}");
        }
    }
    let guide = ["HighErrorRate", "DatabaseSizeGrowing", "HighQueryLatency", "ServiceDown", "HighCPUUsage"];
    for documented in guide.into_iter().chain(["HighMemoryUsage", "DiskSpaceLow"]) {
        assert!(alerts.contains(&documented), "{documented} is documented");
    }
    let Some(ended) = tool("promtool", &["test", "rules", "alert_rules_test.yml"]) else { return };
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn alertmanager_takes_its_configuration() {
    let Some(ended) = tool("amtool", &["check-config", "alertmanager.yml"]) else { return };
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let routes = |labels: &[&str]| {
        let words = [&["config", "routes", "test", "--config.file=alertmanager.yml"], labels].concat();
        tool("amtool", &words).map(|ended| ended.out.trim().to_owned())
    };
    assert_eq!(routes(&["severity=critical"]).as_deref(), Some("team-chat"));
    assert_eq!(routes(&["severity=warning"]).as_deref(), Some("team-email"));
}

#[test]
fn systemd_takes_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = folder.path().join("swarmscope.service");
    let text = text_of("swarmscope.service");
    assert!(text.contains("\nExecStart=/usr/bin/swarmscope serve\n"));
    // Verified with a program that is there.
    std::fs::write(&unit, text.replace("/usr/bin/swarmscope", env!("CARGO_BIN_EXE_swarmscope"))).expect("written");
    let Some(ended) = tool("systemd-analyze", &["verify", "--man=no", unit.to_str().expect("UTF-8")]) else { return };
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
}

#[tokio::test]
async fn every_metric_that_is_named_in_ops_is_exposed() {
    let server = Server::start().await;
    server.send(&lines(now_ms())).await;
    server.get("/api/v1/tasks").await;
    let text = server.get("/metrics").await.text;
    let exposed = Exposed::read(&text);
    let dashboard = std::fs::read_to_string(ops("grafana/dashboards/swarmscope.json")).expect("a dashboard");
    let (rules, tests) = (text_of("alert_rules.yml"), text_of("alert_rules_test.yml"));
    let mut expressions: Vec<String> = values(&rules, "expr").into_iter().map(str::to_owned).collect();
    expressions.extend(values(&tests, "series").into_iter().map(|series| series.trim_matches('\'').to_owned()));
    expressions.extend(crate::grafana::expressions(&dashboard));
    assert!(expressions.len() > 60, "{} expressions", expressions.len());
    let named: BTreeSet<String> = expressions.iter().flat_map(|expression| promql::metrics(expression)).collect();
    assert!(named.len() > 20, "{named:?}");
    let names = exposed.names();
    let missing: Vec<_> = named.iter().filter(|name| !names.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?} are not in\n{text}");
    server.stop().await;
}
