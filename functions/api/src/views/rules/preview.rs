//! Previews of rules.

use domain::connector_rpc::{PreviewedAction, PreviewedRequest};
use domain::id::{EventId, RuleId};
use domain::job::Job;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::views::rules::body::{FindingView, RuleBody};
use crate::views::rules::contact::ContactBody;

/// The rule to preview, stored or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulePreview {
    /// The id of a stored rule, which is previewed itself or, if `rule` is set, would be replaced by it.
    #[schema(value_type = Option<String>, format = "rule-id")]
    pub(crate) id: Option<RuleId>,
    /// The definition of a rule to preview.
    pub(crate) rule: Option<RuleBody>,
    /// The event to preview the rule for. Default: an example that fires the trigger.
    #[schema(value_type = Option<String>, format = "event-id")]
    pub(crate) event: Option<EventId>,
    /// The contact of the example. Ignored if `event` is set.
    pub(crate) contact: Option<ContactBody>,
}

/// The requests of a rule's actions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulePreviewView {
    /// The first actions, 3 at most.
    pub(crate) actions: Vec<PreviewedActionView>,
    /// The number of further actions, such as those for further tags.
    #[schema(minimum = 0)]
    pub(crate) more: usize,
    /// The findings of the rule's validation.
    pub(crate) findings: Vec<FindingView>,
}

/// The requests of an action.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewedActionView {
    /// The contact's address.
    pub(crate) email: String,
    /// The order line, if the trigger fires per line.
    pub(crate) line: Option<String>,
    /// The settings that the action is performed with.
    #[schema(value_type = Object)]
    pub(crate) settings: Map<String, Value>,
    /// The requests, in their order, if each one succeeds and each search finds nothing.
    pub(crate) requests: Vec<PreviewedRequestView>,
    /// Whether further requests depend on the app's answers.
    pub(crate) continues: bool,
    /// Why the preview ends before the action does, or why the action makes no request.
    pub(crate) reason: Option<String>,
}

/// A request as the connector builds it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewedRequestView {
    /// The HTTP method.
    #[schema(example = "POST")]
    pub(crate) method: String,
    /// The URL.
    #[schema(example = "https://us6.api.mailchimp.com/3.0/lists/a1b2c3d4e5/members")]
    pub(crate) url: String,
    /// The headers. A value that can be a credential is `[hidden]`.
    pub(crate) headers: Vec<HeaderView>,
    /// The body: JSON, the fields of a form as an object, or text. Null if there is none. A value of an answer is a
    /// placeholder, such as `{id of answer 1}`.
    #[schema(value_type = Option<Object>)]
    pub(crate) body: Option<Value>,
}

/// A header of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderView {
    /// The header's name.
    #[schema(example = "content-type")]
    pub(crate) name: String,
    /// The header's value.
    #[schema(example = "application/json")]
    pub(crate) value: String,
}

impl PreviewedActionView {
    pub(crate) fn of(job: Job, PreviewedAction { requests, continues, reason }: PreviewedAction) -> Self {
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
