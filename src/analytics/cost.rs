//! What tokens cost: recorded tokens times dated prices, by model and project.
//!
//! A cost the source reported wins over a computed one. Tokens without a price are *unpriced*: they are
//! counted beside the sum and never taken as free. Not here: reading usage (`store`), the prices (`model::price`).

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};

use crate::model::Micros;
use crate::model::overview::{CostBasis, CostReport, CostRow, TokenTotals};
use crate::model::price::{Price, PriceTable};

/// Most rows a report lists.
pub const ROWS_MAX: usize = 50;

/// The word Claude Code writes where no model answered; it names no model.
const NO_MODEL: &str = "<synthetic>";

/// Tokens of one model in one project over a time in which its price does not change.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The model; `None` = not recorded.
    pub model: Option<String>,
    /// The project; `None` = none.
    pub project: Option<String>,
    /// An instant of that time.
    pub at: Micros,
    /// What the sources say these tasks cost in USD; `None` = they do not say.
    pub reported: Option<f64>,
    /// Tasks.
    pub tasks: u64,
    /// Their tokens.
    pub tokens: TokenTotals,
}

/// Adds `other` to `sum`, saturating.
pub fn add_tokens(sum: &mut TokenTotals, other: &TokenTotals) {
    sum.recorded = sum.recorded.saturating_add(other.recorded);
    sum.used = sum.used.saturating_add(other.used);
    sum.input = sum.input.saturating_add(other.input);
    sum.output = sum.output.saturating_add(other.output);
    sum.cache_read = sum.cache_read.saturating_add(other.cache_read);
    sum.cache_write = sum.cache_write.saturating_add(other.cache_write);
    sum.reasoning = sum.reasoning.saturating_add(other.reasoning);
    sum.unsplit = sum.unsplit.saturating_add(other.unsplit);
}

/// USD and unpriced tokens of `tokens` at `price`. USD is `None` when no tokens are recorded, or none has a price.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "tokens stay far below 2^53, money is rounded when shown")]
pub fn price_tokens(tokens: &TokenTotals, price: Option<&Price>) -> (Option<f64>, i64) {
    let kinds = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write];
    let of_a_kind = kinds.into_iter().fold(0, i64::saturating_add);
    // What a sender counted in its total and gave no kind for.
    let rest = tokens.used.saturating_sub(of_a_kind).max(tokens.unsplit).max(0);
    let Some(price) = price else { return (None, of_a_kind.saturating_add(rest)) };
    let rates = [Some(price.input), Some(price.output), price.cache_read, price.cache_write];
    let (mut usd, mut priced, mut unpriced) = (0.0, 0, rest);
    for (count, rate) in kinds.into_iter().zip(rates) {
        match rate {
            Some(rate) => {
                usd += count as f64 * rate / 1e6;
                priced = count.saturating_add(priced);
            }
            None => unpriced = unpriced.saturating_add(count),
        }
    }
    let known = tokens.recorded > 0 && (priced > 0 || unpriced == 0);
    (known.then_some(usd), unpriced)
}

