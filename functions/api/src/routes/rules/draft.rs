//! Rules that are tried or previewed: stored, or drafts that are not saved.

use domain::fact::Email;
use domain::id::{MarketplaceId, RuleId};
use domain::job::Contact;
use domain::lint::Finding;
use domain::rule::Rule;
use jiff::Timestamp;
use operations::rules::{Judged, RuleError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Text;
use crate::problem::Problem;
use crate::state::Api;
use crate::views::rules::body::RuleBody;

/// A person to try or preview a rule for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContactBody {
    /// The email address.
    #[schema(value_type = String, max_length = 320, example = "ada@example.com")]
    email: Email,
    /// The first name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    first_name: Option<Text<1, 100>>,
    /// The last name.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    last_name: Option<Text<1, 100>>,
}

impl From<ContactBody> for Contact {
    fn from(ContactBody { email, first_name, last_name }: ContactBody) -> Self {
        let [first_name, last_name] = [first_name, last_name].map(|name| name.map(String::from));
        Self { email: email.to_string(), first_name, last_name, phone: None, address: None }
    }
}

/// The rule of a draft, which may replace a stored rule, or the stored rule itself; with the findings of its
/// validation.
pub(super) async fn considered(
    api: &Api,
    m: &MarketplaceId,
    id: Option<&RuleId>,
    draft: Option<RuleBody>,
    now: Timestamp,
) -> Result<(Rule, Vec<Finding>), Problem> {
    match (draft, id) {
        (Some(body), id) => {
            let input = body.input().map_err(|problem| problem.under("/rule"))?;
            let judged = api.engine.rules().consider(m, id, input, now).await?;
            let Judged { rule: Some(rule), findings } = judged else {
                return Err(Problem::from(RuleError::Invalid(judged.findings)).under("/rule"));
            };
            Ok((rule, findings))
        }
        (None, Some(id)) => {
            let stored = api.engine.rules().get(m, id, now).await?;
            let rule = stored.ok_or_else(|| Problem::not_found("rule"))?.rule;
            let findings = api.engine.rules().lint(&rule, now).await?;
            Ok((rule, findings))
        }
        (None, None) => Err(Problem::invalid("/rule", "Set `rule`, or the `id` of a stored rule.")),
    }
}
