//! Mail: a subject and plain text. Headers and encoding are `notify`'s.

use std::fmt::Write as _;

use super::cut;
use crate::model::channel::{Message, Notice};

/// Longest subject, in characters; mail programs show no more.
const SUBJECT_MAX: usize = 200;

/// The subject: one line, whatever alerts are called.
#[must_use]
pub fn subject(message: &Message<'_>) -> String {
    let line: String = message.title().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    cut(&line, SUBJECT_MAX)
}

/// The text.
#[must_use]
pub fn text(message: &Message<'_>) -> String {
    let mut text = String::new();
    for notice in message.notices {
        alert(&mut text, message, notice);
    }
    if message.left_out > 0 {
        let _ = writeln!(text, "{} more alerts are not listed.\n", message.left_out);
    }
    let _ = writeln!(text, "-- \nSwarmscope, {}", message.external_url);
    text
}

fn alert(text: &mut String, message: &Message<'_>, notice: &Notice) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} {}: {}", notice.status().to_uppercase(), notice.severity(), notice.summary());
    if let Some(description) = notice.description() {
        let _ = writeln!(text, "{description}");
    }
    let _ = writeln!(text, "Since: {}", notice.starts_at.to_rfc3339());
    if let Some(end) = notice.ends_at {
        let _ = writeln!(text, "Until: {}", end.to_rfc3339());
    }
    for (name, value) in notice.labels.iter().filter(|(name, _)| *name != "severity") {
        let _ = writeln!(text, "{name}: {value}");
    }
    let _ = writeln!(text, "{}\n", message.link(notice));
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{message, notices};
    use super::*;

    #[test]
    fn a_mail_says_what_since_when_and_where() {
        let both = notices();
        let expected = "FIRING critical: p99 is 6.2 s, above 5 s\np99 of 41 tasks & more\nSince: 2026-01-01T12:00:00Z\n\
            agent_id: coder-1\nalertname: SlowTasks\nhttps://swarm.example/alerts?rule=SlowTasks\n\n\
            RESOLVED critical: p99 is 1.0 s\nSince: 2026-01-01T12:00:00Z\nUntil: 2026-01-01T12:07:30Z\n\
            agent_id: <b>\nalertname: SlowTasks\nhttps://swarm.example/alerts?rule=SlowTasks\n\n\
            -- \nSwarmscope, https://swarm.example\n";
        assert_eq!(text(&message(&both)), expected);
        assert_eq!(subject(&message(&both)), "[FIRING:1] SlowTasks");
        assert_eq!(subject(&message(&both[1..])), "[RESOLVED] SlowTasks: p99 is 1.0 s");
    }

    #[test]
    fn a_subject_is_one_line() {
        let [mut firing, _] = notices();
        firing.annotations.insert("summary".to_owned(), "a\r\nBcc: all@example.org".to_owned());
        assert_eq!(subject(&message(&[firing])), "[FIRING] SlowTasks: a  Bcc: all@example.org");
    }
}
