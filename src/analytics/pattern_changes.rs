//! What became of patterns from one learning to the next: appeared, strengthened, faded.
//!
//! A pattern appears when it is found and was not known, or had faded. It is strengthened when, measured from its
//! last change, its confidence rose by [`PatternChange::CONFIDENCE_STEP`] or it was seen twice as often, so that a
//! slow rise is told once it amounts to something, and not at every learning. It fades when it is not found any
//! more: what it was learned from has left the history, or it does not hold as far as the settings ask for.
//! Not here: learning (`patterns`), and keeping (`store::patterns`).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Micros;
use crate::model::pattern::{ChangeKind, Pattern, PatternChange, PatternType};

/// Rounding in a confidence must not decide.
const ROUNDING: f64 = 1e-9;

/// A pattern as it was at its last change.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its kind.
    pub pattern_type: PatternType,
    /// Its name.
    pub description: String,
    /// Its confidence.
    pub confidence: f64,
    /// Its occurrences.
    pub occurrences: u64,
    /// Whether it has faded.
    pub faded: bool,
}

/// What changed between what is `known`, by id, and what was `found`: found patterns in their order, then those that
/// faded by id.
#[must_use]
pub fn changes(known: &BTreeMap<String, Known>, found: &[Pattern], now: Micros) -> Vec<PatternChange> {
    let there: BTreeSet<&str> = found.iter().map(|pattern| pattern.pattern_id.as_str()).collect();
    let grown = found.iter().filter_map(|pattern| {
        let before = known.get(&pattern.pattern_id).filter(|before| !before.faded);
        let change = match before {
            None => ChangeKind::Appeared,
            Some(before) if is_stronger(before, pattern) => ChangeKind::Strengthened,
            Some(_) => return None,
        };
        Some(PatternChange {
            timestamp: now,
            change,
            pattern_id: pattern.pattern_id.clone(),
            pattern_type: pattern.pattern_type,
            description: pattern.description.clone(),
            confidence_before: before.map(|before| before.confidence),
            confidence_after: Some(pattern.confidence),
            occurrences_before: before.map(|before| before.occurrences),
            occurrences_after: Some(pattern.occurrences),
        })
    });
    let gone = known.iter().filter(|(id, before)| !before.faded && !there.contains(id.as_str()));
    let gone = gone.map(|(id, before)| PatternChange {
        timestamp: now,
        change: ChangeKind::Faded,
        pattern_id: id.clone(),
        pattern_type: before.pattern_type,
        description: before.description.clone(),
        confidence_before: Some(before.confidence),
        confidence_after: None,
        occurrences_before: Some(before.occurrences),
        occurrences_after: None,
    });
    grown.chain(gone).collect()
}

fn is_stronger(before: &Known, now: &Pattern) -> bool {
    now.confidence - before.confidence >= PatternChange::CONFIDENCE_STEP - ROUNDING
        || now.occurrences >= before.occurrences.saturating_mul(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::answer::Rate;
    use crate::model::pattern::{Evidence, Scope, SequenceEvidence};

    fn pattern(id: &str, confidence: f64, occurrences: u64) -> Pattern {
        Pattern {
            pattern_id: id.into(),
            pattern_type: PatternType::Sequence,
            description: format!("{id} now"),
            events: vec!["a".into(), "b".into()],
            confidence,
            occurrences,
            first_seen: Micros(1),
            last_seen: Micros(2),
            support: Rate { numerator: occurrences, denominator: occurrences },
            lift: None,
            p_value: 0.0,
            q_value: 0.0,
            metadata: Evidence::Sequence(SequenceEvidence {
                scope: Scope::Agent,
                max_gap_ms: 1,
                gaps: Vec::new(),
                median_duration_ms: 0.0,
                expected_confidence: 0.0,
                streams: 1,
            }),
            recent: Vec::new(),
        }
    }

    fn known(entries: &[(&str, f64, u64, bool)]) -> BTreeMap<String, Known> {
        let known = |&(id, confidence, occurrences, faded): &(&str, f64, u64, bool)| {
            let description = format!("{id} then");
            (id.to_owned(), Known { pattern_type: PatternType::Sequence, description, confidence, occurrences, faded })
        };
        entries.iter().map(known).collect()
    }

    fn told(known: &BTreeMap<String, Known>, found: &[Pattern]) -> Vec<(ChangeKind, String)> {
        changes(known, found, Micros(9)).into_iter().map(|change| (change.change, change.pattern_id)).collect()
    }

    #[test]
    fn patterns_appear_are_strengthened_by_exactly_the_step_or_twice_the_occurrences_and_fade() {
        let before = known(&[
            ("steady", 0.8, 10, false),
            ("surer", 0.8, 10, false),
            ("nearly", 0.8, 10, false),
            ("twice", 0.8, 10, false),
            ("gone", 0.8, 10, false),
            ("long gone", 0.8, 10, true),
            ("back", 0.8, 10, true),
        ]);
        let found = [
            pattern("steady", 0.8, 19),
            pattern("surer", 0.85, 10),
            pattern("nearly", 0.849, 10),
            pattern("twice", 0.7, 20),
            pattern("back", 0.8, 10),
            pattern("new", 0.9, 5),
        ];
        let told = told(&before, &found);
        let expected = [
            (ChangeKind::Strengthened, "surer"),
            (ChangeKind::Strengthened, "twice"),
            (ChangeKind::Appeared, "back"),
            (ChangeKind::Appeared, "new"),
            (ChangeKind::Faded, "gone"),
        ];
        assert_eq!(told, expected.map(|(kind, id)| (kind, id.to_owned())));
    }

    #[test]
    fn a_change_carries_what_was_before_and_what_is_now() {
        let before = known(&[("a", 0.75, 6, false), ("b", 0.9, 7, false)]);
        let told = changes(&before, &[pattern("a", 0.95, 8)], Micros(9));
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].confidence_before, told[0].confidence_after), (Some(0.75), Some(0.95)));
        assert_eq!((told[0].occurrences_before, told[0].occurrences_after), (Some(6), Some(8)));
        assert_eq!((told[0].description.as_str(), told[0].timestamp), ("a now", Micros(9)));
        assert_eq!((told[1].confidence_after, told[1].occurrences_after), (None, None));
        assert_eq!(told[1].description, "b then", "as it was when it was last there");
    }

    #[test]
    fn the_same_again_changes_nothing() {
        let found = [pattern("a", 0.9, 5)];
        assert_eq!(told(&known(&[("a", 0.9, 5, false)]), &found), []);
    }
}
