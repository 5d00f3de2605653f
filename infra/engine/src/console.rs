//! `engine console`: opens a portal session, and prints the console's address with its token.

use std::io::{self, Write};

use serde_json::json;
use url::Url;

use crate::json;
use crate::reading::Format;
use crate::sessions::{self, Allowed, SessionsError};
use crate::stack::{Stack, StackError};

/// Print an address of the console, with a new session for the marketplace
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The permission of the session
    #[arg(long, value_enum, default_value = "write")]
    permission: Allowed,
    /// The lifetime of the session in minutes
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60))]
    minutes: u32,
    /// The web origin at which browsers reach the management API [default: that of the deployment]
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<Url>,
    #[command(flatten)]
    format: Format,
}

/// The reason why there is no address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsoleError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The session cannot be opened.
    #[error(transparent)]
    Session(#[from] SessionsError),
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Prints the address. The token is in its fragment, which browsers do not send.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ConsoleError> {
    let Args { permission, minutes, origin, format } = args;
    let api = stack.operator_api()?;
    let mut console = console(api.url, origin.as_ref());
    let opened = sessions::open(stack, &stack.marketplace()?, permission, minutes, Some(&console)).await?;
    console.set_fragment(Some(&format!("token={}", opened.token)));
    if format.json {
        let shown = json!({ "url": console, "session": opened.session, "expires_at": opened.expires_at });
        return Ok(json::lines([shown], out)?);
    }
    Ok(writeln!(out, "{console}")?)
}

/// The console's address, below the API's and at the given origin.
fn console(api: &Url, origin: Option<&Url>) -> Url {
    let mut console = origin.unwrap_or(api).clone();
    console.set_path(&format!("{}/console/", api.path().trim_end_matches('/')));
    console.set_query(None);
    console.set_fragment(None);
    console
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_is_below_the_api() {
        let at = |api: &str, origin: Option<&str>| {
            let origin = origin.map(|origin| origin.parse().unwrap());
            console(&api.parse().unwrap(), origin.as_ref()).to_string()
        };
        assert_eq!(at("https://api.example.com", None), "https://api.example.com/console/");
        let local = "http://127.0.0.1:4566/_aws/execute-api/a1/$default";
        assert_eq!(at(local, None), format!("{local}/console/"));
        assert_eq!(
            at(local, Some("https://shop.example.com/x?y#z")),
            "https://shop.example.com/_aws/execute-api/a1/$default/console/"
        );
    }
}
