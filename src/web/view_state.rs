//! What a person set on a page, as the query string carries it: range, filters, hidden series, live.
//!
//! The router decodes queries twice, which spoils a project called `100%25`; so the raw text is read
//! here, and written here. Keys nobody knows are ignored: a link from tomorrow still opens today.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::overview::PageQuery;
use crate::model::{RangeSpec, RecordFilter};

/// The state of a page's view. Equal states have equal query strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewState {
    /// Which instants.
    pub range: RangeSpec,
    /// Which instants the page is about where the URL names none.
    pub usual: RangeSpec,
    /// Which records.
    pub filter: RecordFilter,
    /// Series not drawn, as `panel.series`.
    pub hidden: BTreeSet<String>,
    /// Whether a range that moves with the clock is read again by itself.
    pub live: bool,
    /// Whether the range before is shown as well.
    pub compare: bool,
    /// The id of what the page is about, where no path can say it; see [`path_of`].
    pub id: Option<String>,
    /// What only some pages know, such as the order of a list, by name. A new range or filter drops the
    /// place in a list, `cursor`, which belongs to the old ones.
    pub own: BTreeMap<&'static str, String>,
}

impl Default for ViewState {
    fn default() -> Self {
        Self {
            range: RangeSpec::default(),
            usual: RangeSpec::default(),
            filter: RecordFilter::default(),
            hidden: BTreeSet::new(),
            live: true,
            compare: false,
            id: None,
            own: BTreeMap::new(),
        }
    }
}

impl ViewState {
    /// Reads a query string, with or without its question mark.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        Self::parse_for(query, &RangeSpec::default())
    }

    /// The same for a page that is about `usual` where the query names no range.
    #[must_use]
    pub fn parse_for(query: &str, usual: &RangeSpec) -> Self {
        let mut state = Self { range: usual.clone(), usual: usual.clone(), ..Self::default() };
        let (mut from, mut to) = (None, None);
        for (key, value) in pairs(query) {
            if value.is_empty() {
                continue;
            }
            match key.as_str() {
                "from" => from = Some(value),
                "to" => to = Some(value),
                "hide" => state.hidden = value.split(',').map(str::to_owned).collect(),
                "live" => state.live = value != "off",
                "compare" => state.compare = value == "on",
                "id" => state.id = Some(value),
                "agent" => state.filter.agent_id = Some(value),
                "swarm" => state.filter.swarm_id = Some(value),
                key => {
                    if let Some(place) = state.filter.field_mut(key).filter(|_| FILTERS.contains(&key)) {
                        *place = Some(value);
                    } else if let Some(own) = OWN.into_iter().find(|own| *own == key) {
                        let values = state.own.entry(own).or_default();
                        *values = if values.is_empty() { value } else { format!("{values},{value}") };
                    }
                }
            }
        }
        match (from, to) {
            (Some(from), to) => state.range = RangeSpec { from, to: to.unwrap_or_else(|| "now".into()) },
            (None, Some(to)) => state.range = RangeSpec { from: RangeSpec::default().from, to },
            (None, None) => {}
        }
        if state.range.is_all() {
            state.range.to = "now".into();
        }
        state
    }

    /// The query string, question mark included; empty for the default state.
    #[must_use]
    pub fn query(&self) -> String {
        let mut text = String::new();
        for (key, value) in self.fields() {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(key);
            text.push('=');
            text.push_str(&encode(&value));
        }
        text
    }

    /// What the query string holds, in its order: for links and for the hidden fields of forms.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        fields.extend(self.id.clone().map(|id| ("id", id)));
        if self.range != self.usual {
            fields.push(("from", self.range.from.clone()));
            if !self.range.is_all() && self.range.to != "now" {
                fields.push(("to", self.range.to.clone()));
            }
        }
        fields.extend(self.filters());
        if !self.hidden.is_empty() {
            fields.push(("hide", self.hidden.iter().cloned().collect::<Vec<_>>().join(",")));
        }
        if !self.live {
            fields.push(("live", "off".to_owned()));
        }
        if self.compare {
            fields.push(("compare", "on".to_owned()));
        }
        fields.extend(self.own.iter().map(|(key, value)| (*key, value.clone())));
        fields
    }

    /// The filters that are set, by name.
    #[must_use]
    pub fn filters(&self) -> Vec<(&'static str, String)> {
        let mut filter = self.filter.clone();
        FILTERS.into_iter().filter_map(|key| Some((key, filter.field_mut(key)?.take()?))).collect()
    }

    /// The same state with another range.
    #[must_use]
    pub fn with_range(&self, from: &str, to: &str) -> Self {
        Self { range: RangeSpec { from: from.to_owned(), to: to.to_owned() }, ..self.from_the_start() }
    }

    /// The same state without the filter `key`.
    #[must_use]
    pub fn without_filter(&self, key: &str) -> Self {
        self.with_filter(key, None)
    }

    /// The same state with the filter `key` set to `value`.
    #[must_use]
    pub fn with_filter(&self, key: &str, value: Option<String>) -> Self {
        let mut state = self.from_the_start();
        if let Some(place) = state.filter.field_mut(key) {
            *place = value;
        }
        state
    }

    /// What the page set by itself under `key`.
    #[must_use]
    pub fn own(&self, key: &str) -> Option<&str> {
        self.own.get(key).map(String::as_str)
    }

    /// The same state with `key` set by the page itself; `None` unsets it.
    #[must_use]
    pub fn with_own(&self, key: &'static str, value: Option<String>) -> Self {
        let mut state = self.clone();
        match value {
            Some(value) => state.own.insert(key, value),
            None => state.own.remove(key),
        };
        state
    }

    /// The same state at the start of its list.
    #[must_use]
    pub fn from_the_start(&self) -> Self {
        self.with_own(CURSOR, None).with_own(SEEN, None).with_own(BACK, None).with_own(SKIP, None)
    }

    /// The same state without any filter.
    #[must_use]
    pub fn unfiltered(&self) -> Self {
        Self { filter: RecordFilter::default(), ..self.from_the_start() }
    }

    /// The same state with the series `key` hidden, or shown if it was hidden.
    #[must_use]
    pub fn toggled(&self, key: &str) -> Self {
        let mut state = self.clone();
        if !state.hidden.remove(key) {
            state.hidden.insert(key.to_owned());
        }
        state
    }

    /// Whether the range ends with the clock, so that reading again makes sense.
    #[must_use]
    pub fn moves(&self) -> bool {
        // A later page of a list stands where its first page stood.
        let fixed = self.own(CURSOR).is_some();
        !fixed && (self.range.is_all() || self.range.to.is_empty() || self.range.to.starts_with("now"))
    }

    /// What the server is asked; hidden series and live do not change the answer.
    #[must_use]
    pub fn page_query(&self) -> PageQuery {
        PageQuery { range: self.range.clone(), filter: self.filter.clone(), compare: self.compare }
    }
}

