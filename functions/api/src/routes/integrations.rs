//! Connected accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::app::App;
use domain::id::IntegrationId;
use operations::integrations::{ConnectInput, ConnectTarget, etag};
use runtime::clock;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use crate::answer::{IfMatch, Tagged};
use crate::auth::{Editor, Portal};
use crate::idempotency::{self, IdempotencyKey};
use crate::input::{Both, Ids, Input, Params};
use crate::openapi::words;
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::integrations::{
    ConnectedView, DeletionView, GoneView, IntegrationView, NewCredentials, NewIntegration, RefreshView,
    Rename, TestView,
};
use crate::views::waits::WaitsView;

pub(super) fn routes<R: Routes>() -> R {
    R::new()
        .routes(routes!(list, connect))
        .routes(routes!(show, rename, disconnect))
        .routes(routes!(deletion))
        .routes(routes!(replace_credentials))
        .routes(routes!(test))
        .routes(routes!(refresh))
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
    let (m, now) = (portal.marketplace(), clock::now());
    let found = api.engine.integrations().page(m, app, ask.wanted(), now).await?;
    Ok(Json(Page::of(&found)))
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

/// Retrieve an account, with what waits for it
#[utoipa::path(
    get, path = "/v1/integrations/{integration}", tag = "integrations",
    responses((status = 200, body = IntegrationView, headers(("ETag" = String))))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<IntegrationId>,
) -> Result<Tagged<IntegrationView>, Problem> {
    let now = clock::now();
    let found = api.engine.integrations().get(portal.marketplace(), &id, now).await?;
    let found = found.ok_or_else(|| Problem::not_found("integration", &id))?;
    let waits = api.engine.console().waits(&found, now).await?.as_ref().map(WaitsView::from);
    Ok(Tagged::ok(etag(&found), IntegrationView { waits, ..(&found).into() }))
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
    let renamed = renamed.ok_or_else(|| Problem::not_found("integration", &id))?;
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
    let deletion = deletion.ok_or_else(|| Problem::not_found("integration", &id))?;
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
    let gone = gone.ok_or_else(|| Problem::not_found("integration", &id))?;
    Ok(Json(gone.into()))
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
    let connected = connected.ok_or_else(|| Problem::not_found("integration", &id))?;
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
    Ok(Json(pulls.into()))
}

/// Exposes the credentials, only for the fingerprint of a request, which is a digest.
fn exposed(credentials: &BTreeMap<String, SecretString>) -> BTreeMap<&str, &str> {
    credentials.iter().map(|(key, value)| (key.as_str(), value.expose_secret())).collect()
}
