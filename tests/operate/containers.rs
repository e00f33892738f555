//! The files for Docker and Kubernetes. What needs a daemon or a cluster is left to those who have one.

use std::path::Path;

use crate::common::skipped;
use crate::scene::{ops, text_of, tool};

#[test]
fn the_image_is_built_in_stages_from_files_that_are_there_and_runs_as_nobody() {
    let text = text_of("Dockerfile");
    assert_eq!(text.matches("\nFROM ").count(), 3, "node, build, image");
    let image = text.rsplit("\nFROM ").next().expect("the last stage");
    assert!(image.contains("\nUSER 65532:65532\n") && !image.contains("\nRUN "), "no shell, not root:\n{image}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for line in text.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        for source in &words[..words.len() - 1] {
            assert!(root.join(source).exists(), "{line}: {source} is not there");
        }
    }
    match tool("docker", &["build", "--check", "--file", "Dockerfile", ".."]) {
        Some(ended) if ended.code == Some(0) => {}
        // Where there is a builder, its findings begin so.
        Some(ended) if ended.err.contains("WARNING:") || ended.out.contains("WARNING:") => panic!("{ended:?}"),
        Some(_) => skipped("no Docker daemon answers, so the Dockerfile was not checked by it"),
        None => {}
    }
}

#[test]
fn compose_mounts_files_that_are_there_and_publishes_on_loopback_only() {
    let text = text_of("compose.yml");
    let (mut mounts, mut ports) = (0, 0);
    for line in text.lines().map(|line| line.trim().trim_start_matches("- ")) {
        if let Some(source) = line.strip_prefix("./").and_then(|rest| rest.split(':').next()) {
            let made_by_hand = source == "secrets";
            assert!(made_by_hand || ops(source).exists(), "{source} is not there");
            mounts += 1;
        }
        if let Some(port) = line.strip_prefix('"').filter(|port| port.contains(":30") || port.contains(":909")) {
            assert!(port.starts_with("127.0.0.1:"), "{port}");
            ports += 1;
        }
    }
    assert_eq!((mounts, ports), (6, 4));
    match tool("docker", &["compose", "--file", "compose.yml", "config", "--quiet", "--no-interpolate"]) {
        Some(ended) if ended.code == Some(0) => {}
        Some(ended) if ended.err.contains("compose.yml") => panic!("{ended:?}"),
        Some(_) => skipped("Docker has no compose here, so compose.yml was not checked by it"),
        None => {}
    }
}

#[test]
fn kubernetes_takes_the_manifests_by_their_schemas() {
    let Some(ended) = tool("kubernetes-validate", &["--strict", "kubernetes.yml"]) else { return };
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn one_pod_at_a_time_writes_and_is_probed_over_http() {
    let text = text_of("kubernetes.yml");
    assert!(text.contains("\n  replicas: 1\n  strategy:\n    type: Recreate\n"), "SQLite has one writer");
    for (probe, path) in [("liveness", "/livez"), ("readiness", "/readyz"), ("startup", "/startupz")] {
        let lines =
            format!("{probe}Probe:\n            httpGet:\n              path: {path}\n              port: http\n");
        assert!(text.contains(&lines), "{lines}");
    }
    for wish in ["runAsNonRoot: true", "readOnlyRootFilesystem: true", "claimName: swarmscope", "drop: [ALL]"] {
        assert!(text.contains(wish), "{wish}");
    }
}
