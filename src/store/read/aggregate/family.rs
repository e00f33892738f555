//! Which rollups hold what is asked.

use super::Question;
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::store::read::Rollups;

/// Which rows can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Rollups of all tasks: minutes, hours, days.
    Fleet,
    /// Rollups of tasks by agent and swarm: hours, days.
    Agents,
    /// Rollups of tasks by model and project: hours, days.
    Usage,
    /// Rollups of metric series: hours, days.
    Metrics,
    /// Counts of events by type: hours, days.
    Events,
    /// The records alone.
    Records,
}

/// What the functions asked for are computed from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Successes and rated records.
    pub success: bool,
    /// The smallest and the largest value.
    pub extremes: bool,
    /// Squared deviations.
    pub spread: bool,
    /// The values themselves, or sketches of them.
    pub quantiles: bool,
}

impl Question {
    /// The rollups that hold it; [`Family::Usage`] for tokens only as far as [`Question::counts_all_tokens`] says.
    #[must_use]
    pub fn family(&self, needs: Needs) -> Family {
        match self.source {
            Source::Tasks => self.task_family(needs),
            Source::AgentMetrics | Source::SwarmMetrics if self.is_series() => Family::Metrics,
            Source::Events if self.is_count_by_type() => Family::Events,
            _ => Family::Records,
        }
    }

    fn task_family(&self, needs: Needs) -> Family {
        let grouped = |known: &[GroupBy]| self.group_by.iter().all(|group| known.contains(group));
        let by_result = self.group_by.contains(&GroupBy::Result);
        let whole = needs.extremes || needs.spread || needs.quantiles;
        // Of a result only how often it came is known; of other numbers than durations only n and sum.
        let held = match self.field {
            None => true,
            Some(Field::DurationMs) => !by_result,
            Some(_) => !by_result && !whole,
        };
        let rollups = self.cut.rollups();
        if held && rollups == Rollups::Fleet && grouped(&[GroupBy::Result]) {
            return Family::Fleet;
        }
        if held && rollups != Rollups::None && grouped(&[GroupBy::Agent, GroupBy::Swarm, GroupBy::Result]) {
            return Family::Agents;
        }
        let priced = self.field.is_none_or(|field| self.is_token(field) || field == Field::CostUsd);
        if priced && !whole && !needs.success && self.cut.has_usage() && grouped(&[GroupBy::Model, GroupBy::Project]) {
            return Family::Usage;
        }
        Family::Records
    }

    /// Whether the field is a kind of tokens.
    fn is_token(&self, field: Field) -> bool {
        matches!(
            field,
            Field::TokensUsed
                | Field::TokensInput
                | Field::TokensOutput
                | Field::TokensCacheRead
                | Field::TokensCacheWrite
                | Field::TokensReasoning
        )
    }

    /// Whether tokens are asked for: rollups by model and project know how many tasks recorded any, not how
    /// many recorded this kind.
    #[must_use]
    pub fn asks_tokens(&self) -> bool {
        self.field.is_some_and(|field| self.is_token(field))
    }

    /// Whether nothing but the type of events matters.
    fn is_count_by_type(&self) -> bool {
        self.field.is_none()
            && self.group_by.iter().all(|group| *group == GroupBy::EventType)
            && self.conditions.iter().all(|(column, _)| *column == "type")
    }

    /// Whether only series are asked for: rollups of metrics do not know projects.
    fn is_series(&self) -> bool {
        !self.group_by.contains(&GroupBy::Project) && self.conditions.iter().all(|(column, _)| *column != "project")
    }
}
