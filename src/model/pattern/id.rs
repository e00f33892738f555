//! Ids of patterns: made from what a pattern is, so that they are the same everywhere.

use super::PatternType;

/// FNV-1a, 64 bits: offset basis and prime. The standard library's hasher may change between versions; these may not.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The id of the pattern of this kind that `parts` define, in their order: scope, agent, event types, parameters.
/// Equal parts give equal ids, and parts are kept apart (`["ab", "c"]` is not `["a", "bc"]`).
#[must_use]
pub fn pattern_id<'a>(kind: PatternType, parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = BASIS;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    for part in parts {
        // The length first keeps neighbours apart.
        part.len().to_string().bytes().chain([b':']).chain(part.bytes()).for_each(&mut add);
    }
    let prefix = match kind {
        PatternType::Sequence => "seq",
        PatternType::Frequency => "freq",
        PatternType::Correlation => "corr",
        PatternType::Temporal => "temp",
        PatternType::Precursor => "prec",
    };
    format!("{prefix}_{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_they_always_were_and_keep_parts_apart() {
        assert_eq!(pattern_id(PatternType::Sequence, []), "seq_cbf29ce484222325", "FNV-1a of nothing");
        assert_eq!(pattern_id(PatternType::Sequence, ["agent", "a", "b"]), "seq_ee7b41765c8d369e");
        assert_ne!(pattern_id(PatternType::Sequence, ["ab", "c"]), pattern_id(PatternType::Sequence, ["a", "bc"]));
        assert_ne!(pattern_id(PatternType::Sequence, ["a", ""]), pattern_id(PatternType::Sequence, ["a"]));
    }
}
