//! `GET /api/v1/alerts/channels`, `GET /api/v1/alerts/deliveries`, `POST /api/v1/alerts/channels/{name}/test`: who is told
//! of alerts, what they were told, and whether it would arrive. Secrets are nowhere in the answers.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::parameter::{Spec, Takes, takes, words};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::channel::{ChannelReport, Delivery, DeliveryQuery, DeliveryState};
use crate::service::Service;

const CHANNEL: Spec = Spec::new("channel", Takes::Text, "Only to this channel.", "ops");
const STATE: Spec =
    Spec::new("state", Takes::Word(words!(DeliveryState)), "Only messages of which this became.", "failed");
const LIMIT: Spec = Spec::limit(DeliveryQuery::LIMIT_DEFAULT, DeliveryQuery::LIMIT_MAX);

takes!(DeliveriesParams, [CHANNEL, STATE, LIMIT]);

/// Channels.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelsBody {
    /// In the order of the configuration.
    pub items: Vec<ChannelReport>,
}

/// Messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveriesBody {
    /// Newest first.
    pub items: Vec<Delivery>,
}

/// Channels that are told of alerts, and what was last sent to each.
#[utoipa::path(get, path = "/api/v1/alerts/channels", tag = "alerts",
    responses((status = 200, description = "the channels of [[alerts.channels]]", body = ChannelsBody)))]
pub async fn channels(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&ChannelsBody { items: timing::query(service.channels()).await? })
}

/// Messages to channels and what became of them: those that wait, and the last 1 000.
#[utoipa::path(get, path = "/api/v1/alerts/deliveries", tag = "alerts", params(DeliveriesParams),
    responses((status = 200, description = "messages, newest first", body = DeliveriesBody)))]
pub async fn deliveries(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), vec![CHANNEL, STATE, LIMIT])?;
    let query = DeliveryQuery {
        channel: params.get("channel").map(str::to_owned),
        state: params.get("state").and_then(DeliveryState::parse),
        limit: params.whole("limit"),
    };
    reply::fresh(&DeliveriesBody { items: timing::query(service.deliveries(&query)).await? })
}

/// Sends a message to one channel at once, to try it. It is not tried again; the answer says what became of it.
#[utoipa::path(post, path = "/api/v1/alerts/channels/{name}/test", tag = "alerts",
    params(("name" = String, Path, description = "the channel", example = "ops")),
    responses(
        (status = 200, description = "it was tried; `state` says whether it arrived", body = Delivery),
        (status = 404, description = "there is no such channel"),
    ))]
pub async fn test(
    State(service): State<Service>,
    Segments(name): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&service.test_channel(&name, now()).await?)
}
