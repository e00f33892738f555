//! What a chart shows: columns over time, and the words around them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::model::note::{Note, NoteGroup, Notes};
use crate::web::format;

use super::{Ink, notes};

/// How many times the highest line a band may add to the axis.
const BAND_TIMES: f64 = 2.0;

/// One chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Its name in the URL, such as `latency`.
    pub id: &'static str,
    /// Its title.
    pub title: Cow<'static, str>,
    /// What the values are, and per what.
    pub subtitle: String,
    /// How values are marked.
    pub marks: Marks,
    /// What the values are measured in.
    pub unit: Unit,
    /// First and last instant of the time axis, epoch milliseconds; the first is earlier.
    pub range_ms: (i64, i64),
    /// Width of a bucket in milliseconds; positive.
    pub step_ms: i64,
    /// Starts of the buckets, ascending.
    pub time: Vec<i64>,
    /// The columns, in drawing and stacking order; each as long as `time`.
    pub series: Vec<Series>,
    /// How many series were left out.
    pub hidden: usize,
    /// The largest value there can be, if there is one.
    pub ceiling: Option<f64>,
    /// Whether the axis may start above zero.
    pub floats: bool,
    /// On how many tasks each bucket stands; empty where that is what is shown.
    pub counts: Vec<u64>,
    /// How the values came about, such as `exact`; for the tooltip.
    pub method: Option<String>,
    /// Whether the first and the last bucket hold only a part of their time.
    pub partial: (bool, bool),
    /// What happened beside the figures, in the order of time.
    pub notes: Notes,
}

/// How values are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// Stacked bars, one a bucket.
    Bars,
    /// Lines through the middles of buckets.
    Lines,
    /// Stacked areas through the middles of buckets.
    Areas,
}

/// What values are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Tokens.
    Tokens,
    /// Milliseconds.
    Millis,
    /// Shares, 0 to 1.
    Ratio,
    /// US dollars.
    Usd,
    /// Things a second.
    PerSecond,
    /// Numbers of which nobody said what they measure.
    Number,
}

/// What a series is to its panel.
#[derive(Debug, Clone, PartialEq)]
pub enum Role {
    /// What the panel is about.
    Figure,
    /// The ground from these lower values up to its own, such as from the shortest to the longest.
    Band(Vec<Option<f64>>),
    /// A figure of the range before: a dashed line behind the others, never stacked on them.
    Ghost,
}

/// How a line is drawn, so that colour is not all that tells series apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Unbroken.
    Solid,
    /// Long dashes.
    Dashed,
    /// Dots.
    Dotted,
}

/// One column.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the URL, unique in its panel.
    pub key: String,
    /// Its name in the legend.
    pub label: String,
    /// Its colour.
    pub ink: Ink,
    /// Its line.
    pub stroke: Stroke,
    /// What it is to its panel.
    pub role: Role,
    /// Its values; `None` = no data.
    pub values: Vec<Option<f64>>,
    /// Its figure for the whole range, already written.
    pub total: Option<String>,
}

impl Series {
    /// Its value in a bucket.
    #[must_use]
    pub fn at(&self, bucket: usize) -> Option<f64> {
        self.values.get(bucket).copied().flatten()
    }

    /// Its value in a bucket, as the tooltip and the table write it; a band has two.
    #[must_use]
    pub fn written(&self, bucket: usize, unit: Unit) -> Option<String> {
        let value = unit.write(self.at(bucket)?);
        Some(match &self.role {
            Role::Band(lower) => {
                let lower = lower.get(bucket).copied().flatten();
                format!("{} – {value}", lower.map_or(format::NONE.to_owned(), |lower| unit.write(lower)))
            }
            _ => value,
        })
    }
}

impl Unit {
    /// A value as the tooltip and the table write it.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "counts and tokens are whole and far below 2^53")]
    pub fn write(self, value: f64) -> String {
        match self {
            Self::Count => format::grouped(value.round() as i64),
            Self::Tokens => format::tokens(value.round() as i64).to_string(),
            Self::Millis => format::duration(value).to_string(),
            Self::Usd => format::usd(value).to_string(),
            Self::PerSecond => format::throughput(value * 60.0).to_string(),
            Self::Number => format::number(value),
            Self::Ratio => {
                let tenths = (value * 1000.0 + 1e-9).floor() / 10.0;
                let digits = usize::from(tenths.fract() != 0.0);
                format!("{tenths:.digits$}{}%", format::NBSP)
            }
        }
    }
}

impl Panel {
    /// The panel without the series that `hidden` names as `panel.series`.
    #[must_use]
    pub fn without(&self, hidden: &BTreeSet<String>) -> Self {
        let mut panel = self.clone();
        panel.series.retain(|series| !hidden.contains(&self.full_key(&series.key)));
        panel.hidden = self.series.len() - panel.series.len();
        panel.notes.notes.retain(|note| !hidden.contains(notes::key(note.kind.group())));
        panel
    }

    /// The name of a series among all panels of a page.
    #[must_use]
    pub fn full_key(&self, series: &str) -> String {
        format!("{}.{series}", self.id)
    }

