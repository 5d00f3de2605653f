//! What a connected account offers to choose from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::IntegrationId;
use domain::options::OptionItem;
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Portal;
use crate::input::{Ids, Params};
use crate::page::{MOST, Page, USUAL};
use crate::problem::Problem;
use crate::state::Api;

/// One thing to choose.
#[derive(Debug, Serialize, ToSchema)]
struct OptionView {
    /// What a rule stores.
    value: String,
    /// The name that a merchant reads.
    label: String,
    /// The value, in another list, that it belongs to: a tag's audience.
    parent: Option<String>,
}

/// Which of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only what holds this text in its name or value.
    #[serde(default)]
    #[param(max_length = 200)]
    search: String,
    /// Only what belongs to this value of another list.
    #[param(max_length = 200)]
    parent: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[param(pattern = "^[0-9]{1,6}$")]
    cursor: Option<usize>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What can be chosen from one of an account's option lists, as of its last refresh
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/options/{list}", tag = "options",
    params(("integration" = String, Path), ("list" = String, Path, description = "A list of the app's manifest"), Which),
    responses((status = 200, body = Page<OptionView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids((id, list)): Ids<(IntegrationId, String)>,
    Params(which): Params<Which>,
) -> Result<Json<Page<OptionView>>, Problem> {
    let limit = which.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::parameter("limit", format!("`{limit}` is not from 1 to {MOST}.")));
    }
    let (m, now) = (portal.marketplace(), clock::now());
    api.store.integration(m, &id, now).await?.ok_or_else(|| Problem::not_found("integration"))?;
    let pulled = api.store.options(m, &id, &list, now).await?;
    let pulled = pulled.ok_or_else(|| Problem::not_found("list; Refresh pulls it"))?;
    let wanted = which.search.to_lowercase();
    let fits = |item: &&OptionItem| {
        (item.label.to_lowercase().contains(&wanted) || item.value.to_lowercase().contains(&wanted))
            && which.parent.as_ref().is_none_or(|parent| item.parent.as_ref() == Some(parent))
    };
    let from = which.cursor.unwrap_or(0);
    let mut found: Vec<_> = pulled.items.iter().filter(fits).skip(from).take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let items = found.into_iter().map(|item| OptionView {
        value: item.value.clone(),
        label: item.label.clone(),
        parent: item.parent.clone(),
    });
    Ok(Json(Page { items: items.collect(), next_cursor: more.then(|| (from + limit).to_string()) }))
}
