//! What exports would hold and weigh, before anybody downloads them.

use serde::{Deserialize, Serialize};

use super::listing::Total;
use super::overview::{PageQuery, Scope};
use super::{Dataset, Format};

/// Of which records, and in which manner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExportQuery {
    /// The range and the filters; fields that a dataset does not have do not filter it.
    pub page: PageQuery,
    /// How the files are written.
    pub options: ExportOptions,
}

/// How files are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExportOptions {
    /// Leave metadata out.
    pub no_metadata: bool,
    /// Indent JSON.
    pub pretty: bool,
    /// Compress with gzip.
    pub gzip: bool,
}

/// Every dataset with its size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportSizes {
    /// What was asked.
    pub scope: Scope,
    /// The datasets, in the order of [`Dataset::ALL`].
    pub datasets: Vec<ExportSize>,
}

/// One dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportSize {
    /// The dataset.
    pub dataset: Dataset,
    /// Its records in the range.
    pub rows: Total,
    /// Its forms with their size in bytes, estimated from the newest records; `None` where the size does not
    /// grow with the records, or nothing is known.
    pub forms: Vec<(Format, Option<u64>)>,
}
