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
use domain::page::Listing;
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
    /// Its id.
    pub(super) id: String,
    /// Its app.
    app: String,
    /// The merchant's own name for it.
    label: String,
    /// How it was connected: one of the app's methods.
    method: String,
    /// What the app calls it, where it says.
    account: Option<String>,
    /// The URL that a webhook was connected with. The values of its query, long segments of its path and the last segment can be
    /// secrets, so they are shortened to `…`.
    address: Option<String>,
    /// Whether it works.
    state: StateView,
    /// Since when it needs to be connected again.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// What the app said.
    reason: Option<String>,
    /// Until when the app is left alone, because it failed ten times in a row.
    #[schema(format = DateTime)]
    paused_until: Option<String>,
    /// When it was connected first.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its label or credentials last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// Whether an account works.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateView {
    /// As far as we know.
    Connected,
    /// The app refuses the credentials; actions are held until it is connected again.
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

/// An account to be connected by what the merchant types in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewIntegration {
    /// The app.
    #[schema(schema_with = words::app)]
    app: App,
    /// The merchant's own name for it, unique in the marketplace.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// One of the app's methods; the first of its kind where absent.
    method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    #[schema(value_type = BTreeMap<String, String>)]
    #[serde(default)]
    credentials: BTreeMap<String, SecretString>,
}

/// An account that was just connected.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConnectedView {
    /// The account.
    integration: IntegrationView,
    /// How many held actions are released.
    released: usize,
    /// Why it could not be tested, where it could not.
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

/// Another label.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rename {
    /// The merchant's own name for the account.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
}

/// Other credentials for a connected account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCredentials {
    /// One of the app's methods; the first of its kind where absent.
    method: Option<String>,
    /// The credentials by key, as the app's manifest names them.
    #[schema(value_type = BTreeMap<String, String>)]
    credentials: BTreeMap<String, SecretString>,
}

/// What a test found.
#[derive(Debug, Serialize, ToSchema)]
struct TestView {
    /// What the app calls the account, where it says.
    account: Option<String>,
}

/// What a refresh pulled.
#[derive(Debug, Serialize, ToSchema)]
struct RefreshView {
    /// The account.
    integration: IntegrationView,
    /// How many things each option list holds.
    lists: Vec<ListView>,
    /// The lists that could not be pulled. They stay as they were.
    failed: Vec<FailedListView>,
    /// What rules still use, and the app does not have any more.
    missing: Vec<MissingView>,
}

/// The size of an option list.
#[derive(Debug, Serialize, ToSchema)]
struct ListView {
    /// Its key.
    list: String,
    /// How many things it holds.
    count: usize,
    /// Whether the app has more than are kept.
    truncated: bool,
}

/// An option list that could not be pulled.
#[derive(Debug, Serialize, ToSchema)]
struct FailedListView {
    /// Its key.
    list: String,
    /// Why.
    reason: String,
    /// What the merchant can do about it.
    hint: Option<String>,
}

/// Something that a rule uses and the app does not have any more.
#[derive(Debug, Serialize, ToSchema)]
struct MissingView {
    /// The rule.
    rule: String,
    /// The setting's label.
    setting: String,
    /// What the merchant knows it as.
    name: String,
}

/// What deleting an account would do.
#[derive(Debug, Serialize, ToSchema)]
struct DeletionView {
    /// How many rules would be switched off.
    #[schema(minimum = 0)]
    rules: usize,
    /// The first of them, ten at most.
    first_rules: Vec<String>,
    /// How many actions are held for it, and would end as rejected.
    held: Count,
    /// How many actions, of the newest few thousand, are to be tried again later, and would end as rejected.
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

/// What deleting an account did.
#[derive(Debug, Serialize, ToSchema)]
struct GoneView {
    /// The rules that were on and are switched off now. They can be given another account.
    switched_off: Vec<String>,
    /// How many actions were held for it; they end as rejected.
    held: Count,
    /// How many actions, of the newest few thousand, were to be tried again later; they end as rejected.
    waiting: Count,
    /// Whether the app took our access back.
    revoked: bool,
}

/// A signing secret.
#[derive(Serialize, ToSchema)]
struct SigningSecretView {
    /// `whsec_` and base64.
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

/// Make a signing secret for a webhook
///
/// It is shown this once and not stored: save it as a credential of the account, and give it to your receiver.
#[utoipa::path(
    post, path = "/v1/signing-secrets", tag = "integrations",
    responses((status = 201, body = SigningSecretView))
)]
async fn make_signing_secret(_editor: Editor) -> (StatusCode, Json<SigningSecretView>) {
    // 64 hexadecimal digits are base64, too: of 48 bytes, of which 256 bits are random.
    let signing_secret = format!("whsec_{}{}", clock::unique(), clock::unique());
    (StatusCode::CREATED, Json(SigningSecretView { signing_secret }))
}

