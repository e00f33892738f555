//! Reads a session's files, line by line, in bounded memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use super::walk::Transcript;
use crate::wire::claude_code::LINE_BYTES_MAX;
use crate::wire::claude_code::build::Builder;
use crate::wire::claude_code::line;
use crate::wire::claude_code::report::Report;
use crate::wire::claude_code::session::Session;

/// How much of a file's beginning is searched for a zero byte, which no transcript holds.
const SNIFF_BYTES: usize = 8 * 1024;
/// Lines of a sub-agent's file that are searched for the name of its session.
const PEEK_LINES: usize = 64;
/// A line buffer that grew beyond this is given back.
const BUFFER_KEPT: usize = 1024 * 1024;

/// What was found where a line should be.
enum Next {
    /// A line; whether its end was there.
    Line { ended: bool },
    /// A longer one than allowed; it was skipped.
    TooLong,
    /// The end of the file.
    End,
}

/// Reads the next line of at most `most` bytes without its end into `line`.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>, most: usize) -> std::io::Result<Next> {
    line.clear();
    if line.capacity() > BUFFER_KEPT {
        *line = Vec::new();
    }
    let limit = most as u64 + 1;
    let read = reader.by_ref().take(limit).read_until(b'\n', line)?;
    if read == 0 {
        return Ok(Next::End);
    }
    let ended = line.last() == Some(&b'\n');
    if !ended && read as u64 == limit {
        line.clear();
        reader.skip_until(b'\n')?;
        return Ok(Next::TooLong);
    }
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Ok(Next::Line { ended })
}

/// The session that the lines of a sub-agent's file name.
pub fn session_of(path: &Path) -> Option<String> {
    let mut reader = BufReader::new(File::open(path).ok()?);
    let mut buffer = Vec::new();
    for _ in 0..PEEK_LINES {
        match next_line(&mut reader, &mut buffer, LINE_BYTES_MAX).ok()? {
            Next::End => return None,
            Next::TooLong => {}
            Next::Line { .. } => {
                let session = line::parse(&buffer).ok().and_then(|line| line.session.text().map(str::to_owned));
                if session.is_some() {
                    return session;
                }
            }
        }
    }
    None
}

/// Reads one session; `advance` is told the bytes of each file as it is done.
pub fn session(
    project: &str,
    id: &str,
    files: &[Transcript],
    report: &mut Report,
    advance: &mut dyn FnMut(u64),
) -> Session {
    let mut builder = Builder::new(project, id);
    for file in files {
        match read(file, &mut builder, report) {
            Ok(()) => {}
            // Removed since the folder was listed: as if that had been a moment earlier.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => report.trouble(&file.path.to_string_lossy(), None, format!("cannot be read: {error}")),
        }
        if let (Some(agent), Some(kind)) = (&file.location.agent, described_type(&file.path)) {
            builder.agent_type(agent, &kind);
        }
        advance(file.bytes);
    }
    builder.finish()
}

fn read(transcript: &Transcript, builder: &mut Builder, report: &mut Report) -> std::io::Result<()> {
    let shown = transcript.path.to_string_lossy();
    let mut reader = BufReader::with_capacity(256 * 1024, File::open(&transcript.path)?);
    let head = reader.fill_buf()?;
    if head.iter().take(SNIFF_BYTES).any(|byte| *byte == 0) {
        report.trouble(&shown, None, "is binary, not a transcript; nothing of it was read");
        return Ok(());
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    builder.begin_file(&transcript.location.name, transcript.location.agent.as_deref());
    let mut buffer = Vec::new();
    let mut number = 0_u64;
    loop {
        let next = match next_line(&mut reader, &mut buffer, LINE_BYTES_MAX) {
            Ok(next) => next,
            Err(error) => {
                // What came before is good; the rest is not there for us.
                report.trouble(&shown, Some(number + 1), format!("cannot be read from here on: {error}"));
                return Ok(());
            }
        };
        number += 1;
        match next {
            Next::End => break,
            Next::TooLong => {
                builder.malformed();
                let most = LINE_BYTES_MAX / (1024 * 1024);
                report.trouble(&shown, Some(number), format!("is longer than {most} MiB and was skipped"));
            }
            Next::Line { .. } if buffer.iter().all(u8::is_ascii_whitespace) => builder.blank(),
            Next::Line { ended } => match line::parse(&buffer) {
                Ok(line) => builder.line(&line),
                Err(_) if !ended => {
                    builder.malformed();
                    report.trouble(&shown, Some(number), "is cut off: the file ends in the middle of the line");
                }
                Err(error) => {
                    builder.malformed();
                    report.trouble(&shown, Some(number), format!("is no JSON object (column {})", error.column()));
                }
            },
        }
    }
    if number == 1 {
        report.trouble(&shown, None, "is empty");
    }
    Ok(())
}

/// The type that newer versions write to `agent-<id>.meta.json` beside the transcript.
fn described_type(path: &Path) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Described {
        agent_type: String,
    }
    let mut text = String::new();
    File::open(path.with_extension("meta.json")).ok()?.take(64 * 1024).read_to_string(&mut text).ok()?;
    let described: Described = serde_json::from_str(&text).ok()?;
    (!described.agent_type.is_empty() && described.agent_type.len() <= 128).then_some(described.agent_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::claude_code::place::Location;

    fn lines(text: &str, most: usize) -> Vec<String> {
        let mut reader = BufReader::with_capacity(4, text.as_bytes());
        let mut line = Vec::new();
        let mut found = Vec::new();
        loop {
            found.push(match next_line(&mut reader, &mut line, most).expect("memory can be read") {
                Next::End => return found,
                Next::TooLong => "(too long)".to_owned(),
                Next::Line { ended } => format!("{}{}", String::from_utf8_lossy(&line), if ended { "" } else { "…" }),
            });
        }
    }

    #[test]
    fn a_line_that_is_too_long_costs_itself_and_no_neighbour() {
        assert_eq!(lines("a\n123456789\nb\r\n\nc", 8), ["a", "(too long)", "b", "", "c…"]);
        assert_eq!(lines("12345678\n", 8), ["12345678"], "the end of the line is not counted");
        assert_eq!(lines("123456789", 8), ["(too long)"]);
        assert_eq!(lines("", 8), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_went_since_it_was_listed_is_no_problem_and_one_that_cannot_be_read_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let transcript = |name: &str| Transcript {
            path: folder.path().join(name),
            location: Location { name: name.to_owned(), project: "p".to_owned(), session: None, agent: None },
            bytes: 0,
        };
        std::fs::create_dir(folder.path().join("folder.jsonl")).expect("made");
        let mut report = Report::default();
        session("p", "s", &[transcript("gone.jsonl"), transcript("folder.jsonl")], &mut report, &mut |_| {});
        let problems: Vec<_> = report.problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(problems, [folder.path().join("folder.jsonl").to_string_lossy()]);
    }
}