/// Cost by model and project: dearest first, then by tokens, then by name.
#[must_use]
pub fn report(usage: &[Usage], prices: &PriceTable) -> CostReport {
    let mut rows: BTreeMap<(Option<&str>, Option<&str>), CostRow> = BTreeMap::new();
    let mut newest: Option<NaiveDate> = None;
    for part in usage {
        let model = part.model.as_deref().filter(|model| *model != NO_MODEL);
        let project = part.project.as_deref();
        let cost = cost_of(part, prices);
        newest = newest.max(cost.price_from);
        let row = rows.entry((model, project)).or_insert_with(|| empty_row(model, project));
        row.tasks += part.tasks;
        add_tokens(&mut row.tokens, &part.tokens);
        row.unpriced_tokens = row.unpriced_tokens.saturating_add(cost.unpriced_tokens);
        row.usd = add_usd(row.usd, cost.usd);
        row.basis = join(row.basis, cost.basis);
    }
    let (mut rows, untold): (Vec<CostRow>, Vec<CostRow>) =
        rows.into_values().partition(|row| row.tokens.recorded > 0 || row.usd.is_some());
    let untold_tasks = untold.iter().map(|row| row.tasks).sum();
    let usd = rows.iter().fold(None, |sum, row| add_usd(sum, row.usd));
    let unpriced_tokens = rows.iter().fold(0, |sum: i64, row| sum.saturating_add(row.unpriced_tokens));
    rows.sort_by(|a, b| {
        let dear = |row: &CostRow| row.usd.unwrap_or(-1.0);
        dear(b).total_cmp(&dear(a)).then(b.tokens.used.cmp(&a.tokens.used))
    });
    let row_count = rows.len() as u64;
    rows.truncate(ROWS_MAX);
    let prices_as_of = newest.map(|day| day.to_string());
    CostReport { rows, row_count, untold_tasks, usd, unpriced_tokens, prices_as_of }
}

fn empty_row(model: Option<&str>, project: Option<&str>) -> CostRow {
    CostRow {
        model: model.map(str::to_owned),
        project: project.map(str::to_owned),
        tasks: 0,
        tokens: TokenTotals::default(),
        usd: None,
        unpriced_tokens: 0,
        basis: CostBasis::Unpriced,
    }
}

/// What one usage cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// USD; `None` = unpriced.
    pub usd: Option<f64>,
    /// Tokens without a price.
    pub unpriced_tokens: i64,
    /// Where `usd` comes from.
    pub basis: CostBasis,
    /// From when the price is that was used.
    pub price_from: Option<NaiveDate>,
}

/// The reported cost of `part`, else the computed one.
#[must_use]
pub fn cost_of(part: &Usage, prices: &PriceTable) -> Cost {
    if part.reported.is_some() {
        return Cost { usd: part.reported, unpriced_tokens: 0, basis: CostBasis::Reported, price_from: None };
    }
    let model = part.model.as_deref().filter(|model| *model != NO_MODEL);
    let day = DateTime::from_timestamp_micros(part.at.0).map(|time| time.date_naive());
    let price = model.zip(day).and_then(|(model, day)| prices.find(model, day));
    let (usd, unpriced_tokens) = price_tokens(&part.tokens, price);
    match usd {
        None => Cost { usd, unpriced_tokens, basis: CostBasis::Unpriced, price_from: None },
        Some(_) => Cost { usd, unpriced_tokens, basis: CostBasis::Priced, price_from: price.map(|price| price.from) },
    }
}

fn add_usd(sum: Option<f64>, more: Option<f64>) -> Option<f64> {
    match (sum, more) {
        (Some(sum), Some(more)) => Some(sum + more),
        (sum, more) => sum.or(more),
    }
}

