//! Following transcripts as they grow.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::otlp_files::SESSION;
use crate::scene::{Scene, run};

const PROMPT: usize = 0;

/// The lines of a session: two prompts, each with an answer in two parts.
fn lines() -> Vec<String> {
    let time = |second: u64| format!("2026-01-02T00:00:{second:02}.000Z");
    let prompt = |id: &str, second: u64| json!({"type": "user", "uuid": id, "sessionId": SESSION, "timestamp": time(second), "message": {"role": "user", "content": "x"}});
    let reply = |id: &str, second: u64, output: u64, stop: Value| {
        json!({"type": "assistant", "uuid": format!("{id}{second}"), "sessionId": SESSION, "timestamp": time(second), "requestId": format!("req-{id}"),
            "message": {"id": format!("msg-{id}"), "model": "m", "stop_reason": stop, "content": [{"type": "text", "text": "x"}],
            "usage": {"input_tokens": 10, "output_tokens": output}}})
    };
    let all = [
        prompt("p-1", 1),
        reply("a", 2, 1, Value::Null),
        reply("a", 4, 50, json!("end_turn")),
        prompt("p-2", 10),
        reply("b", 12, 7, json!("end_turn")),
    ];
    all.iter().map(|line| format!("{line}\n")).collect()
}

struct Following(Child);

impl Following {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
        command.current_dir(folder).args([
            "--db",
            "store.db",
            "import",
            "claude-code",
            "projects",
            "--follow",
            "--interval",
            "0.05",
            "--json",
        ]);
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().expect("it starts"))
    }

    /// Ctrl-C; returns the exit code and the report.
    fn stop(mut self) -> (Option<i32>, Value, String) {
        let sent = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let (mut out, mut err) = (String::new(), String::new());
        self.0.stdout.take().expect("its output").read_to_string(&mut out).expect("UTF-8");
        self.0.stderr.take().expect("its errors").read_to_string(&mut err).expect("UTF-8");
        let code = self.0.wait().expect("it ends").code();
        (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")), err)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // Gone already unless the test failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// (task, output tokens, result) of every stored task.
async fn tasks(scene: &Scene) -> Vec<(String, Option<i64>, String)> {
    let tasks = scene.tasks().await.into_iter();
    let result =
        |task: &swarmscope::model::TaskRecord| task.result.as_ref().map_or("", |result| result.as_str()).to_owned();
    tasks.map(|task| (task.task_id.as_str().to_owned(), task.tokens.output, result(&task))).collect()
}

async fn until(scene: &Scene, what: &[(&str, i64, &str)]) {
    let wanted: Vec<_> =
        what.iter().map(|(id, tokens, result)| ((*id).to_owned(), Some(*tokens), (*result).to_owned())).collect();
    let started = Instant::now();
    loop {
        let found = tasks(scene).await;
        if found == wanted {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{wanted:?} never came, but {found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn rows_follow_a_transcript_line_by_line_beside_another_program_at_the_same_store() {
    let scene = Scene::new().await; // keeps the store open, as a server does
    let folder = scene.folder.path();
    let path = folder.join("projects/-p").join(format!("{SESSION}.jsonl"));
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    let following = Following::start(folder);
    let lines = lines();
    let append = |text: &str| {
        let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("opened");
        file.write_all(text.as_bytes()).expect("written");
    };
    append(&lines[PROMPT]);
    append(&lines[1]);
    until(&scene, &[("p-1", 1, "success")]).await;
    // Half a line waits for its other half.
    let (half, rest) = lines[2].split_at(lines[2].len() / 2);
    append(half);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(tasks(&scene).await.len(), 1);
    append(rest);
    until(&scene, &[("p-1", 50, "success")]).await;
    append(&lines[3]);
    append(&lines[4]);
    let both = [("p-1", 50, "success"), ("p-2", 7, "success")];
    until(&scene, &both).await;

    // Cut back, rewritten, gone: what is stored stays.
    fs::write(&path, lines[..2].concat()).expect("written");
    tokio::time::sleep(Duration::from_millis(300)).await;
    until(&scene, &both).await;
    fs::remove_file(&path).expect("removed");
    tokio::time::sleep(Duration::from_millis(300)).await;
    until(&scene, &both).await;
    // Another session appears.
    let other = lines
        .concat()
        .replace(SESSION, "5e55-2")
        .replace("msg-", "msg2-")
        .replace("p-", "q-")
        .replace("00:00:", "00:01:");
    fs::write(path.with_file_name("5e55-2.jsonl"), other).expect("written");
    until(&scene, &[("p-1", 50, "success"), ("p-2", 7, "success"), ("q-1", 50, "success"), ("q-2", 7, "success")])
        .await;

    let (code, report, err) = following.stop();
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(report["records"]["task"]["stored"], 4, "{report}");
    assert!(report["records"]["task"]["updated"].as_u64() >= Some(1), "{report}");
    assert_eq!(report["sessions"], 2);
    assert_eq!(report["problem_count"], 0, "half a line is no problem once it is whole: {report}");
}

#[tokio::test]
async fn following_a_folder_that_is_not_there_yet_waits_for_it() {
    let scene = Scene::new().await;
    let folder = scene.folder.path();
    let following = Following::start(folder);
    tokio::time::sleep(Duration::from_millis(300)).await;
    fs::create_dir_all(folder.join("later/-p")).expect("made");
    fs::write(folder.join("later/-p").join(format!("{SESSION}.jsonl")), lines().concat()).expect("written");
    fs::rename(folder.join("later"), folder.join("projects")).expect("moved");
    until(&scene, &[("p-1", 50, "success"), ("p-2", 7, "success")]).await;
    let (code, report, _) = following.stop();
    assert_eq!((code, &report["problem_count"]), (Some(0), &json!(0)));
    let (code, _, err) = run(folder, &["import", "claude-code", "projects", "--follow", "--dry-run"]);
    assert_eq!(code, Some(2), "{err}");
}
