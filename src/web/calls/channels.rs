//! Who is told of alerts.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::model::Problem;
use crate::model::channel::{Delivery, Telling};

/// Channels, and the newest messages to them.
#[server(prefix = "/rpc", endpoint = "load_channels", input = Json)]
pub async fn load_channels() -> Result<Telling, Problem> {
    use crate::model::channel::DeliveryQuery;
    let call = crate::web::platform::Call::begin()?;
    let answer = async {
        let channels = call.service.channels().await?;
        let deliveries = call.service.deliveries(&DeliveryQuery::default()).await?;
        Ok(Telling { channels, deliveries })
    }
    .await;
    call.end(answer)
}

/// Tries a channel. A plain form can call it, too: without JavaScript, the answer leads back to the page.
#[server(prefix = "/rpc", endpoint = "test_channel")]
pub async fn test_channel(name: String) -> Result<Delivery, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.test_channel(&name, call.now).await;
    let answer = call.end(answer)?;
    leptos_axum::redirect("/alerts#channels");
    Ok(answer)
}
