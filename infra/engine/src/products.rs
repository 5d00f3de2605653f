//! `engine products`: the product catalogue.

use std::io::{self, Write};

use domain::page::Wanted;
use operations::ListError;
use operations::products::{ProductFilter, SavedProduct};
use runtime::clock;

use crate::json;
use crate::pages;
use crate::reading::List;
use crate::stack::{Stack, StackError};
use crate::table::{Table, when};

/// List the marketplace's products, by id
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only products with this text in their name or id
    #[arg(long, value_name = "TEXT", default_value = "")]
    search: String,
    #[command(flatten)]
    list: List<1000>,
}

/// The reason why products cannot be listed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProductsError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The products cannot be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// Standard output is closed.
    #[error("the list cannot be written")]
    Output(#[from] io::Error),
}

/// Lists the products.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ProductsError> {
    let (m, engine, now) = (stack.marketplace()?, stack.engine()?, clock::now());
    let filter = ProductFilter { search: args.search, ..ProductFilter::default() };
    let page = async |wanted: Wanted<'_>| engine.products().page(&m, &filter, wanted, now).await;
    let found = pages::first("the products", args.list.most(), usize::MAX, page).await?;
    if args.list.json() {
        return Ok(json::lines(found.iter().map(json::product), out)?);
    }
    if found.is_empty() {
        let none = if filter.search.is_empty() {
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