/// The path of the page about `id` in `section`, and the id where the path cannot say it: browsers take `.`
/// and `..` for steps between folders, however they are written. The id then goes into the query.
#[must_use]
pub fn path_of(section: &str, id: &str) -> (String, Option<String>) {
    match id {
        "." | ".." => (format!("/{section}/{NAMELESS}"), Some(id.to_owned())),
        id => (format!("/{section}/{}", encode(id)), None),
    }
}

/// What stands in the path for an id that the query says.
pub const NAMELESS: &str = "-";

/// Where a list goes on.
pub const CURSOR: &str = "cursor";
/// How many rows of a list came before.
pub const SEEN: &str = "seen";
/// The places before, for the way back.
pub const BACK: &str = "back";
/// How many members of a swarm come before those shown.
pub const SKIP: &str = "skip";

/// Whether healings are shown that were reported, derived, or both.
pub const ORIGINS: &str = "origins";
/// Patterns of which kind are shown.
pub const PATTERN_TYPE: &str = "pattern_type";
/// From which confidence on patterns are shown.
pub const CONFIDENCE: &str = "min_confidence";

/// What pages may set by themselves: the place in a list, its order; what is explored; how it is exported; how
/// agents are shown; what of a session's memory.
/// A key that comes several times, as from the boxes of a form, holds its values with commas between.
const OWN: [&str; 22] = [
    CURSOR,
    SEEN,
    BACK,
    SKIP,
    ORIGINS,
    PATTERN_TYPE,
    CONFIDENCE,
    "sort",
    "order",
    "limit",
    "source",
    "field",
    "fn",
    "group",
    "bucket",
    "tz",
    "pretty",
    "metadata",
    "gzip",
    "view",
    "expired",
    "history",
];

/// The filters a page takes, in the order of the query string.
const FILTERS: [&str; 16] = [
    "project",
    "agent_id",
    "swarm_id",
    "model",
    "result",
    "agent_type",
    "status",
    "state",
    "metric_type",
    "event_type",
    "strategy",
    "failure_type",
    "success",
    "memory_type",
    "key",
    "task_id",
];

/// The decoded pairs of a query string. A plus sign is a blank, as forms write it.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
    })
}

/// Percent-encodes all but the unreserved characters of RFC 3986, so that the result is safe as a path
/// segment and as a query value.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Undoes [`encode`] once. A percent sign that starts no code stays as it is.
#[must_use]
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = (byte == b'%').then(|| Some((hex(*bytes.get(at + 1)?)?, hex(*bytes.get(at + 2)?)?))).flatten();
        if let Some((high, low)) = code {
            out.push(high * 16 + low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests;
