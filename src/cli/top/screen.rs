//! What is looked at, and what keys do to it. Not here: the terminal (`watch`), the lines (`view`).

use std::time::Duration;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::pieces::plain;
use crate::model::top::{Top, TopQuery};
use crate::model::{RangeSpec, TimeRange};
use crate::web::format;

/// The ranges keys go through, shortest first.
const RANGES: [&str; 8] = ["now-5m", "now-15m", "now-1h", "now-6h", "now-24h", "now-7d", "now-30d", RangeSpec::ALL];

/// The screen.
#[derive(Debug)]
pub(super) struct Screen {
    /// How the source is called.
    pub(super) source: String,
    /// What is asked.
    pub(super) query: TopQuery,
    /// The last answer.
    pub(super) top: Top,
    /// Why there is no newer one.
    pub(super) problem: Option<String>,
    /// Between two looks.
    pub(super) interval: Duration,
    /// Whether levels are told in colours, beside their marks.
    pub(super) colour: bool,
    /// Whether figures stand still.
    pub(super) paused: bool,
    /// Whether the keys are explained in the place of the figures.
    pub(super) help: bool,
}

/// What has to happen after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing.
    Nothing,
    /// The screen changed.
    Draw,
    /// Other figures are wanted.
    Look,
    /// That was all.
    Leave,
}

impl Screen {
    /// A screen that shows `top`.
    pub(super) fn new(source: String, query: TopQuery, top: Top, interval: Duration, colour: bool) -> Self {
        Self { source, query, top, problem: None, interval, colour, paused: false, help: false }
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return if matches!(key.code, KeyCode::Char('c' | 'd')) { Wish::Leave } else { Wish::Nothing };
        }
        match key.code {
            KeyCode::Esc if self.help => {
                self.help = false;
                Wish::Draw
            }
            KeyCode::Char('q') | KeyCode::Esc => Wish::Leave,
            KeyCode::Char('?' | 'h') => {
                self.help = !self.help;
                Wish::Draw
            }
            KeyCode::Char('p' | ' ') => {
                self.paused = !self.paused;
                if self.paused { Wish::Draw } else { Wish::Look }
            }
            KeyCode::Char('u') => Wish::Look,
            KeyCode::Char('s') => {
                self.query.sort = self.query.sort.next();
                Wish::Look
            }
            KeyCode::Char('r') | KeyCode::Right => self.turn(1),
            KeyCode::Char('R') | KeyCode::Left => self.turn(RANGES.len() - 1),
            _ => Wish::Nothing,
        }
    }

    /// Goes `steps` ranges on, in a circle; from a range of the command line to the default one.
    fn turn(&mut self, steps: usize) -> Wish {
        let is_preset = |preset: &&str| **preset == self.query.range.from && self.query.range.to.is_empty();
        let from = match RANGES.iter().position(is_preset) {
            Some(place) => RANGES[(place + steps) % RANGES.len()],
            None => TopQuery::FROM,
        };
        self.query.range = RangeSpec { from: from.to_owned(), to: String::new() };
        Wish::Look
    }

    /// The range in words: `Last hour`, or its instants.
    pub(super) fn range_name(&self) -> String {
        let name = format::range_name(&self.query.range.from, &self.query.range.to);
        if name == "Custom range" {
            return plain(&format::range(TimeRange { from: self.top.from, until: self.top.to }));
        }
        name
    }
}
