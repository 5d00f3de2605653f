//! Performs an action of a definition for real, and shows each request and its answer.

use std::collections::BTreeMap;
use std::io::Write;

use connector::call::{Access, Call, Connector};
use connector::credentials::Credentials;
use connector::http::HttpSettings;
use connector::watch::{Exchange, watched};
use declared::Declared;
use declared::definition::Definition;
use domain::fact::Email;
use domain::job::Job;
use domain::manifest::{Action, Method, SettingKind};
use runtime::{clock, config};
use sandbox::{Examples, Sandbox};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::AppError;
use super::conformance::{job, told};
use crate::input;
use crate::terminal;

/// The credential of a login.
const ACCESS_TOKEN: &str = "access_token";

/// Perform an action with the app itself, and show each request and answer without credentials
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    pub(super) file: std::path::PathBuf,
    /// The action [default: none, only the connection test]
    #[arg(long, requires = "email")]
    action: Option<String>,
    /// The address of the contact. Use one of your own: the app is changed
    #[arg(long)]
    email: Option<String>,
    /// A setting, chosen from an option list
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// A setting that the merchant types, such as a tag's name
    #[arg(long = "type", value_name = "KEY=VALUE", value_parser = pair)]
    typed: Vec<(String, String)>,
    /// The connection method [default: the first]
    #[arg(long)]
    method: Option<String>,
    /// Use the stand-in that the file's examples describe, with their credentials
    #[arg(long)]
    stand_in: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Runs the connection test, then the action.
pub(super) async fn run(
    args: &Args,
    definition: &Definition,
    examples: Option<Examples>,
    out: &mut impl Write,
) -> Result<(), AppError> {
    let refused = |why: String| AppError::Trial { why };
    let method = match &args.method {
        None => definition.manifest.methods.first(),
        Some(key) => definition.manifest.method(key),
    };
    let keys = || definition.manifest.methods.iter().map(|method| method.key.as_str()).collect::<Vec<_>>();
    let method = method.ok_or_else(|| refused(format!("--method is one of: {}", keys().join(", "))))?;
    let job = args.action.as_ref().map(|key| planned(args, definition, key)).transpose()?;
    // It answers as long as it is in scope.
    let mut sandbox = None;
    let (settings, given) = if args.stand_in {
        let examples = examples.ok_or_else(|| refused("the file has no `examples`".to_owned()))?;
        let given = examples.credentials.clone();
        let app = definition.manifest.app.key();
        let started = Sandbox::with(app, examples).await.map_err(|error| refused(error.to_string()))?;
        let settings =
            HttpSettings::with_sandbox(&started.url()).map_err(|error| refused(error.to_string()))?;
        sandbox = Some(started);
        (settings, given.into_iter().map(|(key, value)| (key, SecretString::from(value))).collect())
    } else {
        (HttpSettings::default(), credentials(method)?)
    };
    let connector =
        Declared::of(definition.clone(), &settings).map_err(|error| refused(error.to_string()))?;
    let is_secret =
        |key: &str| key == ACCESS_TOKEN || method.credentials.iter().any(|one| one.key == key && one.secret);
    let secrets: Vec<SecretString> =
        given.iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| value.clone()).collect();
    let mut credentials = Credentials::parse(b"{}").map_err(|error| refused(error.to_string()))?;
    for (key, value) in given {
        credentials = credentials.with(&key, value);
    }

    let access = Access { credentials: &credentials, now: clock::now() };
    let (identity, exchanges) = watched(&secrets, connector.identify(&access)).await;
    show(&exchanges, out)?;
    let identity = identity.map_err(|setback| refused(hide(&told(&setback.into()), &secrets)))?;
    let account = identity.account.map_or_else(String::new, |account| format!(" to {account}"));
    writeln!(out, "Connected{}.", hide(&account, &secrets))?;
    if let Some(job) = job {
        writeln!(out)?;
        let call = Call { job: &job, credentials: &credentials, attempt: 1, now: clock::now() };
        let (outcome, exchanges) = watched(&secrets, connector.perform(&call)).await;
        show(&exchanges, out)?;
        writeln!(out, "{}: {}", job.action, hide(&told(&outcome), &secrets))?;
    }
    drop(sandbox);
    Ok(())
}

