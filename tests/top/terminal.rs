//! The screen in a real terminal, which is given back whatever ends the program.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::{run, skipped};
use crate::filled_folder;

/// The program in a terminal of its own, made by `script` of util-linux.
struct InTerminal {
    child: Child,
    keys: ChildStdin,
    shown: Arc<Mutex<Vec<u8>>>,
}

/// Where the shell leaves the number of its process, which then is the program's.
const PID: &str = "pid";

impl InTerminal {
    /// `None` without `script`.
    fn start(folder: &Path, columns: u16, rows: u16) -> Option<Self> {
        let line = format!(
            "stty cols {columns} rows {rows}; echo $$ >{PID}; exec \"$SWARMSCOPE_PROGRAM\" --db s.db top --from all --interval 1"
        );
        let mut command = Command::new("script");
        command.args(["-qefc", &line, "/dev/null"]).current_dir(folder).env("TERM", "xterm").env_remove("NO_COLOR");
        command.env("SWARMSCOPE_PROGRAM", env!("CARGO_BIN_EXE_swarmscope"));
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = started else {
            skipped("the screen of top: there is no `script` (util-linux) to make a terminal with");
            return None;
        };
        let (keys, mut output) = (child.stdin.take().expect("keys"), child.stdout.take().expect("a screen"));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let seen = shown.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n) = output.read(&mut bytes) {
                if n == 0 {
                    break;
                }
                seen.lock().expect("bytes").extend_from_slice(&bytes[..n]);
            }
        });
        Some(Self { child, keys, shown })
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("bytes")).into_owned()
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("a key");
    }

    /// Waits until `text` stands on the screen.
    fn wait_for(&self, text: &str) {
        let started = Instant::now();
        while !screen(&self.shown()).contains(text) {
            assert!(started.elapsed() < Duration::from_secs(30), "`{text}` never came:\n{}", screen(&self.shown()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end; everything shown, and the exit code.
    fn end(mut self) -> (String, Option<i32>) {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                break status;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "it did not end: {:?}", self.shown());
            std::thread::sleep(Duration::from_millis(20));
        };
        std::thread::sleep(Duration::from_millis(100)); // the last bytes
        (self.shown(), status.code())
    }
}

/// The rows that bytes sent to a terminal leave on it: only changes are sent.
fn screen(sent: &str) -> String {
    let (mut rows, mut place) = (vec![[' '; 80]; 24], (0, 0));
    let mut rest = sent.chars();
    while let Some(letter) = rest.next() {
        match letter {
            // A control sequence: numbers, and a letter that says what for. Colours change no text.
            '\u{1b}' => {
                let sequence: String =
                    rest.by_ref().skip(1).take_while(|letter| !letter.is_ascii_alphabetic()).collect();
                // `take_while` ate the letter: only moves have two numbers and start at 1.
                let numbers: Vec<usize> = sequence.split(';').filter_map(|number| number.parse().ok()).collect();
                if let [row @ 1..=24, column @ 1..=80] = numbers[..] {
                    place = (row - 1, column - 1);
                }
            }
            '\r' => place.1 = 0,
            '\n' => place.0 = (place.0 + 1).min(23),
            letter => {
                if let Some(cell) = rows[place.0].get_mut(place.1) {
                    *cell = letter;
                    place.1 += 1;
                }
            }
        }
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>() + "\n").collect()
}

/// Back from the other screen of the terminal, and the cursor is back, too.
fn is_given_back(shown: &str) -> bool {
    let entered = shown.find("\u{1b}[?1049h").expect("another screen");
    shown.rfind("\u{1b}[?1049l").is_some_and(|left| left > entered)
        && shown.rfind("\u{1b}[?25h") > shown.rfind("\u{1b}[?25l")
}

#[test]
fn a_terminal_is_listened_to_kept_up_to_date_and_given_back() {
    let folder = filled_folder();
    let Some(mut terminal) = InTerminal::start(folder.path(), 80, 24) else { return };
    terminal.wait_for("Resources");
    terminal.press("s");
    terminal.wait_for("busiest");
    terminal.press("?");
    terminal.wait_for("Marks");
    assert!(!screen(&terminal.shown()).contains("Resources"), "the page of keys stands alone");
    terminal.press("\u{1b}"); // back to the figures
    let more =
        r#"{"kind":"task","task_id":"z","agent_id":"newcomer","result":"success","timestamp":"2026-01-01T12:30:00Z"}"#;
    std::fs::write(folder.path().join("more.ndjson"), more).expect("a record");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "more.ndjson"]).code, Some(0));
    terminal.wait_for("newcomer");
    terminal.press("q");
    let (shown, code) = terminal.end();
    assert_eq!(code, Some(0), "{shown:?}");
    assert!(is_given_back(&shown), "{shown:?}");
}

#[test]
fn a_signal_ends_it_with_the_terminal_as_it_was() {
    let folder = filled_folder();
    for signal in ["TERM", "INT", "HUP"] {
        let Some(terminal) = InTerminal::start(folder.path(), 80, 24) else { return };
        terminal.wait_for("Resources");
        let pid = std::fs::read_to_string(folder.path().join(PID)).expect("its number");
        let sent = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status();
        assert!(sent.expect("kill runs").success());
        let (shown, code) = terminal.end();
        assert_eq!(code, Some(0), "{signal}: {shown:?}");
        assert!(is_given_back(&shown), "{signal}: {shown:?}");
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so_and_can_be_left() {
    let folder = filled_folder();
    let Some(mut terminal) = InTerminal::start(folder.path(), 60, 10) else { return };
    terminal.wait_for("columns");
    terminal.press("q");
    let (shown, code) = terminal.end();
    assert_eq!(code, Some(0), "{shown:?}");
    assert!(!shown.contains("Resources"), "{shown:?}");
}
