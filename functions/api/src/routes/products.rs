//! The product catalogue, which rules select products from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::fact::text::Label;
use domain::fact::{Product, ProductStatus};
use domain::money::Money;
use operations::products::ProductFilter;
use runtime::clock;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::{Editor, Portal};
use crate::input::{Both, Input, Params, Text};
use crate::page::{Page, PageQuery};
use crate::problem::Problem;
use crate::routing::{Routes, routes};
use crate::state::Api;
use crate::views::products::{ProductBody, ProductView, StatusView};

/// Filters of the products.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Return only the product with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 128)]
    product_id: Option<Text<1, 128>>,
    /// Return only products that contain this text in the name or the id, in either case.
    #[param(value_type = Option<String>, max_length = 256)]
    search: Option<Text<0, 256>>,
    /// Return only products with this status.
    status: Option<StatusView>,
}

pub(super) fn routes<R: Routes>() -> R {
    R::new().routes(routes!(list, save))
}

/// List products, by id
///
/// A page may be short or empty while more results follow. Continue until `next_cursor` is null.
#[utoipa::path(
    get, path = "/v1/products", tag = "products", params(Filter, PageQuery),
    responses((status = 200, body = Page<ProductView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(filter, ask)): Params<Both<Filter, PageQuery>>,
) -> Result<Json<Page<ProductView>>, Problem> {
    let filter = ProductFilter {
        id: filter.product_id.map(String::from),
        search: filter.search.map(String::from).unwrap_or_default(),
        status: filter.status.map(ProductStatus::from),
    };
    let page = api.engine.products().page(portal.marketplace(), &filter, ask.wanted(), clock::now()).await?;
    Ok(Json(Page::of(&page)))
}

/// Create or replace a product
///
/// For platforms that do not publish Product Saved. A fact that is published with a later time replaces the product.
#[utoipa::path(
    put, path = "/v1/products", tag = "products", request_body = ProductBody,
    responses((status = 200, body = ProductView))
)]
async fn save(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Input(ProductBody { product_id, name, price, status }): Input<ProductBody>,
) -> Result<Json<ProductView>, Problem> {
    if price.is_some_and(|price| price.amount > domain::money::MAX_AMOUNT) {
        let most = domain::money::MAX_AMOUNT;
        return Err(Problem::invalid("/price/amount", format!("It must be {most} at most.")));
    }
    let price = price.map(|price| Money::new(price.amount, price.currency));
    let name = Label::new(&String::from(name));
    let product = Product { product_id, name, price, status: status.into() };
    let saved = api.engine.products().save(editor.marketplace(), &product, clock::now()).await?;
    Ok(Json((&saved).into()))
}
