//! Connected accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::app::App;
use domain::id::IntegrationId;
use domain::integration::{Connection, Integration};
use operations::integrations::{ConnectInput, ConnectTarget, Deletion, Gone, Verification, etag};
use runtime::clock;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::operator::Count;
use crate::answer::{IfMatch, Tagged};
use crate::auth::{Editor, Portal};
use crate::idempotency::{self, IdempotencyKey};
use crate::input::{Both, Ids, Input, Params};
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::Api;

/// A connected account. Its credentials are never shown.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IntegrationView {
    /// The account's id.
    pub(super) id: String,
    /// The account's app.
    app: String,
    /// The merchant's own name for the account.
    label: String,
    /// The connection method: a key of the app's manifest.
    method: String,
    /// The app's name for the account, if the app returns one.
    account: Option<String>,
    /// The URL of a webhook. The values of its query, long segments of its path and the last segment can be secrets, so
    /// they are shortened to `…`.
    address: Option<String>,
    /// The state of the connection.
    state: StateView,
    /// The time since which the account needs to be reconnected.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// The app's message, if it refuses the credentials.
    reason: Option<String>,
    /// If calls to the app are paused after 10 failures in a row, the time at which the pause ends.
    #[schema(format = DateTime)]
    paused_until: Option<String>,
    /// When the account was first connected.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the label or the credentials last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// The state of a connection.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateView {
    /// The app accepted the credentials when they were last used.
    Connected,
    /// The app refuses the credentials. Actions are held until the account is reconnected.
    NeedsReconnect,
}

impl From<&Integration> for IntegrationView {
    fn from(integration: &Integration) -> Self {
        let (state, since, reason) = match &integration.connection {
            Connection::Connected => (StateView::Connected, None, None),
            Connection::NeedsReconnect { since, reason } => {
                (StateView::NeedsReconnect, Some(since.to_string()), Some(reason.message.clone()))
            }
        };
        Self {
            id: integration.id.to_string(),
            app: integration.app.key().to_owned(),
            label: integration.label.clone(),
            method: integration.method.clone(),
            account: integration.account.clone(),
            address: integration.address.clone(),
            state,
            since,
            reason,
            paused_until: integration.health.open_until.map(|until| until.to_string()),
            created_at: integration.created_at.to_string(),
            updated_at: integration.updated_at.to_string(),
        }
    }
}

/// An account to connect with credentials.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegration {
    /// The app's key.
    #[schema(schema_with = words::app)]
    app: App,
    /// The merchant's own name for the account, unique in the marketplace.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// The key of a connection method of the app. Default: the app's first method that takes credentials.
    method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    #[schema(value_type = BTreeMap<String, String>)]
    #[serde(default)]
    credentials: BTreeMap<String, SecretString>,
}

/// The connected account.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectedView {
    /// The account.
    integration: IntegrationView,
    /// The number of held actions that were released.
    released: usize,
    /// The reason why the credentials could not be tested, if they could not.
    untested: Option<String>,
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
struct Rename {
    /// The merchant's own name for the account, unique in the marketplace.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
}

/// New credentials for a connected account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCredentials {
    /// The key of a connection method of the app. Default: the app's first method that takes credentials.
    method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    #[schema(value_type = BTreeMap<String, String>)]
    credentials: BTreeMap<String, SecretString>,
}

/// The result of a test.
#[derive(Debug, Serialize, ToSchema)]
struct TestView {
    /// The app's name for the account, if the app returns one.
    account: Option<String>,
}

/// The result of a refresh.
#[derive(Debug, Serialize, ToSchema)]
struct RefreshView {
    /// The account.
    integration: IntegrationView,
    /// The option lists that were fetched.
    lists: Vec<ListView>,
    /// The option lists that could not be fetched. Their stored options are unchanged.
    failed: Vec<FailedListView>,
    /// Values that rules use and that no longer exist in the app.
    missing: Vec<MissingView>,
}

/// An option list that was fetched.
#[derive(Debug, Serialize, ToSchema)]
struct ListView {
    /// The list's key.
    list: String,
    /// The number of options that are stored.
    count: usize,
    /// Whether the app has more options than are stored.
    truncated: bool,
}

/// An option list that could not be fetched.
#[derive(Debug, Serialize, ToSchema)]
struct FailedListView {
    /// The list's key.
    list: String,
    /// The reason for the failure.
    reason: String,
    /// How the merchant can resolve the problem.
    hint: Option<String>,
}

/// A value that a rule uses and that no longer exists in the app.
#[derive(Debug, Serialize, ToSchema)]
struct MissingView {
    /// The rule.
    rule: String,
    /// The label of the setting.
    setting: String,
    /// The label of the value.
    name: String,
}

