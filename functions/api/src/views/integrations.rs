//! Connected accounts.

use std::collections::BTreeMap;

use domain::app::App;
use domain::connector_rpc::{FailedList, ListSize};
use domain::id::{IntegrationId, RuleId};
use domain::integration::{Connection, Integration};
use domain::options::Missing;
use operations::integrations::{Deletion, Gone, Pulls, Verification};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi::words;
use crate::views::count::Count;
use crate::views::sessions::ActorView;
use crate::views::waits::WaitsView;

/// A connected account. Its credentials are never shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IntegrationView {
    /// The account's id.
    #[schema(value_type = String)]
    pub(crate) id: IntegrationId,
    /// The account's app.
    #[schema(value_type = String)]
    pub(crate) app: App,
    /// The merchant's own name for the account.
    pub(crate) label: String,
    /// The connection method: a key of the app's manifest.
    pub(crate) method: String,
    /// The app's name for the account, if the app returns one.
    pub(crate) account: Option<String>,
    /// The URL of a webhook. The values of its query, long segments of its path and the last segment can be secrets, so
    /// they are shortened to `…`.
    pub(crate) address: Option<String>,
    /// The state of the connection.
    pub(crate) state: StateView,
    /// The time since which the account needs to be reconnected.
    #[schema(format = DateTime)]
    pub(crate) since: Option<String>,
    /// The app's message, if it refuses the credentials.
    pub(crate) reason: Option<String>,
    /// How to resolve the problem.
    pub(crate) hint: Option<String>,
    /// If calls to the app are paused after 10 failures in a row, the time at which the pause ends.
    #[schema(format = DateTime)]
    pub(crate) paused_until: Option<String>,
    /// When the account was first connected.
    #[schema(format = DateTime)]
    pub(crate) created_at: String,
    /// When the label or the credentials last changed.
    #[schema(format = DateTime)]
    pub(crate) updated_at: String,
    /// The author of that change: the actor of the portal session, or `operator` as the id. Null for a session without
    /// an actor, and for accounts that were saved before accounts had authors.
    pub(crate) changed_by: Option<ActorView>,
    /// The actions that wait until the account is reconnected. Null if it is connected, in the list of accounts, and in
    /// responses to changes.
    pub(crate) waits: Option<WaitsView>,
}

/// The state of a connection.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StateView {
    /// The app accepted the credentials when they were last used.
    Connected,
    /// The app refuses the credentials. Actions are held until the account is reconnected.
    NeedsReconnect,
}

impl From<&Integration> for IntegrationView {
    fn from(integration: &Integration) -> Self {
        let (state, since, reason, hint) = match &integration.connection {
            Connection::Connected => (StateView::Connected, None, None, None),
            Connection::NeedsReconnect { since, reason } => (
                StateView::NeedsReconnect,
                Some(since.to_string()),
                Some(reason.message.clone()),
                reason.hint.clone(),
            ),
        };
        Self {
            id: integration.id.clone(),
            app: integration.app,
            label: integration.label.clone(),
            method: integration.method.clone(),
            account: integration.account.clone(),
            address: integration.address.clone(),
            state,
            since,
            reason,
            hint,
            paused_until: integration.health.open_until.map(|until| until.to_string()),
            created_at: integration.created_at.to_string(),
            updated_at: integration.updated_at.to_string(),
            changed_by: integration.changed_by.as_ref().and_then(ActorView::author),
            waits: None,
        }
    }
}

/// An account to connect with credentials.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIntegration {
    /// The app's key.
    #[schema(schema_with = words::app)]
    pub(crate) app: App,
    /// The merchant's own name for the account, unique in the marketplace.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) label: String,
    /// The key of a connection method of the app. Default: the app's first method that takes credentials.
    pub(crate) method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    #[schema(value_type = BTreeMap<String, String>)]
    #[serde(default)]
    pub(crate) credentials: BTreeMap<String, SecretString>,
}

/// The connected account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectedView {
    /// The account.
    pub(crate) integration: IntegrationView,
    /// The number of held actions that were released.
    pub(crate) released: usize,
    /// The reason why the credentials could not be tested, if they could not.
    pub(crate) untested: Option<String>,
}

impl From<&operations::integrations::Connected> for ConnectedView {
    fn from(connected: &operations::integrations::Connected) -> Self {
        let untested = match &connected.tested {
            Verification::Works => None,
            Verification::Unknown(reason) => Some(reason.message.clone()),
        };
        Self { integration: (&connected.integration).into(), released: connected.held, untested }
    }
}

