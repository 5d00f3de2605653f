//! Apps with their health.

use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::integration::Connection;
use domain::pause::AppPause;
use operations::BoundedCount;
use operations::fleet::{AppHealth, Depth, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::views::count::Count;

/// The health of an app, for all merchants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppHealthView {
    /// The app's key.
    #[schema(value_type = String, example = "mailchimp")]
    pub(crate) app: App,
    /// The app's name.
    pub(crate) label: String,
    /// The number of accounts, of all merchants.
    pub(crate) integrations: Count,
    /// The number of accounts that need to be reconnected.
    pub(crate) needs_reconnect: Count,
    /// The operator's pause. Null if the app is not paused.
    pub(crate) paused: Option<PauseView>,
    /// The number of actions that wait for the pause to end.
    pub(crate) parked: Count,
    /// When the fact of the oldest of these actions occurred.
    #[schema(format = DateTime)]
    pub(crate) oldest_parked: Option<String>,
    /// The app's queue.
    pub(crate) queue: QueueView,
    /// The approximate number of messages in the app's dead-letter queue.
    #[schema(minimum = 0)]
    pub(crate) dead_letters: u64,
}

/// The approximate numbers of messages in a queue: SQS counts within a minute.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QueueView {
    /// The number of actions that wait.
    #[schema(minimum = 0)]
    pub(crate) waiting: u64,
    /// The number of actions that are in progress, or wait for a retry soon.
    #[schema(minimum = 0)]
    pub(crate) under_way: u64,
}

/// An operator's pause of an app for all merchants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PauseView {
    /// The reason, which merchants see in their Action Log.
    pub(crate) note: String,
    /// When the pause began.
    #[schema(format = DateTime)]
    pub(crate) since: String,
}

/// A pause to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pause {
    /// The reason, in one line. Merchants see it in their Action Log.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\s\u0000-\u001F\u007F-\u009F]([^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F])?$",
        example = "Kit's API does not respond; see status.kit.com"
    )]
    pub(crate) note: String,
}

/// The result of a resume.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResumedView {
    /// Whether the app was paused.
    pub(crate) was_paused: bool,
}

/// An account that needs to be reconnected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusedView {
    /// The account's marketplace.
    #[schema(value_type = String)]
    pub(crate) marketplace_id: MarketplaceId,
    /// The account's id.
    #[schema(value_type = String)]
    pub(crate) integration: IntegrationId,
    /// The merchant's own name for the account.
    pub(crate) label: String,
    /// The time since which the app refuses the credentials.
    #[schema(format = DateTime)]
    pub(crate) since: Option<String>,
    /// The app's message.
    pub(crate) reason: Option<String>,
}

impl From<AppHealth> for AppHealthView {
    fn from(health: AppHealth) -> Self {
        let integrations: BoundedCount = [health.connected, health.needs_reconnect].into_iter().sum();
        Self {
            app: health.app,
            label: health.app.label().to_owned(),
            integrations: integrations.into(),
            needs_reconnect: health.needs_reconnect.into(),
            paused: health.paused.map(PauseView::from),
            parked: health.parked.into(),
            oldest_parked: health.oldest_parked.map(|at| at.to_string()),
            queue: health.queue.into(),
            dead_letters: health.dead_letters.waiting + health.dead_letters.under_way,
        }
    }
}

impl From<Depth> for QueueView {
    fn from(depth: Depth) -> Self {
        Self { waiting: depth.waiting, under_way: depth.under_way }
    }
}

impl From<AppPause> for PauseView {
    fn from(pause: AppPause) -> Self {
        Self { note: pause.note.into(), since: pause.since.to_string() }
    }
}

impl From<&Standing> for RefusedView {
    fn from(standing: &Standing) -> Self {
        let (since, reason) = match &standing.connection {
            // The account was reconnected while the list was read.
            Connection::Connected => (None, None),
            Connection::NeedsReconnect { since, reason } => {
                (Some(since.to_string()), Some(reason.message.clone()))
            }
        };
        Self {
            marketplace_id: standing.marketplace.clone(),
            integration: standing.id.clone(),
            label: standing.label.clone(),
            since,
            reason,
        }
    }
}
