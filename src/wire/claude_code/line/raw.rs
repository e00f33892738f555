//! The shapes that lines have on disk, as far as they are read. Every field may be missing or of another type.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::loose::Loose;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct RawLine<'a> {
    #[serde(borrow)]
    pub r#type: Loose<'a>,
    #[serde(borrow)]
    pub subtype: Loose<'a>,
    #[serde(borrow)]
    pub uuid: Loose<'a>,
    #[serde(borrow)]
    pub parent_uuid: Loose<'a>,
    #[serde(borrow)]
    pub session_id: Loose<'a>,
    #[serde(borrow)]
    pub agent_id: Loose<'a>,
    #[serde(borrow)]
    pub is_sidechain: Loose<'a>,
    #[serde(borrow)]
    pub is_meta: Loose<'a>,
    #[serde(borrow)]
    pub is_compact_summary: Loose<'a>,
    #[serde(borrow)]
    pub timestamp: Loose<'a>,
    #[serde(borrow)]
    pub version: Loose<'a>,
    #[serde(borrow)]
    pub attribution_agent: Loose<'a>,
    #[serde(borrow)]
    pub request_id: Loose<'a>,
    #[serde(borrow)]
    pub is_api_error_message: Loose<'a>,
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
    #[serde(borrow)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub tool_use_result: Option<&'a RawValue>,
    #[serde(borrow)]
    pub data: Option<&'a RawValue>,
    #[serde(borrow, rename = "parentToolUseID")]
    pub parent_tool_use_id: Loose<'a>,
    #[serde(borrow)]
    pub origin: Option<&'a RawValue>,
    #[serde(borrow)]
    pub duration_ms: Loose<'a>,
    #[serde(borrow)]
    pub retry_in_ms: Loose<'a>,
    #[serde(borrow)]
    pub retry_attempt: Loose<'a>,
    #[serde(borrow)]
    pub max_retries: Loose<'a>,
    #[serde(borrow)]
    pub compact_metadata: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RawMessage<'a> {
    #[serde(borrow)]
    pub id: Loose<'a>,
    #[serde(borrow)]
    pub model: Loose<'a>,
    #[serde(borrow)]
    pub content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub stop_reason: Loose<'a>,
    #[serde(borrow)]
    pub usage: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RawUsage<'a> {
    #[serde(borrow)]
    pub input_tokens: Loose<'a>,
    #[serde(borrow)]
    pub output_tokens: Loose<'a>,
    #[serde(borrow)]
    pub cache_creation_input_tokens: Loose<'a>,
    #[serde(borrow)]
    pub cache_read_input_tokens: Loose<'a>,
    #[serde(borrow)]
    pub cache_creation: Option<&'a RawValue>,
    #[serde(borrow)]
    pub output_tokens_details: Option<&'a RawValue>,
    #[serde(borrow)]
    pub server_tool_use: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RawDetails<'a> {
    #[serde(borrow)]
    pub ephemeral_1h_input_tokens: Loose<'a>,
    #[serde(borrow)]
    pub thinking_tokens: Loose<'a>,
    #[serde(borrow)]
    pub web_search_requests: Loose<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RawBlock<'a> {
    #[serde(borrow)]
    pub r#type: Loose<'a>,
    #[serde(borrow)]
    pub id: Loose<'a>,
    #[serde(borrow)]
    pub name: Loose<'a>,
    #[serde(borrow)]
    pub tool_use_id: Loose<'a>,
    #[serde(borrow)]
    pub is_error: Loose<'a>,
    #[serde(borrow)]
    pub input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub text: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RawInput<'a> {
    #[serde(borrow)]
    pub subagent_type: Loose<'a>,
    #[serde(borrow)]
    pub file_path: Loose<'a>,
    #[serde(borrow)]
    pub notebook_path: Loose<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct RawOutcome<'a> {
    #[serde(borrow)]
    pub status: Loose<'a>,
    #[serde(borrow)]
    pub agent_id: Loose<'a>,
    #[serde(borrow)]
    pub total_duration_ms: Loose<'a>,
    #[serde(borrow)]
    pub total_tokens: Loose<'a>,
    #[serde(borrow)]
    pub total_tool_use_count: Loose<'a>,
    #[serde(borrow)]
    pub interrupted: Loose<'a>,
    #[serde(borrow, rename = "retrieval_status")]
    pub retrieval_status: Loose<'a>,
    #[serde(borrow)]
    pub task: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RawTask<'a> {
    #[serde(borrow)]
    pub task_id: Loose<'a>,
    #[serde(borrow)]
    pub task_type: Loose<'a>,
    #[serde(borrow)]
    pub status: Loose<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub struct RawExtra<'a> {
    #[serde(borrow)]
    pub r#type: Loose<'a>,
    #[serde(borrow)]
    pub kind: Loose<'a>,
    #[serde(borrow)]
    pub agent_id: Loose<'a>,
    #[serde(borrow)]
    pub message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub trigger: Loose<'a>,
    #[serde(borrow)]
    pub pre_tokens: Loose<'a>,
    #[serde(borrow)]
    pub post_tokens: Loose<'a>,
    #[serde(borrow)]
    pub status: Loose<'a>,
}
