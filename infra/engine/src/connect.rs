//! `engine connect`: creates or reconnects an account of an app.

mod credentials;
mod release;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use aws::queue::QueueError;
use aws::store::{SaveError, Store, StoreError};
use aws::vault::VaultError;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId, time_key};
use domain::integration::{Connection, Health, Integration};
use domain::log::ConfigEntry;
use domain::manifest::Catalog;
use jiff::Timestamp;
use runtime::clock;
use secrecy::SecretString;

use self::credentials::InvalidCredentials;
use crate::stack::{Stack, StackError};

/// As many characters as a label may have.
const LONGEST_LABEL: usize = 100;

/// Connect an account of an app, or give a connected one new credentials
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app: mailchimp, webhook
    app: App,
    /// The merchant's own name for the account; an account of that name is reconnected
    #[arg(long)]
    label: String,
    /// The account's id; one that exists is reconnected, and takes the label
    #[arg(long)]
    id: Option<IntegrationId>,
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
    /// The label cannot be one.
    #[error("the label is not valid: give 1 to {LONGEST_LABEL} characters, none of them a control character")]
    Label,
    /// The account is another app's.
    #[error("integration {id} (`{label}`) is of {is}, not {asked}: give another label, or another id")]
    OtherApp {
        /// The account.
        id: IntegrationId,
        /// Its label.
        label: String,
        /// Its app.
        is: App,
        /// The app asked for.
        asked: App,
    },
    /// The program was built without the app's manifest.
    #[error("{0} has no manifest in this build")]
    NoManifest(App),
    /// The credentials are not what the app needs.
    #[error(transparent)]
    Credentials(#[from] InvalidCredentials),
    /// Standard input cannot be read.
    #[error("the credentials cannot be read from standard input")]
    Input(#[source] io::Error),
    /// The credentials cannot be encrypted.
    #[error("the credentials are not sealed, and nothing is saved")]
    Vault(#[from] VaultError),
    /// The account is not saved.
    #[error("the integration is not saved")]
    Save(#[from] SaveError),
    /// The table did not answer.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// Held jobs did not all go out.
    #[error(
        "the integration is connected, but not all of its held actions are back on the queue; \
         they follow by themselves within minutes, or connect again"
    )]
    Release(#[source] QueueError),
    /// The terminal is gone.
    #[error("the result cannot be written")]
    Output(#[from] io::Error),
}

/// Connects, and tells what is so now.
pub(crate) async fn run(args: Args, stack: &Stack, out: &mut impl Write) -> Result<(), ConnectError> {
    let m = stack.marketplace()?;
    let label = label(&args.label)?;
    let manifest = Catalog::built_in().manifest(args.app).ok_or(ConnectError::NoManifest(args.app))?;
    let given = if args.from_stdin { from_stdin()? } else { args.set.into_iter().collect() };
    let plain = credentials::check(manifest, &given)?;

    let (store, now) = (stack.store(), clock::now());
    let before = find(&store, &m, args.id.as_ref(), &label, now).await?;
    if let Some(other) = before.as_ref().filter(|before| before.app != args.app) {
        return Err(ConnectError::OtherApp {
            id: other.id.clone(),
            label: other.label.clone(),
            is: other.app,
            asked: args.app,
        });
    }
    let id = match before.as_ref().map(|before| before.id.clone()).or(args.id) {
        Some(id) => id,
        None => new_id(now),
    };
    let credentials = stack.vault().seal(&m, &id, &plain).await?;
    let integration = Integration {
        id,
        marketplace: m.clone(),
        app: args.app,
        label,
        connection: Connection::Connected,
        credentials,
        created_at: before.as_ref().map_or(now, |before| before.created_at),
        updated_at: now,
        health: Health::default(),
    };
    store.save_integration(&integration, now).await?;
    let entry = ConfigEntry {
        at: now,
        integration: integration.id.clone(),
        app: integration.app,
        action: "Connect App".to_owned(),
        ok: true,
        message: "Integration successfully connected.".to_owned(),
    };
    store.log_config(&m, &entry).await?;
    let done = if before.is_some() { "Reconnected" } else { "Connected" };
    writeln!(out, "{done} {} `{}` in {m}: {}", args.app.label(), integration.label, integration.id)?;

    if before.is_some() {
        match release::release(&store, &stack.queues(), &integration).await? {
            0 => {}
            1 => writeln!(out, "Released 1 held action.")?,
            released => writeln!(out, "Released {released} held actions.")?,
        }
    }
    Ok(())
}

/// The account that is meant: by id, or else by label.
async fn find(
    store: &Store,
    m: &MarketplaceId,
    id: Option<&IntegrationId>,
    label: &str,
    now: Timestamp,
) -> Result<Option<Integration>, StoreError> {
    match id {
        Some(id) => store.integration(m, id, now).await,
        None => store.integration_labelled(m, label, now).await,
    }
}

/// An id that sorts by time and that no other account has.
fn new_id(now: Timestamp) -> IntegrationId {
    let chance = clock::unique();
    #[expect(clippy::expect_used, reason = "24 letters and digits behind the prefix")]
    IntegrationId::new(format!("int_{}{}", time_key(now), &chance[..14])).expect("a valid id")
}

fn label(text: &str) -> Result<String, ConnectError> {
    let label = text.trim();
    let fits = (1..=LONGEST_LABEL).contains(&label.chars().count()) && !label.chars().any(char::is_control);
    if fits { Ok(label.to_owned()) } else { Err(ConnectError::Label) }
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
    fn new_ids_are_valid_sort_by_time_and_differ() {
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        let later = Timestamp::from_second(1_780_000_001).unwrap();
        assert!(new_id(now) < new_id(later));
        assert_ne!(new_id(now), new_id(now));
    }

    #[test]
    fn a_label_is_trimmed_and_neither_blank_nor_endless() {
        assert_eq!(label("  Main audience ").unwrap(), "Main audience");
        for wrong in ["", "  ", "two\nlines", &"x".repeat(101)] {
            assert!(matches!(label(wrong), Err(ConnectError::Label)), "{wrong:?}");
        }
    }

    #[test]
    fn a_value_may_hold_equals_signs() {
        use secrecy::ExposeSecret;
        let (key, value) = key_value("signing_secret=whsec_YWJj==").unwrap();
        assert_eq!((key.as_str(), value.expose_secret()), ("signing_secret", "whsec_YWJj=="));
        assert_eq!(key_value("s3cret").unwrap_err(), "give KEY=VALUE");
    }
}
