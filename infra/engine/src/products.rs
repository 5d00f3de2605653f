//! `engine products`: the product catalogue.

use std::io::{self, Write};

use aws::store::{SavedProduct, StoreError};
use domain::id::ProductId;
use domain::page::{InvalidCursor, Listing, Wanted};
use runtime::clock;

use crate::json::{self, Format};
use crate::pages;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// List the marketplace's products, by id
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only products with this text in their name or id
    #[arg(long, value_name = "TEXT", default_value = "")]
    search: String,
    /// The maximum number of products
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    format: Format,
}

/// The reason why products cannot be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProductsError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The cursor of a page is not valid for the next one.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// DynamoDB did not respond.
    #[error("the products cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the list cannot be written")]
    Output(#[from] io::Error),
}

/// Lists the products.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ProductsError> {
    let (m, store, now) = (stack.marketplace()?, stack.store(), clock::now());
    let listing = Listing::new("products", &(&m, &args.search));
    let page = async |wanted: Wanted<'_>| {
        let after: Option<ProductId> = listing.after(wanted)?;
        let page = store.products_page(&m, &args.search, None, after.as_ref(), wanted.limit, now).await?;
        Ok::<_, ProductsError>(listing.listed(page))
    };
    let found = pages::first("the products", args.limit.max(1), usize::MAX, page).await?;
    if args.format.json {
        return Ok(json::lines(found.iter().map(json::product), out)?);
    }
    if found.is_empty() {
        let none = if args.search.is_empty() {
            "has no product catalogue: publish Product Saved"
        } else {
            "has no such product"
        };
        writeln!(out, "{m} {none}.")?;
        return Ok(());
    }
    let rows: Vec<_> = found.iter().map(row).collect();
    Table::new(["ID", "NAME", "PRICE", "STATUS", "SAVED"]).cutting(&["NAME"]).write(&rows, out)?;
    Ok(())
}

fn row(SavedProduct { product, saved_at }: &SavedProduct) -> [String; 5] {
    let status = serde_json::to_value(product.status).unwrap_or_default();
    [
        product.product_id.to_string(),
        product.name.to_string(),
        product.price.map(|price| price.to_string()).unwrap_or_default(),
        status.as_str().unwrap_or_default().to_owned(),
        when(*saved_at),
    ]
}
