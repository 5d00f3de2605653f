//! Trying a rule for an address that the merchant enters.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::id::RuleId;
use domain::job::Contact;
use domain::lint;
use operations::rules::RuleError;
use operations::trial::TrialError;
use runtime::clock;

use super::draft::considered;
use crate::auth::Editor;
use crate::idempotency::{self, IdempotencyKey};
use crate::input::{Ids, Input};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::body::RuleBody;
use crate::views::rules::contact::ContactBody;
use crate::views::rules::trial::{DraftTrial, TrialView};

impl From<TrialError> for Problem {
    fn from(error: TrialError) -> Self {
        match &error {
            TrialError::Gone | TrialError::NeedsReconnect(_) | TrialError::Paused(_) => {
                Self::conflict(format!("Nothing was tried: {}", sentence(&error)))
            }
            TrialError::NotOffered => Self::invalid("/rule/action", sentence(&error)),
            TrialError::Busy => Self::busy(&error),
            TrialError::Store(_) | TrialError::Queue(_) => Self::unavailable(&error),
        }
    }
}

fn sentence(error: &TrialError) -> String {
    let said = error.to_string();
    if said.ends_with('.') { said } else { format!("{said}.") }
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(try_rule)).routes(routes!(try_draft))
}

/// Try a rule for an address
///
/// The rule's actions are performed once for the address, with an example of a fact, as they would be for a buyer: through
/// the queue, by the connector, into the Action Log, where they are marked as a test. The rule's conditions are not
/// checked, and the rule need not be enabled. A test supersedes no action of a buyer.
#[utoipa::path(
    post, path = "/v1/rules/{rule}/try", tag = "rules", request_body = ContactBody,
    params(IdempotencyKey),
    responses(
        (status = 202, body = TrialView),
        (status = 409, description = "The account needs to be reconnected, its app is paused, or the key was used for another request"),
        (status = 429, description = "Rate limit exceeded, or the previous test of the marketplace has not run yet"),
    )
)]
async fn try_rule(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<RuleId>,
    key: IdempotencyKey,
    Input(contact): Input<ContactBody>,
) -> Result<Response, Problem> {
    let asked = (&id, contact.clone());
    let make = start(&api, &editor, Some(&id), None, contact);
    Box::pin(idempotency::create(&api, &editor, key, &asked, make)).await
}

/// Try a rule that is not saved
///
/// As for a stored rule. The draft must have no validation errors.
#[utoipa::path(
    post, path = "/v1/rules/try", tag = "rules", request_body = DraftTrial,
    params(IdempotencyKey),
    responses(
        (status = 202, body = TrialView),
        (status = 404, description = "Rule not found"),
        (status = 409, description = "The account needs to be reconnected, its app is paused, or the key was used for another request"),
        (status = 429, description = "Rate limit exceeded, or the previous test of the marketplace has not run yet"),
    )
)]
async fn try_draft(
    editor: Editor,
    State(api): State<Arc<Api>>,
    key: IdempotencyKey,
    Input(draft): Input<DraftTrial>,
) -> Result<Response, Problem> {
    let asked = draft.clone();
    let DraftTrial { id, rule, contact } = draft;
    let make = start(&api, &editor, id.as_ref(), Some(rule), contact);
    Box::pin(idempotency::create(&api, &editor, key, &asked, make)).await
}

async fn start(
    api: &Api,
    editor: &Editor,
    id: Option<&RuleId>,
    draft: Option<RuleBody>,
    contact: ContactBody,
) -> Result<Response, Problem> {
    let now = clock::now();
    let pointer = if draft.is_some() { "/rule" } else { "" };
    let (rule, findings) = considered(api, editor.marketplace(), id, draft, now).await?;
    if !lint::can_be_saved(&findings) {
        return Err(Problem::from(RuleError::Invalid(findings)).under(pointer));
    }
    let contact = Contact::from(contact);
    let trial = editor.engine(api).console().try_rule(&api.secret, &rule, &contact, now).await?;
    Ok((StatusCode::ACCEPTED, Json(TrialView::from(trial))).into_response())
}
