//! Previews: the requests that a rule's actions would send.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::connector_rpc::{PreviewedAction, PreviewedRequest};
use domain::id::{EventId, RuleId};
use domain::job::{Contact, Job};
use operations::preview::{Preview, PreviewError, Subject};
use runtime::clock;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::draft::{ContactBody, considered};
use crate::auth::Portal;
use crate::input::Input;
use crate::problem::Problem;
use crate::state::Api;
use crate::views::rules::body::{FindingView, RuleBody};

/// The contact of an example if none is given.
const SOMEBODY: &str = "buyer@example.com";

/// The rule to preview, stored or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RulePreview {
    /// The id of a stored rule, which is previewed itself or, if `rule` is set, would be replaced by it.
    #[schema(value_type = Option<String>, format = "rule-id")]
    id: Option<RuleId>,
    /// The definition of a rule to preview.
    rule: Option<RuleBody>,
    /// The event to preview the rule for. Default: an example that fires the trigger.
    #[schema(value_type = Option<String>, format = "event-id")]
    event: Option<EventId>,
    /// The contact of the example. Ignored if `event` is set.
    contact: Option<ContactBody>,
}

/// The requests of a rule's actions.
#[derive(Debug, Serialize, ToSchema)]
struct RulePreviewView {
    /// The first actions, 3 at most.
    actions: Vec<PreviewedActionView>,
    /// The number of further actions, such as those for further tags.
    #[schema(minimum = 0)]
    more: usize,
    /// The findings of the rule's validation.
    findings: Vec<FindingView>,
}

/// The requests of an action.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewedActionView {
    /// The contact's address.
    email: String,
    /// The order line, if the trigger fires per line.
    line: Option<String>,
    /// The settings that the action is performed with.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// The requests, in their order, if each one succeeds and each search finds nothing.
    requests: Vec<PreviewedRequestView>,
    /// Whether further requests depend on the app's answers.
    continues: bool,
    /// Why the preview ends before the action does, or why the action makes no request.
    reason: Option<String>,
}

/// A request as the connector builds it.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewedRequestView {
    /// The HTTP method.
    #[schema(example = "POST")]
    method: String,
    /// The URL.
    #[schema(example = "https://us6.api.mailchimp.com/3.0/lists/a1b2c3d4e5/members")]
    url: String,
    /// The headers. A value that can be a credential is `[hidden]`.
    headers: Vec<HeaderView>,
    /// The body: JSON, the fields of a form as an object, or text. Null if there is none. A value of an answer is a
    /// placeholder, such as `{id of answer 1}`.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
}

/// A header of a request.
#[derive(Debug, Serialize, ToSchema)]
struct HeaderView {
    /// The header's name.
    #[schema(example = "content-type")]
    name: String,
    /// The header's value.
    #[schema(example = "application/json")]
    value: String,
}

impl PreviewedActionView {
    fn of(job: Job, PreviewedAction { requests, continues, reason }: PreviewedAction) -> Self {
        Self {
            email: job.contact.email,
            line: job.line,
            settings: job.settings.0,
            requests: requests.into_iter().map(PreviewedRequestView::from).collect(),
            continues,
            reason,
        }
    }
}

impl From<PreviewedRequest> for PreviewedRequestView {
    fn from(PreviewedRequest { method, url, headers, body }: PreviewedRequest) -> Self {
        let headers = headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect();
        Self { method, url, headers, body }
    }
}

impl From<PreviewError> for Problem {
    fn from(error: PreviewError) -> Self {
        match &error {
            PreviewError::OtherEvent => {
                Self::invalid("/event", format!("It does not fire the rule: {error}."))
            }
            PreviewError::NotOffered => Self::invalid("/rule/action", format!("{error}.")),
            PreviewError::Connector(error) => error.into(),
        }
    }
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(preview_rule))
}

/// Preview the requests of a rule
///
/// The connector performs the actions without sending anything, with stand-ins for the credentials. Nothing is stored.
/// The rule's conditions are not checked, and the rule need not be enabled.
#[utoipa::path(
    post, path = "/v1/rules/preview", tag = "rules", request_body = RulePreview,
    responses(
        (status = 200, body = RulePreviewView),
        (status = 404, description = "Rule or event not found"),
    )
)]
async fn preview_rule(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Input(asked): Input<RulePreview>,
) -> Result<Json<RulePreviewView>, Problem> {
    let (m, now) = (portal.marketplace(), clock::now());
    let (rule, findings) = considered(&api, m, asked.id.as_ref(), asked.rule, now).await?;
    let event = match asked.event {
        Some(id) => {
            Some(api.engine.log().event(m, &id, now).await?.ok_or_else(|| Problem::not_found("event"))?)
        }
        None => None,
    };
    let somebody = || Contact {
        email: SOMEBODY.to_owned(),
        first_name: None,
        last_name: None,
        phone: None,
        address: None,
    };
    let contact = asked.contact.map_or_else(somebody, Contact::from);
    let subject = event.as_ref().map_or(Subject::Example(&contact), Subject::Event);
    let Preview { actions, more } = api.engine.console().preview(&api.secret, &rule, subject, now).await?;
    let actions = actions.into_iter().map(|(job, action)| PreviewedActionView::of(job, action)).collect();
    Ok(Json(RulePreviewView { actions, more, findings: findings.iter().map(FindingView::from).collect() }))
}
