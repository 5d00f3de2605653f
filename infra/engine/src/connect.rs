//! `engine connect`, `login` and `accept`: creates or reconnects an account of an app.

use std::collections::BTreeMap;
use std::io::{self, Write};

use domain::app::App;
use domain::id::IntegrationId;
use domain::integration::Integration;
use domain::manifest::{Catalog, Method};
use operations::integrations::credentials::{self, InvalidCredentials};
use operations::integrations::{self, ConnectInput, ConnectTarget, Connected, Verification};
use runtime::clock;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::input::{self, InputError};
use crate::stack::{Stack, StackError};
use crate::table::when;
use crate::terminal::Progress;

/// The account to connect.
#[derive(Debug, clap::Args)]
struct Account {
    /// The app: mailchimp, kit, highlevel, circle, kajabi, thinkific, webhook, httprequest and the others of `engine apps`
    app: App,
    /// The merchant's own name for the account; an existing account with this name is reconnected
    #[arg(long)]
    label: String,
    /// The account's id; an existing account is reconnected and receives the label
    #[arg(long)]
    id: Option<IntegrationId>,
    /// The connection method, if the app has several [default: the first]
    #[arg(long)]
    method: Option<String>,
    /// A credential. Other users of this machine can see it while the command runs
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, SecretString)>,
}

/// Connect an account of an app, or replace the credentials of a connected account
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    account: Account,
    /// Read the credentials from standard input: a JSON object of texts
    #[arg(long, conflicts_with = "set")]
    from_stdin: bool,
    /// Do not test the credentials with the app
    #[arg(long)]
    untested: bool,
}

/// Connect an account with a login at the app (OAuth): prints the URL to open
#[derive(Debug, clap::Args)]
pub(crate) struct LoginArgs {
    #[command(flatten)]
    account: Account,
    /// The redirect URL that is registered with the app
    #[arg(long, value_name = "URL")]
    redirect_uri: Url,
}

/// Finish a login
#[derive(Debug, clap::Args)]
pub(crate) struct AcceptArgs {
    /// The app
    app: App,
    /// The whole URL that the app redirected you to
    #[arg(value_name = "URL")]
    address: Url,
}

/// The reason why an account is not connected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// No deployment or no marketplace is given.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The account cannot be connected.
    #[error(transparent)]
    Connect(#[from] integrations::ConnectError),
    /// Standard input has no valid credentials.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// Standard input has no text.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The host of a URL does not exist. A test of the connection would take that for an outage.
    #[error(
        "credential `{key}`: the host name `{host}` does not exist; check the address, or give --untested"
    )]
    UnknownHost {
        /// The credential.
        key: String,
        /// The host.
        host: String,
    },
    /// The app is connected only with a login.
    #[error("{} is connected by logging in: `engine login {app} --label … --redirect-uri …`", .app.label())]
    NeedsLogin {
        /// The app.
        app: App,
    },
    /// The app has no login.
    #[error(
        "{} has no login: `engine connect {app} --label …`; `engine apps {app}` lists its credentials",
        .app.label()
    )]
    NoLogin {
        /// The app.
        app: App,
    },
    /// Standard output is closed.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Connects an account, and prints its state.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ConnectError> {
    let app = args.account.app;
    if !has_method(app, |method| method.oauth.is_none()) {
        return Err(ConnectError::NeedsLogin { app });
    }
    let mut input = input(args.account, stack)?;
    if args.from_stdin {
        input.credentials = from_stdin()?;
    }
    let engine = stack.engine()?;
    let integrations = engine.integrations();
    // On local AWS, the sandbox serves the apps' hosts.
    if !args.untested && stack.local().is_none() {
        hosts_exist(&input.credentials).await?;
    }
    let connected = if args.untested {
        integrations.connect_untested(input, clock::now()).await?
    } else {
        let _progress = Progress::start("Testing the connection");
        integrations.connect(input, clock::now()).await?
    };
    tell(&connected, out)?;
    Ok(())
}

