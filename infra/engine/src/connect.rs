//! `engine connect`: creates or reconnects an account of an app.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use aws::store::StoreError;
use domain::app::App;
use domain::id::IntegrationId;
use domain::integration::Integration;
use operations::connect::{self, Connected, Wish};
use operations::credentials::{self, InvalidCredentials};
use runtime::clock;
use secrecy::SecretString;

use crate::stack::{Stack, StackError};

/// Connect an account of an app, or give a connected one new credentials
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app: mailchimp, kit, highlevel, circle, kajabi, thinkific, webhook
    app: App,
    /// The merchant's own name for the account; an account of that name is reconnected
    #[arg(long)]
    label: String,
    /// The account's id; one that exists is reconnected, and takes the label
    #[arg(long)]
    id: Option<IntegrationId>,
    /// How to connect, where the app has several ways [default: the first that takes typed credentials]
    #[arg(long)]
    method: Option<String>,
    /// A credential. Others on this machine can see it while the command runs
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value, conflicts_with = "from_stdin")]
    set: Vec<(String, SecretString)>,
    /// Read the credentials from standard input: a JSON object of texts
    #[arg(long)]
    from_stdin: bool,
}

/// An account that is not connected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// No deployment, or nobody's data.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The account is not connected.
    #[error(transparent)]
    Connect(#[from] connect::ConnectError),
    /// Standard input does not hold credentials.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// Standard input cannot be read.
    #[error("the credentials cannot be read from standard input")]
    Input(#[source] io::Error),
    /// The table did not answer.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Connects, and tells what is so now.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ConnectError> {
    let credentials = if args.from_stdin { from_stdin()? } else { args.set.into_iter().collect() };
    let (marketplace, store) = (stack.marketplace()?, stack.store());
    let wish =
        Wish { marketplace, app: args.app, label: args.label, id: args.id, method: args.method, credentials };
    let Connected { integration, again, held } =
        connect::connect(wish, &store, &stack.vault(), clock::now()).await?;
    let done = if again { "Reconnected" } else { "Connected" };
    let Integration { app, label, marketplace, id, .. } = &integration;
    writeln!(out, "{done} {} `{label}` in {marketplace}: {id}", app.label())?;

    match held {
        0 => {}
        1 => writeln!(out, "1 held action goes out with the next sweep, within a minute.")?,
        held => writeln!(out, "{held} held actions go out with the next sweeps, oldest first.")?,
    }
    Ok(())
}

fn from_stdin() -> Result<BTreeMap<String, SecretString>, ConnectError> {
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text).map_err(ConnectError::Input)?;
    Ok(credentials::read(&SecretString::from(text))?)
}

fn key_value(text: &str) -> Result<(String, SecretString), &'static str> {
    // The text is not quoted: it may be a secret.
    let (key, value) = text.split_once('=').ok_or("give KEY=VALUE")?;
    Ok((key.trim().to_owned(), SecretString::from(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_hold_equals_signs() {
        use secrecy::ExposeSecret;
        let (key, value) = key_value("signing_secret=whsec_YWJj==").unwrap();
        assert_eq!((key.as_str(), value.expose_secret()), ("signing_secret", "whsec_YWJj=="));
        assert_eq!(key_value("s3cret").unwrap_err(), "give KEY=VALUE");
    }
}
