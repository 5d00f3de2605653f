//! The options that a connected account offers, such as tags and lists.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::id::IntegrationId;
use operations::integrations::OptionFilter;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::Portal;
use crate::input::{Both, Ids, Params, Text};
use crate::page::PageQuery;
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::options::OptionListView;

/// Filters of the options.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Return only options that contain this text in the name or the value.
    #[param(value_type = Option<String>, max_length = 200)]
    search: Option<Text<0, 200>>,
    /// Return only options that belong to this value of another list.
    #[param(value_type = Option<String>, max_length = 200)]
    parent: Option<Text<0, 200>>,
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(list))
}

/// List the options of an account, as of its last refresh
///
/// A list that was never read from the app is empty, and its `read_at` is null.
#[utoipa::path(
    get, path = "/v1/integrations/{integration}/options/{list}", tag = "options",
    params(Which, PageQuery),
    responses(
        (status = 200, body = OptionListView),
        (status = 404, description = "The account is not found, or its app has no such list"),
    )
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids((id, list)): Ids<(IntegrationId, String)>,
    Params(Both(which, ask)): Params<Both<Which, PageQuery>>,
) -> Result<Json<OptionListView>, Problem> {
    let filter = OptionFilter {
        search: which.search.map(String::from).unwrap_or_default(),
        parent: which.parent.map(String::from),
    };
    let integrations = api.engine.integrations();
    let page =
        integrations.options(portal.marketplace(), &id, &list, filter, ask.wanted(), clock::now()).await?;
    Ok(Json(page.into()))
}