/// Prints the URL of the login.
pub(crate) async fn login(args: LoginArgs, stack: &Stack, out: &mut impl Write) -> Result<(), ConnectError> {
    let app = args.account.app;
    if !has_method(app, |method| method.oauth.is_some()) {
        return Err(ConnectError::NoLogin { app });
    }
    let input = input(args.account, stack)?;
    let begun = stack
        .engine()?
        .integrations()
        .begin_login(input, args.redirect_uri.into(), None, clock::now())
        .await?;
    writeln!(out, "{}", begun.url)?;
    writeln!(
        out,
        "Open this address until {} and choose Allow. If {} then sends you to the management API, the API finishes the \
         login. Otherwise finish it with the address that you are sent to:",
        when(begun.expires_at),
        app.label()
    )?;
    writeln!(out, "  engine accept {app} '<address>'")?;
    Ok(())
}

/// Rejects URLs whose host does not exist in DNS.
async fn hosts_exist(credentials: &BTreeMap<String, SecretString>) -> Result<(), ConnectError> {
    for (key, value) in credentials {
        let url = Url::parse(value.expose_secret()).ok();
        let Some(host) = url.as_ref().and_then(Url::domain) else { continue };
        match tokio::net::lookup_host((host, 443)).await {
            Err(error) if !error.to_string().contains("Temporary failure") => {
                return Err(ConnectError::UnknownHost { key: key.clone(), host: host.to_owned() });
            }
            // If no name server responds, the test of the connection decides.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

fn has_method(app: App, of_kind: impl Fn(&Method) -> bool) -> bool {
    Catalog::get().manifest(app).is_some_and(|manifest| manifest.methods.iter().any(of_kind))
}

/// Finishes a login.
pub(crate) async fn accept(
    args: AcceptArgs,
    stack: &Stack,
    out: &mut impl Write,
) -> Result<(), ConnectError> {
    let parameters = args.address.query_pairs().into_owned().collect();
    let connected =
        stack.engine()?.integrations().finish_login(args.app, None, parameters, clock::now()).await?;
    tell(&connected, out)?;
    Ok(())
}

fn input(account: Account, stack: &Stack) -> Result<ConnectInput, StackError> {
    let Account { app, label, id, method, set } = account;
    let credentials = set.into_iter().collect();
    let place = match id {
        Some(id) => ConnectTarget::Id(id, label),
        None => ConnectTarget::Labelled(label),
    };
    Ok(ConnectInput { marketplace: stack.marketplace()?, app, place, method, credentials })
}

fn tell(connected: &Connected, out: &mut impl Write) -> io::Result<()> {
    let Connected { integration, again, held, tested } = connected;
    let done = if *again { "Reconnected" } else { "Connected" };
    let Integration { app, label, marketplace, id, account, .. } = integration;
    writeln!(out, "{done} {} `{label}` in {marketplace}: {id}", app.label())?;
    if let Some(account) = account {
        writeln!(out, "{} calls it `{account}`.", app.label())?;
    }
    if let Verification::Unknown(reason) = tested {
        writeln!(out, "warning: the connection was not tested: {}", reason.message)?;
    }
    match held {
        0 => Ok(()),
        1 => writeln!(out, "1 held action goes out with the next sweep, within a minute."),
        held => writeln!(out, "{held} held actions go out with the next sweeps, oldest first."),
    }
}

fn from_stdin() -> Result<BTreeMap<String, SecretString>, ConnectError> {
    Ok(credentials::read(&SecretString::from(input::standard()?))?)
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
        let (key, value) = key_value("signing_secret=whsec_YWJj==").unwrap();
        assert_eq!((key.as_str(), value.expose_secret()), ("signing_secret", "whsec_YWJj=="));
        assert_eq!(key_value("s3cret").unwrap_err(), "give KEY=VALUE");
    }

    #[tokio::test]
    async fn a_host_that_does_not_exist_is_a_mistake_in_the_address() {
        let check = async |value: &str| {
            hosts_exist(&BTreeMap::from([("url".to_owned(), SecretString::from(value))])).await
        };
        let error = check("https://no-such-host.invalid/hook").await.unwrap_err().to_string();
        assert!(
            error.starts_with("credential `url`: the host name `no-such-host.invalid` does not exist"),
            "{error}"
        );
        for other in ["https://localhost/hook", "https://127.0.0.1/hook", "0123456789abcdef-us6"] {
            assert!(check(other).await.is_ok(), "{other}");
        }
    }
}
