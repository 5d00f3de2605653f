//! Connecting an account with a login at the app (OAuth): the start, the app's redirect back, and the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::app::App;
use lambda_http::request::RequestContext;
use operations::integrations::{ConnectError, ConnectInput, ConnectTarget, Verification};
use runtime::clock;
use runtime::logs::Causes;
use url::Url;

use crate::auth::Editor;
use crate::input::{Ids, Input};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::integrations::ConnectedView;
use crate::views::logins::{Finish, LoginView, NewLogin};

/// The maximum length in characters of an error message from the redirect's query, which anyone can write.
const LONGEST_MESSAGE: usize = 300;

/// The maximum length of `return_to`.
const LONGEST_ADDRESS: usize = 2000;

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(begin)).routes(routes!(finish)).routes(routes!(back))
}

/// Begin to connect an account with a login at the app
///
/// Redirect the merchant to the `url` of the response. Set `label` to connect a new account, or `integration` to
/// reconnect an account. The app sends the merchant back to `return_to`, and that page finishes the login. This
/// prevents a merchant from connecting the account of another person, to whom the URL was sent. The portal session must
/// have an `origin`.
#[utoipa::path(
    post, path = "/v1/logins", tag = "integrations", request_body = NewLogin,
    responses(
        (status = 201, body = LoginView),
        (status = 409, description = "The label belongs to another account, which is named, or the account belongs to another app"),
    )
)]
async fn begin(
    editor: Editor,
    State(api): State<Arc<Api>>,
    context: Option<axum::Extension<RequestContext>>,
    Input(new): Input<NewLogin>,
) -> Result<Response, Problem> {
    let origin = own_origin(&api, context.as_ref().map(|context| &context.0));
    let redirect_uri = format!("{origin}/oauth/{}/callback", new.app);
    let m = editor.marketplace();
    let return_to = returns_to(editor.origin(), new.return_to.as_deref())?;
    let place = match (new.label, new.integration) {
        (Some(label), None) => ConnectTarget::New(label),
        (None, Some(id)) => {
            let account = api.engine.integrations().get(m, &id, clock::now()).await?;
            let Some(account) = account else {
                return Err(Problem::invalid(
                    "/integration",
                    "Integration not found. Set the id of an existing integration, or the label of a new one.",
                ));
            };
            ConnectTarget::Existing(Box::new(account))
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err(Problem::invalid(
                "/label",
                "Set either `label` to connect a new account, or `integration` to reconnect an account.",
            ));
        }
    };
    let input = ConnectInput {
        marketplace: m.clone(),
        app: new.app,
        place,
        method: new.method,
        credentials: new.credentials,
    };
    let begun =
        api.engine.integrations().begin_login(input, redirect_uri, Some(return_to), clock::now()).await?;
    let view = LoginView { url: begun.url, expires_at: begun.expires_at.to_string() };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Finish a login
///
/// The app has sent the merchant back to `return_to`; send the parameters of that page's query. The portal session must
/// be of the marketplace that began the login, so that a merchant cannot connect another person's account by having
/// them log in.
#[utoipa::path(
    post, path = "/v1/logins/finish", tag = "integrations", request_body = Finish,
    responses(
        (status = 200, body = ConnectedView),
        (status = 409, description = "Another account has taken the label since the login began"),
    )
)]
async fn finish(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Input(Finish { app, parameters }): Input<Finish>,
) -> Result<Json<ConnectedView>, Problem> {
    let portal = Some(editor.marketplace().clone());
    let engine = editor.engine(&api);
    let connected = engine.integrations().finish_login(app, portal, parameters, clock::now()).await?;
    Ok(Json((&connected).into()))
}

/// Validates the URL of the page that finishes the login.
fn returns_to(origin: Option<&str>, page: Option<&str>) -> Result<String, Problem> {
    let invalid = |message: String| Err(Problem::invalid("/return_to", message));
    match (origin, page) {
        (None, _) => Err(Problem::forbidden(
            "The portal session has no web origin, so it cannot begin a login. Open the session with `origin`.",
        )),
        (Some(origin), page) => {
            let url =
                page.filter(|page| page.len() <= LONGEST_ADDRESS).and_then(|page| Url::parse(page).ok());
            match url {
                Some(url) if url.origin().ascii_serialization() == origin && url.fragment().is_none() => {
                    Ok(url.into())
                }
                Some(_) | None => invalid(format!(
                    "It must be the address of a page at {origin}, without a fragment: the merchant comes back to it, and it \
                     finishes the login."
                )),
            }
        }
    }
}

/// Receive a merchant's browser from the app's login page
///
/// Redirects the browser to the portal's page that finishes the login, or shows the result as a page.
#[utoipa::path(
    get, path = "/oauth/{app}/callback", tag = "integrations",
    params(("state" = Option<String>, Query), ("code" = Option<String>, Query)),
    responses(
        (status = 200, content_type = "text/html", body = String, description = "The account is connected"),
        (status = 303, description = "The portal's page finishes the login", headers(("location" = String))),
        (status = 400, content_type = "text/html", body = String, description = "The account is not connected, with the reason"),
    )
)]
async fn back(
    State(api): State<Arc<Api>>,
    Ids(app): Ids<App>,
    Query(parameters): Query<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let answer = come_back(&api, app, parameters).await.unwrap_or_else(|error| {
        tracing::warn!(%app, error = %Causes(&error), "a login failed");
        page(StatusCode::BAD_REQUEST, &told(&error))
    });
    Ok(answer)
}

async fn come_back(
    api: &Api,
    app: App,
    parameters: BTreeMap<String, String>,
) -> Result<Response, ConnectError> {
    let state = parameters.get("state").map_or("", String::as_str);
    let address = api.engine.integrations().returns_to(state, clock::now()).await?;
    if let Some(mut address) = address.and_then(|address| Url::parse(&address).ok()) {
        address.query_pairs_mut().append_pair("app", app.key()).extend_pairs(&parameters);
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, String::from(address))]).into_response());
    }
    // The operator began this login: it has no address to return to.
    let engine = api.as_operator();
    let connected = engine.integrations().finish_login(app, None, parameters, clock::now()).await?;
    let label = &connected.integration.label;
    let message = match &connected.tested {
        Verification::Works => format!("`{label}` is connected. You can close this window."),
        Verification::Unknown(reason) => {
            format!("`{label}` is connected, but not tested: {} You can close this window.", reason.message)
        }
    };
    Ok(page(StatusCode::OK, &message))
}

/// The message to a merchant whose login failed.
fn told(error: &ConnectError) -> String {
    match error {
        ConnectError::Taken { label, .. } => format!(
            "Another account has taken the label `{label}` since the login began. Nothing is connected: begin again \
             with another label."
        ),
        error => error.to_string(),
    }
}

/// The address at which browsers reach the API. API Gateway sets it in the request's context, which a caller cannot
/// change.
fn own_origin(api: &Api, context: Option<&RequestContext>) -> String {
    if let Some(url) = &api.url {
        return url.clone();
    }
    let domain = match context {
        Some(RequestContext::ApiGatewayV2(context)) => context.domain_name.clone(),
        _ => None,
    };
    format!("https://{}", domain.unwrap_or_default())
}

fn page(status: StatusCode, message: &str) -> Response {
    let message: String = message.chars().take(LONGEST_MESSAGE).map(escaped).collect();
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Integration</title><p>{message}</p></html>"
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// Escapes text from the app for HTML.
fn escaped(c: char) -> String {
    match c {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        c => c.to_string(),
    }
}
