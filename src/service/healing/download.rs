//! Attempts and strategies as files.

use futures::Stream;
use serde_json::Value;

use super::{Service, ServiceError};
use crate::model::healing::{HealingPage, HealingQuery};
use crate::model::{Format, Micros};
use crate::wire::EncodeError;
use crate::wire::healing::{ATTEMPT_COLUMNS, STRATEGY_COLUMNS, attempt, csv_header, csv_row, strategy};

/// Attempts of one piece of a file.
const ATTEMPTS_A_PIECE: u32 = 5_000;

/// Where a file of attempts stands.
struct State {
    service: Service,
    query: HealingQuery,
    format: Format,
    now: Micros,
    /// The cursor of the next piece; `None` inside = the first one.
    next: Option<Option<String>>,
}

impl Service {
    /// Every attempt `query` asks about as a file, newest first, piece by piece: CSV, or else one JSON array.
    ///
    /// # Errors
    /// Each piece as [`Service::healing_page`]. The first one tells whether the question can be answered.
    pub fn healing_attempts_file(
        &self,
        query: HealingQuery,
        format: Format,
        now: Micros,
    ) -> impl Stream<Item = Result<Vec<u8>, ServiceError>> + Send + 'static {
        let start = State { service: self.clone(), query, format, now, next: Some(None) };
        futures::stream::try_unfold(start, |mut state| async move {
            let Some(cursor) = state.next.take() else { return Ok(None) };
            let page = state.service.healing_page(&state.query, cursor.as_deref(), ATTEMPTS_A_PIECE, state.now).await?;
            let piece = piece(&page, state.format, cursor.is_none())?;
            state.next = page.next.map(Some);
            Ok(Some((piece, state)))
        })
    }

    /// The strategies of `query` as a file.
    ///
    /// # Errors
    /// As [`Service::healing`].
    pub async fn healing_strategies_file(
        &self,
        query: &HealingQuery,
        format: Format,
        now: Micros,
    ) -> Result<Vec<u8>, ServiceError> {
        let report = self.healing(query, now).await?;
        let rows: Vec<Value> = report.by_strategy.iter().map(strategy).collect();
        if format != Format::Csv {
            return Ok(format!("{:#}\n", Value::Array(rows)).into_bytes());
        }
        let mut out = Vec::new();
        csv_header(&STRATEGY_COLUMNS, &mut out)?;
        rows.iter().try_for_each(|row| csv_row(&STRATEGY_COLUMNS, row, &mut out))?;
        Ok(out)
    }
}

fn piece(page: &HealingPage, format: Format, first: bool) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    if format == Format::Csv {
        if first {
            csv_header(&ATTEMPT_COLUMNS, &mut out)?;
        }
        page.items.iter().try_for_each(|entry| csv_row(&ATTEMPT_COLUMNS, &attempt(entry), &mut out))?;
        return Ok(out);
    }
    out.extend_from_slice(if first { b"[" } else { b"" });
    for (place, entry) in page.items.iter().enumerate() {
        out.extend_from_slice(if first && place == 0 { b"\n" } else { b",\n" });
        out.extend_from_slice(attempt(entry).to_string().as_bytes());
    }
    if page.next.is_none() {
        out.extend_from_slice(b"\n]\n");
    }
    Ok(out)
}