/// The job of the command line.
fn planned(args: &Args, definition: &Definition, key: &str) -> Result<Job, AppError> {
    let refused = |why: String| AppError::Trial { why };
    let manifest = &definition.manifest;
    let actions = || manifest.actions.iter().map(|action| action.key.as_str()).collect::<Vec<_>>();
    let action = manifest
        .action(key)
        .ok_or_else(|| refused(format!("--action is one of: {}", actions().join(", "))))?;
    let email = args.email.clone().unwrap_or_default();
    let email = Email::new(&email).map_err(|error| refused(format!("--email: {error}")))?;
    let settings = settings(action, args.set.iter().chain(&args.typed)).map_err(refused)?;
    let planned = job(manifest.app, action, &settings);
    let planned = planned.ok_or_else(|| refused("these settings make no job".to_owned()))?;
    let typed = args.typed.iter().map(|(key, _)| key.clone()).collect();
    Ok(Job {
        contact: domain::job::Contact { email: email.as_str().to_owned(), ..planned.contact.clone() },
        typed,
        ..planned
    })
}

fn settings<'a>(
    action: &Action,
    given: impl Iterator<Item = &'a (String, String)>,
) -> Result<Map<String, Value>, String> {
    let mut settings = Map::new();
    for setting in &action.settings {
        settings.extend(setting.default.clone().map(|value| (setting.key.clone(), value)));
    }
    for (key, value) in given {
        let setting = action.settings.iter().find(|setting| setting.key == *key);
        let known = || action.settings.iter().map(|setting| setting.key.as_str()).collect::<Vec<_>>();
        let setting = setting
            .ok_or_else(|| format!("`{key}` is no setting; the settings are: {}", known().join(", ")))?;
        let value = match (setting.kind, value.as_str()) {
            (SettingKind::Boolean, "true") => json!(true),
            (SettingKind::Boolean, "false") => json!(false),
            (SettingKind::Boolean, _) => return Err(format!("`{key}` is true or false")),
            (SettingKind::Text | SettingKind::Choice | SettingKind::Option, text) => json!(text),
        };
        settings.insert(key.clone(), value);
    }
    match action.settings.iter().find(|one| one.required && !settings.contains_key(&one.key)) {
        Some(setting) => Err(format!("`{}` ({}) is required: --set {0}=…", setting.key, setting.label)),
        None => Ok(settings),
    }
}

/// The credentials: from the environment, from a person at a terminal, or from standard input.
fn credentials(method: &Method) -> Result<BTreeMap<String, SecretString>, AppError> {
    let refused = |why: &str| AppError::Trial { why: why.to_owned() };
    let read = |text: &str| {
        // serde's message would quote a value.
        serde_json::from_str(text).map_err(|_| refused("the credentials are not a JSON object of texts"))
    };
    if let Some(text) = config::optional("ENGINE_CREDENTIALS") {
        return read(&text);
    }
    if !terminal::is_interactive() {
        let text = input::standard().map_err(|error| AppError::Trial { why: error.to_string() })?;
        return read(&text);
    }
    let typed = method.credentials.iter().map(|one| (&*one.key, &*one.label, one.secret));
    let token = method.oauth.as_ref().map(|_| (ACCESS_TOKEN, "Access token", true));
    let mut given = BTreeMap::new();
    for (key, label, secret) in typed.chain(token) {
        given.insert(key.to_owned(), terminal::ask(label, secret)?.into());
    }
    Ok(given)
}

/// A text of ours without credentials: an app may quote one in its message.
fn hide(said: &str, secrets: &[SecretString]) -> String {
    let texts = secrets.iter().map(|secret| secret.expose_secret().trim()).filter(|text| !text.is_empty());
    texts.fold(said.to_owned(), |said, text| said.replace(text, "[hidden]"))
}

fn show(exchanges: &[Exchange], out: &mut impl Write) -> Result<(), AppError> {
    for Exchange { request, answer } in exchanges {
        writeln!(out, "{} {}", request.method, request.url)?;
        for (name, value) in &request.headers {
            writeln!(out, "  {name}: {value}")?;
        }
        if let Some(body) = &request.body {
            writeln!(out, "  {body}")?;
        }
        match answer {
            Some(answer) => writeln!(out, "=> {} {}", answer.status, answer.body)?,
            None => writeln!(out, "=> no answer")?,
        }
        writeln!(out)?;
    }
    Ok(())
}