/// `Unpriced` says nothing about where a cost comes from, so anything else replaces it.
fn join(a: CostBasis, b: CostBasis) -> CostBasis {
    match (a, b) {
        (CostBasis::Unpriced, other) | (other, CostBasis::Unpriced) => other,
        (a, b) if a == b => a,
        _ => CostBasis::Mixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Micros = Micros(1_767_268_800_000_000); // 2026-01-01T12:00:00Z

    fn table() -> PriceTable {
        serde_json::from_str(
            r#"{"full": [{"from": "2025-12-01", "input": 3, "output": 15, "cache_read": 0.5, "cache_write": 4}],
                "no-cache": [{"from": "2025-12-24", "input": 3, "output": 15, "cache_write": 4}]}"#,
        )
        .expect("usable prices")
    }

    fn usage(model: Option<&str>, reported: Option<f64>, tokens: TokenTotals) -> Usage {
        Usage { model: model.map(str::to_owned), project: None, at: NOON, reported, tasks: 1, tokens }
    }

    /// A million of each kind.
    fn million() -> TokenTotals {
        let n = 1_000_000;
        TokenTotals {
            recorded: 1,
            used: 4 * n,
            input: n,
            output: n,
            cache_read: n,
            cache_write: n,
            ..Default::default()
        }
    }

    #[test]
    fn a_million_of_each_kind_costs_the_sum_of_the_prices() {
        let report = report(&[usage(Some("full"), None, million())], &table());
        assert_eq!(report.usd, Some(22.5)); // 3 + 15 + 0.5 + 4
        assert_eq!(report.unpriced_tokens, 0);
        assert_eq!(report.prices_as_of.as_deref(), Some("2025-12-01"));
        assert_eq!(report.rows[0].basis, CostBasis::Priced);
    }

    #[test]
    fn tokens_without_a_price_are_unpriced_and_not_free() {
        let split_off = TokenTotals { recorded: 1, used: 70, unsplit: 70, ..Default::default() };
        let report = report(
            &[
                usage(Some("unheard-of"), None, million()),
                usage(None, None, split_off),
                usage(Some("no-cache"), None, million()),
                usage(Some("full"), None, split_off),
            ],
            &table(),
        );
        // Only `no-cache` has a price, and none for its million of cache reads.
        assert_eq!(report.usd, Some(22.0));
        assert_eq!(report.unpriced_tokens, 4_000_000 + 70 + 1_000_000 + 70);
        let basis = |model: Option<&str>| {
            report.rows.iter().find(|row| row.model.as_deref() == model).map(|row| (row.usd, row.basis))
        };
        assert_eq!(basis(Some("unheard-of")), Some((None, CostBasis::Unpriced)));
        assert_eq!(basis(Some("full")), Some((None, CostBasis::Unpriced)));
        assert_eq!(report.prices_as_of.as_deref(), Some("2025-12-24"));
    }

    #[test]
    fn a_reported_cost_wins_and_mixes_with_a_priced_one() {
        let report =
            report(&[usage(Some("full"), Some(1.25), million()), usage(Some("full"), None, million())], &table());
        assert_eq!(report.usd, Some(23.75));
        assert_eq!(report.rows.len(), 1);
        assert_eq!((report.rows[0].basis, report.rows[0].tasks), (CostBasis::Mixed, 2));
    }

    #[test]
    fn synthetic_is_no_model_and_tasks_without_tokens_cost_nothing_known() {
        let report = report(
            &[
                usage(Some("<synthetic>"), None, TokenTotals::default()),
                usage(None, None, TokenTotals::default()),
                usage(Some("full"), None, TokenTotals::default()),
            ],
            &table(),
        );
        assert_eq!(report.usd, None);
        assert_eq!((report.row_count, report.untold_tasks), (0, 3), "of nothing recorded there is no row");
        let one = TokenTotals { recorded: 1, ..Default::default() };
        let both = [usage(Some("<synthetic>"), None, one), usage(None, None, one)];
        assert_eq!(super::report(&both, &table()).row_count, 1, "synthetic and no model are one row");
    }

    #[test]
    fn a_recorded_zero_costs_zero() {
        let zero = TokenTotals { recorded: 1, ..Default::default() };
        assert_eq!(price_tokens(&zero, table().find("full", "2026-01-01".parse().expect("a day"))), (Some(0.0), 0));
    }

    #[test]
    fn rows_are_dearest_first_then_by_tokens() {
        let tokens = |used| TokenTotals { recorded: 1, used, unsplit: used, ..Default::default() };
        let report = report(
            &[
                usage(Some("b"), None, tokens(10)),
                usage(Some("c"), Some(1.0), tokens(1)),
                usage(Some("a"), None, tokens(20)),
                usage(Some("d"), Some(2.0), tokens(1)),
            ],
            &table(),
        );
        let order: Vec<_> = report.rows.iter().filter_map(|row| row.model.as_deref()).collect();
        assert_eq!(order, ["d", "c", "a", "b"]);
    }
}
