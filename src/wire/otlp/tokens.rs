//! Tokens of one request, made disjoint: most programs count cached tokens as input, too.

use super::Attributes;
use super::who::{Dialect, get};
use crate::model::TokenCounts;
use crate::wire::lenient::count;

pub(super) fn of(dialect: Dialect, attributes: &Attributes) -> TokenCounts {
    let first = |names: &[&str]| names.iter().find_map(|name| count(get(attributes, name)));
    match dialect {
        Dialect::Claude => TokenCounts {
            input: first(&["input_tokens"]),
            output: first(&["output_tokens"]),
            cache_read: first(&["cache_read_tokens"]),
            cache_write: first(&["cache_creation_tokens"]),
            reasoning: None,
        },
        Dialect::Codex => apart(TokenCounts {
            input: first(&["input_token_count"]),
            output: first(&["output_token_count"]),
            cache_read: first(&["cached_token_count"]),
            cache_write: first(&["cache_write_token_count"]),
            reasoning: first(&["reasoning_token_count"]),
        }),
        Dialect::Gemini => {
            let thoughts = first(&["thoughts_token_count"]);
            let spoken = first(&["output_token_count"]);
            apart(TokenCounts {
                input: first(&["input_token_count"]),
                // Thoughts are counted beside the answer there.
                output: spoken.map(|spoken| spoken.saturating_add(thoughts.unwrap_or(0))).or(thoughts),
                cache_read: first(&["cached_content_token_count"]),
                cache_write: None,
                reasoning: thoughts,
            })
        }
        Dialect::Other => apart(TokenCounts {
            input: first(&["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"]),
            output: first(&[
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.completion_tokens",
                "llm.token_count.completion",
            ]),
            cache_read: first(&["gen_ai.usage.cache_read.input_tokens", "llm.token_count.prompt_details.cache_read"]),
            cache_write: first(&[
                "gen_ai.usage.cache_write.input_tokens",
                "gen_ai.usage.cache_creation.input_tokens",
                "llm.token_count.prompt_details.cache_write",
            ]),
            reasoning: first(&["gen_ai.usage.reasoning.output_tokens", "llm.token_count.completion_details.reasoning"]),
        }),
    }
}

/// Takes the cached tokens out of the input that includes them.
fn apart(tokens: TokenCounts) -> TokenCounts {
    let cached = tokens.cache_read.unwrap_or(0).saturating_add(tokens.cache_write.unwrap_or(0));
    TokenCounts { input: tokens.input.map(|input| input.saturating_sub(cached).max(0)), ..tokens }
}
