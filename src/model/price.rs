//! What tokens cost: dated prices, found by model name.
//!
//! Data and lookup only; the arithmetic over tokens is `analytics::cost`. List prices are what a vendor
//! published, not what an account pays: discounts, batch rates, long-context surcharges and the dearer
//! one-hour cache writes are not recorded with tokens, so they cannot be known here.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Micros;

/// USD per million tokens from one day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The first day (UTC) it holds, `YYYY-MM-DD`.
    pub from: NaiveDate,
    /// Prompt tokens neither read from nor written to a cache.
    pub input: f64,
    /// Answer tokens, reasoning included.
    pub output: f64,
    /// Prompt tokens read from a cache; without it such tokens are unpriced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    /// Prompt tokens written to a cache for five minutes; without it such tokens are unpriced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
}

/// Why a price cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PriceError {
    /// The model's name has no characters.
    #[error("an empty name in [prices] names no model; write its name, or the beginning of it and `*`")]
    EmptyModel,
    /// `*` may only be last.
    #[error("`{0}` in [prices] has a `*` before its end; only a last `*` stands for any rest")]
    StarInside(String),
    /// A number is negative or not finite.
    #[error("`{model}` in [prices] has an unusable {field}; write USD per million tokens, 0 or more")]
    BadNumber {
        /// The name or pattern.
        model: String,
        /// Which number.
        field: &'static str,
    },
}

impl Price {
    fn check(&self, model: &str) -> Result<(), PriceError> {
        let numbers = [
            ("input", Some(self.input)),
            ("output", Some(self.output)),
            ("cache_read", self.cache_read),
            ("cache_write", self.cache_write),
        ];
        let unusable = |number: f64| !number.is_finite() || number < 0.0;
        match numbers.into_iter().find(|(_, number)| number.is_some_and(unusable)) {
            Some((field, _)) => Err(PriceError::BadNumber { model: model.to_owned(), field }),
            None => Ok(()),
        }
    }
}

/// The section `[prices]`: a model's name, or the beginning of several followed by `*`, and its prices.
type Section = BTreeMap<String, Vec<Price>>;

/// Every price known. As a setting it reads what is added to the built-in prices or replaces them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Section", into = "Section")]
pub struct PriceTable {
    models: Section,
}

impl Default for PriceTable {
    /// The built-in prices.
    fn default() -> Self {
        Self { models: built_in() }
    }
}

impl TryFrom<Section> for PriceTable {
    type Error = PriceError;

    /// The built-in prices with `own` added; an own price replaces the built-in one of the same name and day.
    fn try_from(own: Section) -> Result<Self, PriceError> {
        let mut models = built_in();
        for (model, prices) in own {
            if model.is_empty() {
                return Err(PriceError::EmptyModel);
            }
            if model.trim_end_matches('*').contains('*') || model.ends_with("**") {
                return Err(PriceError::StarInside(model));
            }
            prices.iter().try_for_each(|price| price.check(&model))?;
            let known = models.entry(model).or_default();
            known.retain(|price| !prices.iter().any(|own| own.from == price.from));
            known.extend(prices);
            known.sort_by_key(|price| price.from);
        }
        Ok(Self { models })
    }
}

impl From<PriceTable> for Section {
    fn from(table: PriceTable) -> Self {
        table.models
    }
}

/// How exactly `pattern` names `model`; `None` when it does not.
fn specificity(pattern: &str, model: &str) -> Option<usize> {
    match pattern.strip_suffix('*') {
        Some(prefix) => model.starts_with(prefix).then_some(prefix.len()),
        None => (pattern == model).then_some(usize::MAX),
    }
}

impl PriceTable {
    /// The price of `model` on `day`: of those that hold by then the one that names it most exactly,
    /// and of these the newest.
    #[must_use]
    pub fn find(&self, model: &str, day: NaiveDate) -> Option<&Price> {
        self.naming(model)
            .flat_map(|(specificity, prices)| prices.iter().map(move |price| (specificity, price)))
            .filter(|(_, price)| price.from <= day)
            .max_by_key(|(specificity, price)| (*specificity, price.from))
            .map(|(_, price)| price)
    }

