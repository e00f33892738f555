//! Notes in drawings, in words, and hidden.

use std::collections::BTreeSet;

use super::notes::{clusters, key};
use super::tests::{HOUR_MS, MIDNIGHT_MS, all, count, svg};
use super::{Panel, Plot};
use crate::model::Micros;
use crate::model::note::{Note, NoteGroup, NoteKind, Notes};

fn note(minutes: i64, kind: NoteKind) -> Note {
    Note {
        at: Micros::from_millis(MIDNIGHT_MS + minutes * 60_000),
        kind,
        words: "restart healed timeout".into(),
        href: "/healing".into(),
        count: 1,
    }
}

/// The success chart of four hours with `notes`.
fn noted(notes: Vec<Note>) -> Panel {
    Panel { notes: Notes { notes, truncated: false }, ..all().remove(2) }
}

#[test]
fn what_is_too_close_to_tell_apart_is_one_sign_with_a_count() {
    // 560 px wide, 496 of them for four hours: a minute is two pixels.
    let panel = noted(vec![
        note(10, NoteKind::Healed),
        note(11, NoteKind::NotHealed),
        note(13, NoteKind::Healed),
        note(14, NoteKind::Healed),
        note(14, NoteKind::PatternAppeared),
    ]);
    let plot = Plot::new(&panel, 560.0, 220.0);
    let found: Vec<_> = clusters(&panel.notes.notes, &plot).iter().map(|c| (c.group, c.count(), c.kind())).collect();
    assert_eq!(
        found,
        [
            // The fourth lies 8.3 px from the first, but the count of the first three stands there.
            (NoteGroup::Healings, 4, NoteKind::NotHealed), // the one that wants attention gives the sign
            (NoteGroup::Patterns, 1, NoteKind::PatternAppeared),
        ]
    );
    assert!(svg(&panel).contains("×4"), "{}", svg(&panel));
}

#[test]
fn single_signs_stand_eight_pixels_apart() {
    let panel = noted(vec![note(10, NoteKind::Healed), note(14, NoteKind::Healed)]);
    assert_eq!(clusters(&panel.notes.notes, &Plot::new(&panel, 560.0, 220.0)).len(), 2, "8.3 px");
    let panel = noted(vec![note(10, NoteKind::Healed), note(13, NoteKind::Healed)]);
    assert_eq!(clusters(&panel.notes.notes, &Plot::new(&panel, 560.0, 220.0)).len(), 1, "6.2 px");
}

#[test]
fn fifty_notes_of_one_instant_are_drawn_as_one() {
    let one = svg(&noted(vec![note(60, NoteKind::Healed)]));
    let fifty = svg(&noted(vec![note(60, NoteKind::Healed); 50]));
    assert!(fifty.contains("×50") && !one.contains('×'));
    assert_eq!(count(&fifty, "stroke=\"var(--success)\""), count(&one, "stroke=\"var(--success)\""));
}

#[test]
fn kinds_differ_by_shape_and_not_by_colour_alone() {
    let lines = |kind| {
        let svg = svg(&noted(vec![note(60, kind)]));
        let plain = svg_of_none();
        (count(&svg, "<polyline") - count(&plain, "<polyline"), svg)
    };
    let (plus, _) = lines(NoteKind::Healed);
    let (cross, failed) = lines(NoteKind::NotHealed);
    let (diamond, pattern) = lines(NoteKind::PatternFaded);
    assert!(plus == cross && diamond < plus, "two strokes, two strokes, one outline: {plus} {cross} {diamond}");
    assert!(failed.contains("var(--failure)") && pattern.contains("var(--series-5)"));
}

fn svg_of_none() -> String {
    svg(&noted(Vec::new()))
}

#[test]
fn a_group_is_hidden_in_every_chart_by_one_key() {
    let panel = noted(vec![note(60, NoteKind::Healed), note(61, NoteKind::PatternAppeared)]);
    let hidden = panel.without(&BTreeSet::from([key(NoteGroup::Healings).to_owned()]));
    let left: Vec<_> = hidden.notes.notes.iter().map(|note| note.kind).collect();
    assert_eq!(left, [NoteKind::PatternAppeared]);
    assert_eq!((hidden.hidden, hidden.series.len()), (0, panel.series.len()), "no series goes with it");
}

#[test]
fn what_happened_is_said_in_words_and_found_by_its_bucket() {
    let panel = noted(vec![note(60, NoteKind::Healed), note(119, NoteKind::Healed), note(120, NoteKind::NotHealed)]);
    assert_eq!([0, 1, 2, 3].map(|bucket| panel.notes_in(bucket).count()), [0, 2, 1, 0]);
    assert_eq!(panel.step_ms, HOUR_MS);
    assert!(panel.summary().ends_with("3 healings are marked."), "{}", panel.summary());
}
