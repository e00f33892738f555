//! One event, one line: time, level, target, message, then the fields of the event and of the spans around it, all on
//! one level.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::LogFormat;
use super::file::LogFile;

/// Writes events as lines.
#[derive(Debug)]
pub(super) struct Lines {
    /// Text or JSON.
    pub format: LogFormat,
    /// Whether levels are coloured on standard error.
    pub colours: bool,
    /// Whether everything that is not critical is left out.
    pub critical_only: bool,
    /// Where lines go besides standard error.
    pub file: Option<Arc<LogFile>>,
}

/// Fields in their order; a name that comes again replaces the one before.
#[derive(Debug, Default, Clone)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.remove(place).1)
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let critical = own.take("critical") == Some(Value::Bool(true));
        if self.critical_only && !critical {
            return;
        }
        let message = match own.take("message") {
            Some(Value::String(text)) => text,
            other => other.map(|value| value.to_string()).unwrap_or_default(),
        };
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.0.extend(of_span.0.iter().cloned());
            }
        }
        fields.0.extend(own.0);
        let line = Line {
            time: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            level: level(event.metadata().level(), critical),
            target: event.metadata().target(),
            message,
            fields,
        };
        self.write(&line);
    }
}

impl Lines {
    fn write(&self, line: &Line<'_>) {
        let plain = match self.format {
            LogFormat::Json => line.json(),
            LogFormat::Text => line.text(false),
        };
        let shown = if self.colours && self.format == LogFormat::Text { line.text(true) } else { plain.clone() };
        // Nobody is left to tell when standard error is gone; the work goes on.
        let _ = std::io::stderr().lock().write_all(shown.as_bytes());
        if let Some(file) = &self.file {
            file.write(plain.as_bytes());
        }
    }
}

/// The level as operators name it.
fn level(level: &Level, critical: bool) -> &'static str {
    match *level {
        _ if critical => "CRITICAL",
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}

/// What is written about one event.
#[derive(Debug)]
struct Line<'a> {
    time: String,
    level: &'static str,
    target: &'a str,
    message: String,
    fields: Fields,
}

impl Line<'_> {
    /// One JSON object and a line feed. The four fixed names win over fields of the same name.
    fn json(&self) -> String {
        let mut object: Map<String, Value> =
            self.fields.0.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let fixed =
            [("timestamp", &*self.time), ("level", self.level), ("target", self.target), ("message", &self.message)];
        let mut line = String::from("{");
        for (name, text) in fixed {
            object.remove(name);
            let _ = write!(line, "\"{name}\":{},", Value::from(text));
        }
        let rest = Value::Object(object).to_string();
        // `{}` or `{"a":1}`, whose head is there already.
        match rest.strip_prefix('{') {
            Some("}") | None => line.pop().map(|_| line.push_str("}\n")).unwrap_or_default(),
            Some(rest) => {
                line.push_str(rest);
                line.push('\n');
            }
        }
        line
    }

    /// Time, level, target, message, fields. What a client sent can break no line and set no colour.
    fn text(&self, colours: bool) -> String {
        let (before, after) = if colours { (colour(self.level), "\x1b[0m") } else { ("", "") };
        let mut line = format!("{} {before}{:<8}{after} {} ", self.time, self.level, self.target);
        plain(&mut line, &self.message);
        for (name, value) in &self.fields.0 {
            let _ = write!(line, " {name}=");
            match value {
                Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=']) => plain(&mut line, text),
                other => plain(&mut line, &other.to_string()),
            }
        }
        line.push('\n');
        line
    }
}

fn colour(level: &str) -> &'static str {
    match level {
        "CRITICAL" | "ERROR" => "\x1b[31m",
        "WARNING" => "\x1b[33m",
        "INFO" => "\x1b[32m",
        _ => "\x1b[2m",
    }
}

/// Appends `text` with its control characters escaped.
fn plain(line: &mut String, text: &str) {
    for letter in text.chars() {
        if letter.is_control() { line.extend(letter.escape_default()) } else { line.push(letter) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(fields: Vec<(&'static str, Value)>) -> Line<'static> {
        let time = "2026-01-01T12:00:00.000000Z".to_owned();
        Line { time, level: "WARNING", target: "a::b", message: "two\nlines".into(), fields: Fields(fields) }
    }

    #[test]
    fn a_line_of_json_is_one_flat_object_with_its_time_first() {
        let line = line(vec![("agent_id", "a\"1".into()), ("latency_ms", 1.5.into()), ("level", "forged".into())]);
        assert_eq!(
            line.json(),
            "{\"timestamp\":\"2026-01-01T12:00:00.000000Z\",\"level\":\"WARNING\",\"target\":\"a::b\",\
             \"message\":\"two\\nlines\",\"agent_id\":\"a\\\"1\",\"latency_ms\":1.5}\n"
        );
        let bare = Line { fields: Fields::default(), ..line };
        assert!(bare.json().ends_with("\"message\":\"two\\nlines\"}\n"), "{}", bare.json());
        assert!(serde_json::from_str::<Value>(&bare.json()).is_ok());
    }

    #[test]
    fn nothing_a_client_sent_breaks_a_line_of_text() {
        let line = line(vec![("path", "/a b\x1b[31m".into()), ("status", 200.into()), ("agent_id", "a1".into())]);
        assert_eq!(
            line.text(false),
            "2026-01-01T12:00:00.000000Z WARNING  a::b two\\nlines path=\"/a b\\u001b[31m\" status=200 agent_id=a1\n"
        );
        assert!(line.text(true).contains("\x1b[33mWARNING \x1b[0m"));
    }

    #[test]
    fn critical_is_above_error() {
        assert_eq!(
            [level(&Level::ERROR, true), level(&Level::ERROR, false), level(&Level::WARN, false)],
            ["CRITICAL", "ERROR", "WARNING"]
        );
    }
}