    /// The instants at which the price of any of `models` changes, ascending: between two of them one price holds.
    #[must_use]
    pub fn changes<'a>(&self, models: impl IntoIterator<Item = &'a str>) -> Vec<Micros> {
        let mut days: Vec<Micros> = models
            .into_iter()
            .flat_map(|model| self.naming(model).flat_map(|(_, prices)| prices))
            .filter_map(|price| Some(Micros(price.from.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros())))
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn naming(&self, model: &str) -> impl Iterator<Item = (usize, &Vec<Price>)> {
        self.models.iter().filter_map(move |(pattern, prices)| Some((specificity(pattern, model)?, prices)))
    }
}

/// Anthropic's list prices, compared with the published list in November 2026. The day is the model's release
/// or the day its price changed; of Opus 4.7 it is not known and lies before. Cache writes are the five-minute
/// kind; of Haiku 5.5 these are the prices of prompts up to 100 000 tokens, as records do not hold the length.
fn built_in() -> Section {
    /// Name, first day, USD per million of input, output, cache read, cache write.
    type Listed = (&'static str, (i32, u32, u32), [f64; 4]);
    const LIST: [Listed; 25] = [
        ("claude-3-opus-*", (2024, 3, 4), [15.0, 75.0, 1.50, 18.75]),
        ("claude-3-haiku-*", (2024, 3, 13), [0.25, 1.25, 0.03, 0.30]),
        ("claude-3-5-sonnet-*", (2024, 6, 20), [3.0, 15.0, 0.30, 3.75]),
        ("claude-3-5-haiku-*", (2024, 12, 5), [0.80, 4.0, 0.08, 1.0]),
        ("claude-3-7-sonnet-*", (2025, 2, 24), [3.0, 15.0, 0.30, 3.75]),
        ("claude-opus-4-20250514", (2025, 5, 22), [15.0, 75.0, 1.50, 18.75]),
        ("claude-sonnet-4-20250514", (2025, 5, 22), [3.0, 15.0, 0.30, 3.75]),
        ("claude-opus-4-1*", (2025, 8, 5), [15.0, 75.0, 1.50, 18.75]),
        ("claude-sonnet-4-5*", (2025, 9, 29), [3.0, 15.0, 0.30, 3.75]),
        ("claude-haiku-4-5*", (2025, 10, 15), [1.0, 5.0, 0.10, 1.25]),
        ("claude-opus-4-5*", (2025, 11, 24), [5.0, 25.0, 0.50, 6.25]),
        ("claude-opus-4-6*", (2026, 2, 5), [5.0, 25.0, 0.50, 6.25]),
        ("claude-sonnet-4-6*", (2026, 2, 17), [3.0, 15.0, 0.30, 3.75]),
        ("claude-opus-4-7*", (2026, 3, 1), [5.0, 25.0, 0.50, 6.25]),
        ("claude-opus-4-8*", (2026, 5, 28), [5.0, 25.0, 0.50, 6.25]),
        ("claude-fable-5", (2026, 6, 9), [10.0, 50.0, 1.0, 12.50]),
        ("claude-mythos-5", (2026, 6, 9), [10.0, 50.0, 1.0, 12.50]),
        ("claude-sonnet-5", (2026, 6, 30), [2.0, 10.0, 0.20, 2.50]),
        ("claude-opus-5", (2026, 7, 24), [5.0, 25.0, 0.50, 6.25]),
        ("claude-fable-5-1*", (2026, 9, 1), [10.0, 50.0, 0.25, 12.50]),
        ("claude-mythos-5-1*", (2026, 9, 1), [10.0, 50.0, 0.25, 12.50]),
        ("claude-opus-5-5*", (2026, 9, 22), [4.0, 20.0, 0.20, 5.0]),
        ("claude-sonnet-5-5*", (2026, 9, 28), [2.0, 10.0, 0.20, 2.50]),
        ("claude-sonnet-5-5*", (2026, 10, 7), [2.0, 10.0, 0.10, 2.50]),
        ("claude-haiku-5-5*", (2026, 10, 7), [0.10, 0.50, 0.01, 0.125]),
    ];
    let mut models = Section::new();
    for (model, (year, month, day), [input, output, cache_read, cache_write]) in LIST {
        let Some(from) = NaiveDate::from_ymd_opt(year, month, day) else { continue };
        let (cache_read, cache_write) = (Some(cache_read), Some(cache_write));
        models.entry(model.to_owned()).or_default().push(Price { from, input, output, cache_read, cache_write });
    }
    models
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn price(from: &str, input: f64) -> Price {
        Price { from: day(from), input, output: 2.0 * input, cache_read: None, cache_write: None }
    }

    fn table<const N: usize>(own: [(&str, Vec<Price>); N]) -> Result<PriceTable, PriceError> {
        PriceTable::try_from(own.map(|(model, prices)| (model.to_owned(), prices)).into_iter().collect::<Section>())
    }

    #[test]
    fn the_most_exact_name_wins_then_the_newest_day_that_has_come() {
        let table = table([
            ("big-*", vec![price("2026-03-01", 2.0), price("2026-01-01", 1.0)]),
            ("big-two*", vec![price("2026-01-01", 3.0)]),
            ("big-two-x", vec![price("2026-02-01", 4.0)]),
        ])
        .expect("usable prices");
        let input = |model, on| table.find(model, day(on)).map(|price| price.input);
        assert_eq!(input("big-one", "2025-12-31"), None, "before the first price there is none");
        assert_eq!(input("big-one", "2026-02-28"), Some(1.0));
        assert_eq!(input("big-one", "2026-03-01"), Some(2.0));
        assert_eq!(input("big-two-x", "2026-01-31"), Some(3.0), "the exact price has not come yet");
        assert_eq!(input("big-two-x", "2026-02-01"), Some(4.0));
        assert_eq!(input("small", "2026-03-01"), None);
    }

    #[test]
    fn an_own_price_replaces_the_built_in_one_of_the_same_day() {
        let output = |table: &PriceTable, on| table.find("claude-opus-4-6", day(on)).map(|price| price.output);
        assert_eq!(output(&PriceTable::default(), "2026-02-10"), Some(25.0));
        let own = vec![price("2026-02-05", 1.0), price("2026-02-12", 7.0)];
        let table = table([("claude-opus-4-6*", own)]).expect("usable");
        assert_eq!(output(&table, "2026-02-11"), Some(2.0));
        assert_eq!(output(&table, "2026-02-12"), Some(14.0));
    }

    #[test]
    fn built_in_prices_are_usable_and_not_mistaken_for_each_other() {
        let built_in = PriceTable::default();
        assert_eq!(built_in.models.values().map(Vec::len).sum::<usize>(), 25, "every day exists");
        assert_eq!(PriceTable::try_from(built_in.models.clone()), Ok(built_in.clone()));
        // These names share a beginning.
        let input = |model| built_in.find(model, day("2026-01-01")).map(|price| price.input);
        assert_eq!(input("claude-opus-4-20250514"), Some(15.0));
        assert_eq!(input("claude-opus-4-1-20250805"), Some(15.0));
        assert_eq!(input("claude-opus-4-5-20251101"), Some(5.0));
        assert_eq!(input("claude-opus-4-6"), None, "it is not released yet");
    }

    #[test]
    fn unusable_prices_are_refused_by_name() {
        let refused = |model, price| table([(model, vec![price])]).expect_err("refused").to_string();
        assert!(refused("", price("2026-01-01", 1.0)).contains("empty name"));
        assert!(refused("a*b", price("2026-01-01", 1.0)).contains("`a*b`"));
        assert!(refused("a**", price("2026-01-01", 1.0)).contains("`a**`"));
        assert!(refused("a", price("2026-01-01", -1.0)).contains("`a` in [prices] has an unusable input"));
        assert!(refused("a", price("2026-01-01", f64::NAN)).contains("unusable input"));
    }

    #[test]
    fn prices_change_on_the_days_of_the_models_asked_about() {
        let table = table([
            ("m", vec![price("1970-01-02", 1.0)]),
            ("m*", vec![price("1970-01-03", 2.0)]),
            ("n", vec![price("1970-01-04", 3.0)]),
        ])
        .expect("usable");
        assert_eq!(table.changes(["m"]), [Micros(86_400_000_000), Micros(172_800_000_000)]);
        assert_eq!(table.changes(["unknown"]), []);
    }
}
