//! An app may quote a credential in what it says of a call. What it says goes into logs and answers; the credential must
//! not.

use domain::app::App;
use domain::manifest::Catalog;
use domain::outcome::{Outcome, Reason, Setback};
use secrecy::ExposeSecret;

use crate::credentials::{ACCESS_TOKEN, Credentials};

/// Stands where a credential stood.
const HIDDEN: &str = "[hidden]";
/// Anything shorter is no credential, and may well be a part of a word.
const SHORTEST: usize = 6;

/// An outcome without the credentials that it was reached with.
pub(crate) fn outcome(app: App, used: &Credentials, outcome: Outcome) -> Outcome {
    let note = |note: Option<String>| note.map(|note| text(app, used, note));
    match outcome {
        Outcome::Done { note: said } => Outcome::Done { note: note(said) },
        Outcome::AlreadySo { note: said } => Outcome::AlreadySo { note: note(said) },
        Outcome::Failed(setback) => Outcome::Failed(self::setback(app, used, setback)),
    }
}

/// A setback without the credentials that it was met with.
pub(crate) fn setback(app: App, used: &Credentials, setback: Setback) -> Setback {
    setback.map_reason(|Reason { message, hint }| Reason {
        message: text(app, used, message),
        hint: hint.map(|hint| text(app, used, hint)),
    })
}

fn text(app: App, used: &Credentials, said: String) -> String {
    let secrets = secrets(app, used);
    hidden(said, secrets.iter().map(String::as_str))
}

/// A text without these secrets.
pub(crate) fn hidden<'a>(said: String, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut secrets: Vec<&str> = secrets.filter(|secret| secret.len() >= SHORTEST).collect();
    // One may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(said, |said, secret| said.replace(secret, HIDDEN))
}

/// What is secret of an account.
fn secrets(app: App, used: &Credentials) -> Vec<String> {
    let methods = Catalog::built_in().manifest(app).into_iter().flat_map(|manifest| &manifest.methods);
    let typed = methods.flat_map(|method| &method.credentials).filter(|credential| credential.secret);
    let keys = typed.map(|credential| credential.key.as_str()).chain([ACCESS_TOKEN]);
    keys.filter_map(|key| used.get(key).ok()).map(|secret| secret.expose_secret().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials::parse(
            br#"{"api_key":"s3cret-key","subdomain":"my-school","access_token":"s3cret-key-9"}"#,
        )
        .unwrap()
    }

    #[test]
    fn an_app_may_say_everything_but_the_credentials() {
        let met = Setback::reconnect("my-school knows no s3cret-key-9 of s3cret-key.", "Forget s3cret-key.");
        let Reason { message, hint } = setback(App::Thinkific, &credentials(), met).into_reason();
        assert_eq!(message, "my-school knows no [hidden] of [hidden].");
        assert_eq!(hint.as_deref(), Some("Forget [hidden]."));
        let done = outcome(App::Thinkific, &credentials(), Outcome::already("s3cret-key has it"));
        assert_eq!(done, Outcome::already("[hidden] has it"));
    }
}
