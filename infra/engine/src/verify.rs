//! `engine verify`: checks the engine's promises against the stored data.

use std::io::{self, Write};

use domain::id::MarketplaceId;
use operations::StoreError;
use operations::verify::{Broken, Verified};
use runtime::clock;
use serde_json::json;

use crate::json;
use crate::reading::Format;
use crate::since::Since;
use crate::stack::{Stack, StackError};
use crate::table::printable;

/// Check the promises against the stored events and actions, and against the apps; nothing is written
///
/// All marketplaces are checked, or the one of --marketplace. Ends with code 1 if a promise does not hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only facts that occurred since: 7d, 12h, 30m, or a time
    #[arg(long, default_value = "7d")]
    since: Since,
    /// Also ask the apps, read only, whether they are in the states that the newest actions set
    #[arg(long)]
    apps: bool,
    /// The maximum number of actions that apps are asked about
    #[arg(long, value_name = "N", default_value_t = 500, requires = "apps")]
    most: usize,
    #[command(flatten)]
    format: Format,
}

/// The reason why a verification failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// No deployment is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The table cannot be read.
    #[error("the stored data cannot be read")]
    Store(#[from] StoreError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
    /// Some promises do not hold.
    #[error("{0} promises do not hold")]
    Broken(usize),
}

/// Verifies a marketplace, or all of them.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), VerifyError> {
    let (engine, now) = (stack.engine()?, clock::now());
    let since = args.since.before(now);
    let marketplaces: Vec<MarketplaceId> = match stack.asked_for() {
        Some(one) => vec![one.clone()],
        None => engine.verification().marketplaces().await?,
    };
    let secret = if args.apps { Some(stack.digest_secret().await?) } else { None };
    let (mut verified, mut left) = (Verified::default(), args.most);
    for m in &marketplaces {
        let before = verified.broken.len();
        let verification = engine.verification();
        verification.marketplace(m, since, now, &mut verified).await?;
        if let Some(secret) = &secret {
            left -= verification.apps(m, since, now, secret, left, &mut verified).await?;
        }
        // Printed as they are found: a large table takes minutes.
        for broken in &verified.broken[before..] {
            if args.format.json {
                json::lines([shown(broken)], out)?;
            } else {
                writeln!(out, "{}", printable(&broken.to_string()))?;
            }
        }
    }
    let Verified { marketplaces, events, actions, broken, asked, unasked } = verified;
    if args.apps && !args.format.json {
        writeln!(out, "apps answered about {asked} actions")?;
        for (reason, count) in &unasked {
            writeln!(out, "not known for {count} actions: {}", printable(reason))?;
        }
    }
    if !args.format.json {
        let read = format!("{marketplaces} marketplaces, {events} events, {actions} actions");
        writeln!(out, "{read}: {} promises do not hold", broken.len())?;
    }
    if broken.is_empty() { Ok(()) } else { Err(VerifyError::Broken(broken.len())) }
}

fn shown(broken: &Broken) -> serde_json::Value {
    json!({
        "promise": broken.promise.key(), "marketplace": broken.marketplace, "id": broken.id,
        "promised": broken.promise.words(), "found": broken.found,
    })
}