    /// Whether any series has any value.
    #[must_use]
    pub fn has_data(&self) -> bool {
        self.now().any(|series| series.values.iter().any(Option::is_some))
    }

    /// The bucket that holds `at_ms`, if there is one.
    #[must_use]
    pub fn bucket_at(&self, at_ms: i64) -> Option<usize> {
        let next = self.time.partition_point(|start| *start <= at_ms);
        let bucket = next.checked_sub(1)?;
        (at_ms - self.time[bucket] < self.step_ms).then_some(bucket)
    }

    /// The middle of a bucket, cut to the time axis, in epoch milliseconds.
    #[must_use]
    pub fn middle(&self, bucket: usize) -> Option<i64> {
        let start = *self.time.get(bucket)?;
        let (from, until) = (start.max(self.range_ms.0), (start + self.step_ms).min(self.range_ms.1));
        Some((from + until) / 2)
    }

    /// What happened in the bucket.
    pub fn notes_in(&self, bucket: usize) -> impl Iterator<Item = &Note> {
        let start = self.time.get(bucket).copied();
        let inside = move |at: i64| start.is_some_and(|start| (start..start + self.step_ms).contains(&at));
        self.notes.notes.iter().filter(move |note| inside(note.at.millis()))
    }

    /// How many things of a group happened.
    #[must_use]
    pub fn note_count(&self, group: NoteGroup) -> u64 {
        self.notes.notes.iter().filter(|note| note.kind.group() == group).map(|note| note.count).sum()
    }

    /// Whether only the newest things of a group are among the notes.
    #[must_use]
    pub fn leaves_notes_out(&self, group: NoteGroup) -> bool {
        let of_group = self.notes.notes.iter().filter(|note| note.kind.group() == group);
        self.notes.truncated && of_group.count() >= Notes::MAX as usize
    }

    /// Whether no series has a value in the bucket.
    #[must_use]
    pub fn is_gap(&self, bucket: usize) -> bool {
        self.now().all(|series| series.at(bucket).is_none())
    }

    /// The series of this range: what the range before had fills no gap.
    fn now(&self) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(|series| series.role != Role::Ghost)
    }

    /// Up to where the axis reaches for a band: one record in a hundred thousand must not press all lines to
    /// the ground. What lies above is marked at the upper edge. `None` where there is no line to keep legible.
    #[must_use]
    pub fn band_ceiling(&self) -> Option<f64> {
        let lines = self.series.iter().filter(|series| !matches!(series.role, Role::Band(_)));
        let highest = lines.flat_map(|series| &series.values).flatten().copied().filter(|value| value.is_finite());
        highest.reduce(f64::max).filter(|highest| *highest > 0.0).map(|highest| highest * BAND_TIMES)
    }

    /// Whether the bucket holds only a part of its time: the range starts or ends in it, or the clock is there.
    #[must_use]
    pub fn is_partial(&self, bucket: usize) -> bool {
        (bucket == 0 && self.partial.0) || (bucket + 1 == self.time.len() && self.partial.1)
    }

    /// Values as they are drawn: stacked on those before them, unless they are lines, bands or ghosts. The
    /// lower and the upper edge; `None` stays `None`.
    #[must_use]
    pub fn stacked(&self) -> Vec<Vec<Option<(f64, f64)>>> {
        let mut height = vec![0.0; self.time.len()];
        self.series
            .iter()
            .map(|series| {
                let pairs = series.values.iter().zip(height.iter_mut());
                pairs
                    .enumerate()
                    .map(|(bucket, (value, height))| {
                        let value = value.filter(|value| value.is_finite())?;
                        if let Role::Band(lower) = &series.role {
                            let lower = lower.get(bucket).copied().flatten().unwrap_or(value);
                            return Some((lower.min(value), value));
                        }
                        if self.marks == Marks::Lines || series.role == Role::Ghost {
                            return Some((0.0, value));
                        }
                        let lower = *height;
                        *height += value;
                        Some((lower, *height))
                    })
                    .collect()
            })
            .collect()
    }

    /// One sentence a series: highest, lowest and latest value, for people who do not see the drawing.
    #[must_use]
    pub fn summary(&self) -> String {
        if !self.has_data() {
            return "No data in this range.".to_owned();
        }
        let sentences = self.now().filter_map(|series| {
            let known = || series.values.iter().enumerate().filter_map(|(at, value)| Some((at, (*value)?)));
            let (top, highest) = known().max_by(|a, b| a.1.total_cmp(&b.1))?;
            let (_, lowest) = known().min_by(|a, b| a.1.total_cmp(&b.1))?;
            let (_, latest) = known().next_back()?;
            Some(format!(
                "{}: {} to {}, highest {}, latest {}.",
                series.label,
                self.unit.write(lowest),
                self.unit.write(highest),
                format::bucket(*self.time.get(top)?, self.step_ms),
                self.unit.write(latest)
            ))
        });
        let noted = NoteGroup::ALL.into_iter().filter_map(|group| {
            let count = Some(self.note_count(group)).filter(|count| *count > 0)?;
            Some(format!("{} {} are marked.", format::count(count), group.as_str()))
        });
        sentences.chain(noted).collect::<Vec<_>>().join(" ")
    }
}
