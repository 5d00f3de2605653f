//! Rules that are tried or previewed: stored, or drafts that are not saved.

use domain::id::{MarketplaceId, RuleId};
use domain::lint::Finding;
use domain::rule::Rule;
use jiff::Timestamp;
use operations::rules::{Judged, RuleError};

use crate::problem::Problem;
use crate::state::Api;
use crate::views::rules::body::RuleBody;

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
            let rule = stored.ok_or_else(|| Problem::not_found("rule", id))?.rule;
            let findings = api.engine.rules().lint(&rule, now).await?;
            Ok((rule, findings))
        }
        (None, None) => Err(Problem::invalid("/rule", "Set `rule`, or the `id` of a stored rule.")),
    }
}
