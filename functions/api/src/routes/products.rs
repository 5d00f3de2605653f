//! The product catalogue, which rules are written with.

use std::sync::Arc;

use aws::store::SavedProduct;
use axum::Json;
use axum::extract::State;
use domain::fact::text::Name;
use domain::fact::{Product, ProductStatus};
use domain::id::ProductId;
use domain::money::{Currency, Money};
use domain::page::Listing;
use runtime::clock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Editor, Portal};
use crate::input::{Both, Ids, Input, Params, Text};
use crate::page::{Ask, Page};
use crate::problem::Problem;
use crate::state::Api;

/// A product.
#[derive(Debug, Serialize, ToSchema)]
struct ProductView {
    /// The platform's id of it.
    product_id: String,
    /// What it is called.
    name: String,
    /// Its price, where it has one.
    price: Option<Price>,
    /// Whether it is on sale.
    status: StatusView,
    /// When it was saved last.
    #[schema(format = DateTime)]
    saved_at: String,
}

/// A product as it is now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProductBody {
    /// What it is called.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    name: Name,
    /// Its price, where it has one.
    price: Option<Price>,
    /// Whether it is on sale.
    status: StatusView,
}

/// An amount of money.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Price {
    /// Minor units of the currency: cents of USD, whole yen of JPY.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    amount: u64,
    /// ISO 4217.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    currency: Currency,
}

/// Whether a product is on sale.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductStatus)]
enum StatusView {
    /// On sale.
    Live,
    /// Sold in test mode only.
    Test,
    /// No longer sold.
    Archived,
}

impl From<ProductStatus> for StatusView {
    fn from(status: ProductStatus) -> Self {
        match status {
            ProductStatus::Live => Self::Live,
            ProductStatus::Test => Self::Test,
            ProductStatus::Archived => Self::Archived,
        }
    }
}

impl From<StatusView> for ProductStatus {
    fn from(status: StatusView) -> Self {
        match status {
            StatusView::Live => Self::Live,
            StatusView::Test => Self::Test,
            StatusView::Archived => Self::Archived,
        }
    }
}

impl From<&SavedProduct> for ProductView {
    fn from(saved: &SavedProduct) -> Self {
        let Product { product_id, name, price, status } = &saved.product;
        Self {
            product_id: product_id.to_string(),
            name: name.to_string(),
            price: price.map(|price| Price { amount: price.amount, currency: price.currency }),
            status: (*status).into(),
            saved_at: saved.saved_at.to_string(),
        }
    }
}

/// Which products are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Part of the name or the id, in letters of either case.
    #[param(value_type = Option<String>, max_length = 256)]
    search: Option<Text<0, 256>>,
    /// Of one status.
    status: Option<StatusView>,
}

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, save))
}

/// The products, by id
///
/// A page may hold fewer than asked for, or none, although more follow: `next_cursor` says whether.
#[utoipa::path(
    get, path = "/v1/products", tag = "products", params(Filter, Ask),
    responses((status = 200, body = Page<ProductView>))
)]
async fn list(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Params(Both(filter, ask)): Params<Both<Filter, Ask>>,
) -> Result<Json<Page<ProductView>>, Problem> {
    let (m, wanted) = (portal.marketplace(), ask.wanted());
    let search = filter.search.map(String::from).unwrap_or_default();
    let status = filter.status.map(ProductStatus::from);
    let listing = Listing::new("products", &(m, &search, status));
    let after = listing.after(wanted)?;
    let found =
        api.store.products_page(m, &search, status, after.as_ref(), wanted.limit, clock::now()).await?;
    Ok(Json(Page::of(&listing.listed(found))))
}

/// One product
#[utoipa::path(
    get, path = "/v1/products/{product}", tag = "products",
    responses((status = 200, body = ProductView))
)]
async fn show(
    portal: Portal,
    State(api): State<Arc<Api>>,
    Ids(id): Ids<ProductId>,
) -> Result<Json<ProductView>, Problem> {
    let found = api.store.product(portal.marketplace(), &id, clock::now()).await?;
    let found = found.ok_or_else(|| Problem::not_found("product"))?;
    Ok(Json((&found).into()))
}

/// Save a product
///
/// For platforms that do not publish Product Saved. What is published with a later time takes its place.
#[utoipa::path(
    put, path = "/v1/products/{product}", tag = "products", request_body = ProductBody,
    responses((status = 200, body = ProductView))
)]
async fn save(
    editor: Editor,
    State(api): State<Arc<Api>>,
    Ids(product_id): Ids<ProductId>,
    Input(ProductBody { name, price, status }): Input<ProductBody>,
) -> Result<Json<ProductView>, Problem> {
    if price.is_some_and(|price| price.amount > domain::money::MAX_AMOUNT) {
        let most = domain::money::MAX_AMOUNT;
        return Err(Problem::invalid("/price/amount", format!("It must be {most} at most.")));
    }
    let price = price.map(|price| Money::new(price.amount, price.currency));
    let product = Product { product_id, name, price, status: status.into() };
    let saved = api.store.put_product(editor.marketplace(), &product, clock::now()).await?;
    Ok(Json((&saved).into()))
}
