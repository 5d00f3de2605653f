//! Previews: the requests that a rule's actions would send.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::job::Contact;
use operations::preview::{Preview, PreviewError, Subject};
use runtime::clock;

use super::draft::considered;
use crate::auth::Portal;
use crate::input::Input;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::rules::body::FindingView;
use crate::views::rules::preview::{PreviewedActionView, RulePreview, RulePreviewView};

/// The contact of an example if none is given.
const SOMEBODY: &str = "buyer@example.com";

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

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(preview_rule))
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
            Some(api.engine.log().event(m, &id, now).await?.ok_or_else(|| Problem::not_found("event", id))?)
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
