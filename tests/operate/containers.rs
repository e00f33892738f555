//! The files for Docker and Kubernetes. What needs a daemon or a cluster is left to those who have one.

use std::path::Path;

use crate::common::{Answer, Serving, skipped};
use crate::scene::{ops, text_of, tool};

#[test]
fn the_image_is_built_in_stages_from_files_that_are_there_and_runs_as_nobody() {
    let text = text_of("Dockerfile");
    assert_eq!(text.matches("\nFROM ").count(), 3, "node, build, image");
    let image = text.rsplit("\nFROM ").next().expect("the last stage");
    assert!(image.contains("\nUSER 65532:65532\n") && !image.contains("\nRUN "), "no shell, not root:\n{image}");
    assert!(image.contains("CMD [\"/usr/bin/swarmscope\", \"health\""), "it says whether it is well:\n{image}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for line in text.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from=")) {
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        for source in &words[..words.len() - 1] {
            assert!(root.join(source).exists(), "{line}: {source} is not there");
        }
    }
    if let Some(ended) = tool("hadolint", &["Dockerfile"]) {
        assert_eq!(ended.code, Some(0), "{ended:?}");
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
    // Compose 1, the one that Debian has, knows no top-level name; the rest it checks by the same schema.
    let folder = tempfile::tempdir().expect("a folder");
    let nameless = folder.path().join("compose.yml");
    std::fs::write(&nameless, text.replace("\nname: swarmscope\n", "\n")).expect("written");
    let file = nameless.to_str().expect("a path in UTF-8");
    let words = ["--project-directory", ".", "--file", file, "config", "--quiet", "--no-interpolate"];
    if let Some(ended) = tool("docker-compose", &words) {
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
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

/// The settings within the ConfigMap.
fn settings_of_kubernetes() -> String {
    let text = text_of("kubernetes.yml");
    let block = text.split("swarmscope.toml: |\n").nth(1).and_then(|rest| rest.split("\n---").next());
    let lines = block.expect("the ConfigMap").lines();
    lines.map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect()
}

#[tokio::test]
async fn the_settings_of_both_are_taken_and_leave_only_probes_and_metrics_open() {
    for (name, settings) in [("swarmscope.toml", text_of("swarmscope.toml")), ("kubernetes", settings_of_kubernetes())]
    {
        assert!(settings.contains("bind = \"0.0.0.0:3000\"") && settings.contains("/var/lib/swarmscope"), "{settings}");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, settings).expect("written");
        // Another file and another port than those it names, as this machine is no container.
        let serving = Serving::start_with(folder.path().join("s.db"), |command| {
            command.env("SWARMSCOPE_CONFIG", &file).env("SWARMSCOPE_ADMIN_TOKEN", "0123456789abcdef0123456789abcdef");
        });
        for (path, status) in
            [("/livez", 200), ("/readyz", 200), ("/startupz", 200), ("/metrics", 200), ("/api/v1/tasks", 401)]
        {
            let answer = Answer::of(reqwest::Client::new().get(format!("http://{}{path}", serving.address))).await;
            assert_eq!(answer.status, status, "{name}: {path}: {}", answer.text);
        }
    }
}