/// Which accounts are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Of one app.
    #[param(schema_with = words::app, required = false)]
    app: Option<App>,
}

/// The connected accounts, by id
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
    let (m, wanted) = (portal.marketplace(), ask.wanted());
    let listing = Listing::new("integrations", &(m, app));
    let after = listing.after(wanted)?;
    let found = api.store.integrations_page(m, app, after.as_ref(), wanted.limit, clock::now()).await?;
    Ok(Json(Page::of(&listing.listed(found))))
}

/// Connect an account with credentials
///
/// The app is asked whether the credentials work. It is a new account: one that is there is connected again by giving it
/// other credentials.
#[utoipa::path(
    post, path = "/v1/integrations", tag = "integrations", request_body = NewIntegration,
    params(IdempotencyKey),
    responses(
        (status = 201, body = ConnectedView, headers(("ETag" = String))),
        (status = 409, description = "The label is another account's, which is named, or the key was used for something else"),
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
        let connected = api.integrations.connect(input, clock::now()).await?;
        let tag = etag(&connected.integration);
        Ok(Tagged::created(tag, ConnectedView::from(&connected)).into_response())
    };
    Box::pin(idempotency::create(&api, &editor, key, &asked, make)).await
}

/// One account
#[utoipa::path(
    get, path = "/v1/integrations/{integration}", tag = "integrations",
    responses((status = 200, body = IntegrationView, headers(("ETag" = String))))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Tagged<IntegrationView>, Problem> {
    let found = api.store.integration(portal.marketplace(), &id, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&found), (&found).into()))
}

/// Give an account another label
#[utoipa::path(
    patch, path = "/v1/integrations/{integration}", tag = "integrations",
    params(IfMatch),
    request_body = Rename,
    responses(
        (status = 200, body = IntegrationView, headers(("ETag" = String))),
        (status = 409, description = "The label is taken"),
    )
)]
async fn rename(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
    IfMatch { etag: expected }: IfMatch,
    Input(Rename { label }): Input<Rename>,
) -> Result<Tagged<IntegrationView>, Problem> {
    let renamed = api.integrations.rename(editor.marketplace(), &id, &expected, &label, clock::now()).await?;
    let renamed = renamed.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&renamed), (&renamed).into()))
}

/// What deleting an account would do
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/deletion", tag = "integrations",
    responses((status = 200, body = DeletionView, headers(("ETag" = String))))
)]
async fn deletion(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Tagged<DeletionView>, Problem> {
    let deletion = api.integrations.deletion(portal.marketplace(), &id, clock::now()).await?;
    let deletion = deletion.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&deletion.integration), (&deletion).into()))
}

/// Delete an account
///
/// Its rules are switched off, our access is given back where the app takes it, and what waits for it ends. What that would
/// be, `…/deletion` says before.
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
    let gone = api.integrations.disconnect(editor.marketplace(), &id, Some(&expected), clock::now()).await;
    let gone = gone.map_err(|error| Problem::from(&error))?;
    let Gone { deleted, revoked } = gone.ok_or_else(|| Problem::not_found("integration"))?;
    let switched_off = deleted.rules.iter().map(|rule| rule.id.to_string()).collect();
    let (held, waiting) = (deleted.held.into(), deleted.waiting.into());
    Ok(Json(GoneView { switched_off, held, waiting, revoked }))
}

/// Give a connected account other credentials
///
/// The app is asked whether they work. Actions that were held are released.
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
    let connected = api.integrations.reconnect(m, &id, &expected, method, credentials, clock::now()).await?;
    let connected = connected.ok_or_else(|| Problem::not_found("integration"))?;
    Ok(Tagged::ok(etag(&connected.integration), ConnectedView::from(&connected)))
}

/// Ask the app whether the account still works
///
/// One that needed to be connected again, and works, is connected, and what was held for it is released.
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/test", tag = "integrations",
    responses(
        (status = 200, body = TestView),
        (status = 409, description = "It was connected again meanwhile"),
        (status = 422, description = "The app refuses"),
    )
)]
async fn test(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Json<TestView>, Problem> {
    let tested = api.integrations.test(editor.marketplace(), &id, clock::now()).await?;
    Ok(Json(TestView { account: tested.account }))
}

/// Pull what the account offers to choose from
#[utoipa::path(
    post, path = "/v1/integrations/{integration}/refresh", tag = "integrations",
    responses(
        (status = 200, body = RefreshView),
        (status = 409, description = "It was connected again meanwhile"),
        (status = 422, description = "The app refuses"),
    )
)]
async fn refresh(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Json<RefreshView>, Problem> {
    let pulls = api.integrations.refresh(editor.marketplace(), &id, clock::now()).await?;
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

/// For the fingerprint of a request only, which is a digest.
fn exposed(credentials: &BTreeMap<String, SecretString>) -> BTreeMap<&str, &str> {
    credentials.iter().map(|(key, value)| (key.as_str(), value.expose_secret())).collect()
}
