//! The same look over and over: what a rule would have done.

use std::collections::BTreeMap;

use super::{Reading, Snapshot, evaluate};
use crate::model::Micros;
use crate::model::alert::{Alert, AlertState, DryFiring, ReadingVerdict, Rule};

/// A rule that is looked at at one past instant after the other, by the code that looks at the present.
#[derive(Debug)]
pub struct Replay {
    rules: [Rule; 1],
    standing: Vec<Alert>,
    firings: Vec<DryFiring>,
    /// How many looks there were.
    pub looks: u64,
    /// At how many of them nothing could be said.
    pub looks_without_data: u64,
}

impl Replay {
    /// Before the first look. The rule is looked at even if it is switched off.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        let rules = [Rule { enabled: true, ..rule }];
        Self { rules, standing: Vec::new(), firings: Vec::new(), looks: 0, looks_without_data: 0 }
    }

    /// One look. Looks come in the order of time.
    pub fn look(&mut self, reading: Reading, now: Micros) {
        let readings = BTreeMap::from([(self.rules[0].name.clone(), reading)]);
        let snapshot = Snapshot { readings, standing: &self.standing, silences: &[] };
        let evaluation = evaluate(&self.rules, &snapshot, now);
        self.looks += 1;
        let nothing = |verdict| verdict == ReadingVerdict::NotEnoughData;
        self.looks_without_data += u64::from(evaluation.readings.values().all(|reading| nothing(reading.verdict)));
        for change in evaluation.changes {
            if change.to == AlertState::Firing {
                self.firings.push(DryFiring {
                    subject: change.subject,
                    fired_at: now,
                    resolved_at: None,
                    summary: change.summary,
                    figures: change.figures,
                });
            } else if change.from == AlertState::Firing {
                let ended = self.firings.iter_mut().rev().find(|firing| firing.subject == change.subject);
                if let Some(firing) = ended {
                    firing.resolved_at = Some(now);
                }
            }
        }
        self.standing = evaluation.standing;
    }

    /// Each time it would have fired, oldest first.
    #[must_use]
    pub fn into_firings(self) -> Vec<DryFiring> {
        self.firings
    }
}
