//! Tokens by kind. The four kinds are disjoint; reasoning is part of output.

use serde::{Deserialize, Serialize};

/// Tokens of one task; `None` = not recorded, which is not 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Prompt tokens neither read from nor written to a cache.
    pub input: Option<i64>,
    /// Answer tokens, reasoning included.
    pub output: Option<i64>,
    /// Prompt tokens read from a cache.
    pub cache_read: Option<i64>,
    /// Prompt tokens written to a cache.
    pub cache_write: Option<i64>,
    /// The part of `output` spent on reasoning.
    pub reasoning: Option<i64>,
}

impl TokenCounts {
    /// Input + output + cache read + cache write, saturating; `None` when none of the four is recorded.
    #[must_use]
    pub fn total(&self) -> Option<i64> {
        [self.input, self.output, self.cache_read, self.cache_write].into_iter().flatten().reduce(i64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_none_without_a_kind_and_leaves_reasoning_out() {
        assert_eq!(TokenCounts::default().total(), None);
        assert_eq!(TokenCounts { reasoning: Some(5), ..Default::default() }.total(), None);
        let some = TokenCounts {
            input: Some(1),
            output: Some(2),
            cache_read: Some(4),
            cache_write: Some(8),
            reasoning: Some(1),
        };
        assert_eq!(some.total(), Some(15));
    }
}