/// The effects of deleting an account.
#[derive(Debug, Serialize, ToSchema)]
struct DeletionView {
    /// The number of rules that would be disabled.
    #[schema(minimum = 0)]
    rules: usize,
    /// The ids of the first of these rules, 10 at most.
    first_rules: Vec<String>,
    /// The number of held actions, which would end as rejected.
    held: Count,
    /// The number of actions, among the newest few thousand, that wait for their next attempt and would end as
    /// rejected.
    waiting: Count,
}

impl From<&Deletion> for DeletionView {
    fn from(deletion: &Deletion) -> Self {
        let Deletion { rules, held, waiting, .. } = deletion;
        Self {
            rules: rules.len(),
            first_rules: rules.iter().take(10).map(|rule| rule.id.to_string()).collect(),
            held: (*held).into(),
            waiting: (*waiting).into(),
        }
    }
}

/// The effects of the deletion.
#[derive(Debug, Serialize, ToSchema)]
struct GoneView {
    /// The rules that were enabled and are now disabled. Another account can be set for them.
    switched_off: Vec<String>,
    /// The number of actions that were held; they end as rejected.
    held: Count,
    /// The number of actions, among the newest few thousand, that waited for their next attempt; they end as rejected.
    waiting: Count,
    /// Whether the app revoked the engine's access.
    revoked: bool,
}

/// A signing secret for a webhook.
#[derive(Serialize, ToSchema)]
struct SigningSecretView {
    /// The secret: `whsec_` and base64.
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{64}$")]
    signing_secret: String,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list, connect))
        .routes(routes!(show, rename, disconnect))
        .routes(routes!(deletion))
        .routes(routes!(replace_credentials))
        .routes(routes!(test))
        .routes(routes!(refresh))
        .routes(routes!(make_signing_secret))
}

/// Create a signing secret for a webhook
///
/// The secret is returned only once and not stored. Save it as a credential of the account, and configure it in your
/// receiver.
#[utoipa::path(
    post, path = "/v1/signing-secrets", tag = "integrations",
    responses((status = 201, body = SigningSecretView))
)]
async fn make_signing_secret(_editor: Editor) -> (StatusCode, Json<SigningSecretView>) {
    // The 64 hexadecimal digits are also valid base64, of 48 bytes with 256 random bits.
    let signing_secret = format!("whsec_{}{}", clock::unique(), clock::unique());
    (StatusCode::CREATED, Json(SigningSecretView { signing_secret }))
}

/// Filters of the accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Return only accounts of this app.
    #[param(schema_with = words::app, required = false)]
    app: Option<App>,
}

/// List connected accounts, by id
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/integrations", tag = "integrations", params(Filter, PageQuery),
    responses((status = 200, body = Page<IntegrationView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(Filter { app }, ask)): Params<Both<Filter, PageQuery>>,
) -> Result<Json<Page<IntegrationView>>, Problem> {
    let m = portal.marketplace();
    Ok(Json(Page::of(&api.engine.integrations().page(m, app, ask.wanted(), clock::now()).await?)))
}

/// Connect an account with credentials
///
/// The app is asked whether the credentials are valid. The request always connects a new account. To reconnect an
/// account, replace its credentials.
#[utoipa::path(
    post, path = "/v1/integrations", tag = "integrations", request_body = NewIntegration,
    params(IdempotencyKey),
    responses(
        (status = 201, body = ConnectedView, headers(("ETag" = String))),
        (status = 409, description = "The label belongs to another account, which is named, or the key was used for another request"),
    )
)]
async fn connect(
    editor: Editor,
    State(api): State<Arc<Api>>,
    key: IdempotencyKey,
    Input(new): Input<NewIntegration>,
) -> Result<Response, Problem> {
    let asked = json!([new.app, new.label, new.method, exposed(&new.credentials)]);
    let input = ConnectInput {
        marketplace: editor.marketplace().clone(),
        app: new.app,
        place: ConnectTarget::New(new.label),
        method: new.method,
        credentials: new.credentials,
    };
    let make = async {
        let connected = editor.engine(&api).integrations().connect(input, clock::now()).await?;
        let tag = etag(&connected.integration);
        Ok(Tagged::created(tag, ConnectedView::from(&connected)).into_response())
    };
    Box::pin(idempotency::create(&api, &editor, key, &asked, make)).await
}

/// Retrieve an account
#[utoipa::path(
    get, path = "/v1/integrations/{integration}", tag = "integrations",
    responses((status = 200, body = IntegrationView, headers(("ETag" = String))))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Tagged<IntegrationView>, Problem> {
    let found = api.engine.integrations().get(portal.marketplace(), &id, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&found), (&found).into()))
}