/// The new label of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rename {
    /// The merchant's own name for the account, unique in the marketplace.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) label: String,
}

/// New credentials for a connected account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCredentials {
    /// The key of a connection method of the app. Default: the app's first method that takes credentials.
    pub(crate) method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    #[schema(value_type = BTreeMap<String, String>)]
    pub(crate) credentials: BTreeMap<String, SecretString>,
}

/// The result of a test.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestView {
    /// The app's name for the account, if the app returns one.
    pub(crate) account: Option<String>,
}

/// The result of a refresh.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefreshView {
    /// The account.
    pub(crate) integration: IntegrationView,
    /// The option lists that were fetched.
    pub(crate) lists: Vec<ListView>,
    /// The option lists that could not be fetched. Their stored options are unchanged.
    pub(crate) failed: Vec<FailedListView>,
    /// Values that rules use and that no longer exist in the app.
    pub(crate) missing: Vec<MissingView>,
}

/// An option list that was fetched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListView {
    /// The list's key.
    pub(crate) list: String,
    /// The number of options that are stored.
    pub(crate) count: usize,
    /// Whether the app has more options than are stored.
    pub(crate) truncated: bool,
}

/// An option list that could not be fetched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailedListView {
    /// The list's key.
    pub(crate) list: String,
    /// The reason for the failure.
    pub(crate) reason: String,
    /// How the merchant can resolve the problem.
    pub(crate) hint: Option<String>,
}

/// A value that a rule uses and that no longer exists in the app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MissingView {
    /// The rule.
    #[schema(value_type = String)]
    pub(crate) rule: RuleId,
    /// The label of the setting.
    pub(crate) setting: String,
    /// The label of the value.
    pub(crate) name: String,
}

/// The effects of deleting an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeletionView {
    /// The number of rules that would be disabled.
    #[schema(minimum = 0)]
    pub(crate) rules: usize,
    /// The ids of the first of these rules, 10 at most.
    #[schema(value_type = Vec<String>)]
    pub(crate) first_rules: Vec<RuleId>,
    /// The number of held actions, which would end as rejected.
    pub(crate) held: Count,
    /// The number of actions, among the newest few thousand that did not succeed, that wait for their next attempt and
    /// would end as rejected.
    pub(crate) waiting: Count,
}

impl From<&Deletion> for DeletionView {
    fn from(deletion: &Deletion) -> Self {
        let Deletion { rules, held, waiting, .. } = deletion;
        Self {
            rules: rules.len(),
            first_rules: rules.iter().take(10).map(|rule| rule.id.clone()).collect(),
            held: (*held).into(),
            waiting: (*waiting).into(),
        }
    }
}

/// The effects of the deletion.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoneView {
    /// The rules that were enabled and are now disabled. Another account can be set for them.
    #[schema(value_type = Vec<String>)]
    pub(crate) switched_off: Vec<RuleId>,
    /// The number of actions that were held; they end as rejected.
    pub(crate) held: Count,
    /// The number of actions, among the newest few thousand that did not succeed, that waited for their next attempt;
    /// they end as rejected.
    pub(crate) waiting: Count,
    /// Whether the app revoked the engine's access.
    pub(crate) revoked: bool,
}

impl From<Gone> for GoneView {
    fn from(Gone { deleted, revoked }: Gone) -> Self {
        Self {
            switched_off: deleted.rules.into_iter().map(|rule| rule.id).collect(),
            held: deleted.held.into(),
            waiting: deleted.waiting.into(),
            revoked,
        }
    }
}

impl From<Pulls> for RefreshView {
    fn from(Pulls { integration, lists, failed, missing }: Pulls) -> Self {
        let list = |ListSize { list, count, truncated }: ListSize| ListView { list, count, truncated };
        let failed_list = |FailedList { list, reason }: FailedList| FailedListView {
            list,
            reason: reason.message,
            hint: reason.hint,
        };
        let gone = |missing: Missing| MissingView {
            rule: missing.rule,
            setting: missing.setting,
            name: missing.name,
        };
        Self {
            integration: (&integration).into(),
            lists: lists.into_iter().map(list).collect(),
            failed: failed.into_iter().map(failed_list).collect(),
            missing: missing.into_iter().map(gone).collect(),
        }
    }
}
