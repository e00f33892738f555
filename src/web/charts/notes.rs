//! What happened at an instant, drawn over the figures of a chart: failures that were healed or not, patterns that
//! appeared, grew stronger or faded. Shapes tell them apart, not colour alone; what lies too close together to be told
//! apart is one sign with a count. Not here: where they come from (`service`), and who switches them off (`view_state`).

use crate::model::note::{Note, NoteGroup, NoteKind};
use crate::web::format;

use super::draw::words_px;
use super::{Ink, Plot};

/// Notes nearer to each other than this are one sign, in CSS pixels; so are those that a sign's count would cover.
pub const NEAR_PX: f64 = 8.0;
/// Half the size of a sign.
pub const SIGN_PX: f64 = 4.0;
/// Room between a sign and its count.
const SPACE_PX: f64 = 2.0;

/// Notes that are one sign.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster<'a> {
    /// Where its first note lies, in CSS pixels.
    pub x: f64,
    /// Of which group.
    pub group: NoteGroup,
    /// Its notes, in the order of time; never empty.
    pub notes: Vec<&'a Note>,
}

impl Cluster<'_> {
    /// How many things happened.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.notes.iter().map(|note| note.count).sum()
    }

    /// How many, where they are more than one.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        let count = self.count();
        (count > 1).then(|| format!("×{}", format::count(count)))
    }

    /// Where its sign and its count end, and another sign may stand.
    fn end(&self) -> f64 {
        // Widths of words are a guess, and the ground of the next sign is a little wider than the sign.
        let label = self.label().map_or(0.0, |label| SPACE_PX + words_px(&label) + NEAR_PX);
        self.x + (SIGN_PX + label + SIGN_PX).max(NEAR_PX)
    }

    /// Where its count begins, in CSS pixels.
    #[must_use]
    pub fn label_x(&self) -> f64 {
        self.x + SIGN_PX + SPACE_PX
    }

    /// What its sign says: of several kinds the one that wants attention most.
    #[must_use]
    pub fn kind(&self) -> NoteKind {
        self.notes.iter().map(|note| note.kind).min().unwrap_or(NoteKind::NotHealed)
    }
}

/// `notes` as signs, by group and place. They must be in the order of time.
#[must_use]
pub fn clusters<'a>(notes: &'a [Note], plot: &Plot) -> Vec<Cluster<'a>> {
    let mut found: Vec<Cluster<'a>> = Vec::new();
    for group in NoteGroup::ALL {
        let first = found.len();
        for note in notes.iter().filter(|note| note.kind.group() == group) {
            let x = plot.x(note.at.millis());
            match found.get_mut(first..).and_then(<[_]>::last_mut).filter(|last| x < last.end()) {
                Some(last) => last.notes.push(note),
                None => found.push(Cluster { x, group, notes: vec![note] }),
            }
        }
    }
    found
}

/// Colour of a kind.
#[must_use]
pub fn ink(kind: NoteKind) -> Ink {
    match kind {
        NoteKind::NotHealed => Ink::Failure,
        NoteKind::Healed => Ink::Success,
        NoteKind::PatternAppeared | NoteKind::PatternStrengthened | NoteKind::PatternFaded => Ink::Series(5),
    }
}

/// Sign of a kind, as text.
#[must_use]
pub fn sign(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::NotHealed => "✕",
        NoteKind::Healed => "✚",
        NoteKind::PatternAppeared | NoteKind::PatternStrengthened | NoteKind::PatternFaded => "◇",
    }
}

/// The key by which a group is hidden, in all charts of a page.
#[must_use]
pub fn key(group: NoteGroup) -> &'static str {
    match group {
        NoteGroup::Healings => "notes.healings",
        NoteGroup::Patterns => "notes.patterns",
    }
}

/// What a note says, its count included where it stands for several.
#[must_use]
pub fn words(note: &Note) -> String {
    if note.count > 1 { format!("{} × {}", format::count(note.count), note.words) } else { note.words.clone() }
}