/// Rename an account
#[utoipa::path(
    patch, path = "/v1/integrations/{integration}", tag = "integrations",
    params(IfMatch),
    request_body = Rename,
    responses(
        (status = 200, body = IntegrationView, headers(("ETag" = String))),
        (status = 409, description = "The label belongs to another account"),
    )
)]
async fn rename(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
    IfMatch { etag: expected }: IfMatch,
    Input(Rename { label }): Input<Rename>,
) -> Result<Tagged<IntegrationView>, Problem> {
    let renamed = editor
        .engine(&api)
        .integrations()
        .rename(editor.marketplace(), &id, &expected, &label, clock::now())
        .await?;
    let renamed = renamed.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&renamed), (&renamed).into()))
}

/// Preview the deletion of an account
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/deletion", tag = "integrations",
    responses((status = 200, body = DeletionView, headers(("ETag" = String))))
)]
async fn deletion(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Tagged<DeletionView>, Problem> {
    let deletion = api.engine.integrations().deletion(portal.marketplace(), &id, clock::now()).await?;
    let deletion = deletion.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&deletion.integration), (&deletion).into()))
}

/// Delete an account
///
/// The account's rules are disabled, the engine's access is revoked if the app supports it, and waiting actions end as
/// rejected. `GET …/deletion` previews these effects.
#[utoipa::path(
    delete, path = "/v1/integrations/{integration}", tag = "integrations",
    params(IfMatch),
    responses((status = 200, body = GoneView))
)]
async fn disconnect(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
    IfMatch { etag: expected }: IfMatch,
) -> Result<Json<GoneView>, Problem> {
    let gone = editor
        .engine(&api)
        .integrations()
        .disconnect(editor.marketplace(), &id, Some(&expected), clock::now())
        .await;
    let gone = gone.map_err(|error| Problem::from(&error))?;
    let Gone { deleted, revoked } = gone.ok_or_else(|| Problem::not_found("integration"))?;
    let switched_off = deleted.rules.iter().map(|rule| rule.id.to_string()).collect();
    let (held, waiting) = (deleted.held.into(), deleted.waiting.into());
    Ok(Json(GoneView { switched_off, held, waiting, revoked }))
}

/// Replace the credentials of an account
///
/// The app is asked whether the credentials are valid. Held actions are released.
#[utoipa::path(
    put, path = "/v1/integrations/{integration}/credentials", tag = "integrations",
    params(IfMatch),
    request_body = NewCredentials,
    responses((status = 200, body = ConnectedView, headers(("ETag" = String))))
)]
async fn replace_credentials(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
    IfMatch { etag: expected }: IfMatch,
    Input(new): Input<NewCredentials>,
) -> Result<Tagged<ConnectedView>, Problem> {
    let NewCredentials { method, credentials } = new;
    let m = editor.marketplace();
    let connected = editor
        .engine(&api)
        .integrations()
        .reconnect(m, &id, &expected, method, credentials, clock::now())
        .await?;
    let connected = connected.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&connected.integration), ConnectedView::from(&connected)))
}

/// Test the connection of an account
///
/// If the account needed to be reconnected and the test succeeds, the account is connected again and its held actions
/// are released.
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/test", tag = "integrations",
    responses(
        (status = 200, body = TestView),
        (status = 409, description = "The account was reconnected while the request ran"),
        (status = 422, description = "The app refuses the credentials"),
    )
)]
async fn test(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Json<TestView>, Problem> {
    let tested = editor.engine(&api).integrations().test(editor.marketplace(), &id, clock::now()).await?;
    Ok(Json(TestView { account: tested.account }))
}

/// Refresh the options of an account from the app
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/refresh", tag = "integrations",
    responses(
        (status = 200, body = RefreshView),
        (status = 409, description = "The account was reconnected while the request ran"),
        (status = 422, description = "The app refuses the credentials"),
    )
)]
async fn refresh(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Json<RefreshView>, Problem> {
    let pulls = editor.engine(&api).integrations().refresh(editor.marketplace(), &id, clock::now()).await?;
    let lists = pulls.lists.into_iter().map(|list| ListView {
        list: list.list,
        count: list.count,
        truncated: list.truncated,
    });
    let failed = pulls.failed.into_iter().map(|failed| FailedListView {
        list: failed.list,
        reason: failed.reason.message,
        hint: failed.reason.hint,
    });
    let missing = pulls.missing.into_iter().map(|missing| MissingView {
        rule: missing.rule.to_string(),
        setting: missing.setting,
        name: missing.name,
    });
    Ok(Json(RefreshView {
        integration: (&pulls.integration).into(),
        lists: lists.collect(),
        failed: failed.collect(),
        missing: missing.collect(),
    }))
}

/// Exposes the credentials, only for the fingerprint of a request, which is a digest.
fn exposed(credentials: &BTreeMap<String, SecretString>) -> BTreeMap<&str, &str> {
    credentials.iter().map(|(key, value)| (key.as_str(), value.expose_secret())).collect()
}
