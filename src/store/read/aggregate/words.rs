//! Words to the numbers that rows hold, and back.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Sqlite};

use super::Question;
use crate::model::RecordFilter;
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::store::StoreError;
use crate::store::error::query;
use crate::store::read::{Cut, Snapshot};

/// Words looked up by one statement; SQLite binds at most 32 766.
const WORDS_AT_ONCE: usize = 10_000;

/// The dictionary of a word; `None` where a flag is meant.
fn dictionary(group: GroupBy) -> Option<&'static str> {
    Some(match group {
        GroupBy::Agent => "agent_name",
        GroupBy::Swarm => "swarm_name",
        GroupBy::Project => "project_name",
        GroupBy::Model => "model_name",
        GroupBy::Result => "result_name",
        GroupBy::MetricType => "metric_name",
        GroupBy::EventType => "event_name",
        GroupBy::AgentType => "agent_type_name",
        GroupBy::Strategy => "strategy_name",
        GroupBy::FailureType => "failure_name",
        GroupBy::Success => return None,
    })
}

/// The column that holds its number.
fn column(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Agent => "agent",
        GroupBy::Swarm => "swarm",
        GroupBy::Project => "project",
        GroupBy::Model => "model",
        GroupBy::Result => "result",
        GroupBy::MetricType => "metric",
        GroupBy::EventType => "type",
        GroupBy::AgentType => "agent_type",
        GroupBy::Strategy => "strategy",
        GroupBy::FailureType => "failure_type",
        GroupBy::Success => "success",
    }
}

impl Snapshot {
    /// The question in numbers; `None` when the filter names what no record has. Fields of the filter that
    /// `source` cannot be grouped by are not looked at.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn question(
        &mut self,
        source: Source,
        field: Option<Field>,
        group_by: &[GroupBy],
        filter: &RecordFilter,
    ) -> Result<Option<Question>, StoreError> {
        let mut question = Question {
            source,
            field,
            group_by: group_by.to_vec(),
            cut: Cut::default(),
            conditions: Vec::new(),
            only: None,
        };
        if source == Source::Tasks {
            let Some(cut) = self.cut(filter).await? else { return Ok(None) };
            question.cut = cut;
            return Ok(Some(question));
        }
        let mut filter = filter.clone();
        for group in source.groups() {
            let Some(word) = filter.field_mut(group.as_str()).and_then(Option::take) else { continue };
            let number = match dictionary(*group) {
                None => word.parse::<bool>().ok().map(i64::from),
                Some(table) => {
                    let mut sql = QueryBuilder::<Sqlite>::new("select id from ");
                    sql.push(table).push(" where name = ").push_bind(word);
                    sql.build_query_scalar().fetch_optional(&mut *self.tx).await.map_err(query("look up a name"))?
                }
            };
            let Some(number) = number else { return Ok(None) };
            question.conditions.push((column(*group), number));
        }
        Ok(Some(question))
    }

    /// The words of `numbers`; 0 has none.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn group_words(&mut self, group: GroupBy, numbers: &[i64]) -> Result<HashMap<i64, String>, StoreError> {
        let Some(table) = dictionary(group) else {
            return Ok(HashMap::from([(1, "false".to_owned()), (2, "true".to_owned())]));
        };
        let mut words = HashMap::new();
        for part in numbers.chunks(WORDS_AT_ONCE) {
            let mut sql = QueryBuilder::<Sqlite>::new("select id, name from ");
            sql.push(table).push(" where id in (");
            let mut list = sql.separated(", ");
            for number in part {
                list.push_bind(*number);
            }
            sql.push(")");
            let found: Vec<(i64, String)> =
                sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("read names"))?;
            words.extend(found);
        }
        Ok(words)
    }
}
