//! An app may quote a credential in its messages. The messages appear in logs and responses; credentials must not.

use domain::app::App;
use domain::manifest::Catalog;
use domain::outcome::{Carried, Outcome, Reason, Setback};
use secrecy::ExposeSecret;
use url::Url;

use crate::credentials::{ACCESS_TOKEN, Credentials};

/// Replaces a credential.
const HIDDEN: &str = "[hidden]";
/// A shorter text is not treated as a credential, because it may be part of a word.
const SHORTEST: usize = 6;
/// A shorter part of a path is treated as a word.
const SHORTEST_TOKEN: usize = 12;

tokio::task_local! {
    /// The secrets of the account that is being called.
    static SECRETS: Vec<String>;
}

/// Calls an app with an account's credentials: quotations of its responses during the call contain none of them.
pub(crate) async fn within<F: Future>(app: App, used: &Credentials, call: F) -> F::Output {
    SECRETS.scope(secrets(app, used), call).await
}

/// The beginning of an app's message. Credentials are removed before the text is cut: a credential that was cut in half
/// would not be recognized.
pub(crate) fn beginning(said: String, longest: usize) -> String {
    // Outside of a call there are no secrets to remove.
    let said = SECRETS.try_with(|secrets| hidden(&said, secrets.iter().map(String::as_str))).unwrap_or(said);
    said.chars().take(longest).collect()
}

/// An outcome without the credentials that were used for it.
pub(crate) fn outcome(app: App, used: &Credentials, outcome: Outcome) -> Outcome {
    let note = |note: Option<String>| note.map(|note| text(app, used, note));
    match outcome {
        Outcome::Done { note: said } => Outcome::Done { note: note(said) },
        Outcome::AlreadySo { note: said } => Outcome::AlreadySo { note: note(said) },
        Outcome::Failed(setback) => Outcome::Failed(self::setback(app, used, setback)),
    }
}

/// A setback without the credentials that were used for it.
pub(crate) fn setback(app: App, used: &Credentials, setback: Setback) -> Setback {
    setback.map_reason(|Reason { message, hint, fix, note }| Reason {
        message: text(app, used, message),
        hint: hint.map(|hint| text(app, used, hint)),
        fix,
        note: note.map(|note| Box::new(Carried(text(app, used, note.0)))),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "every caller has it to give")]
fn text(app: App, used: &Credentials, said: String) -> String {
    hidden(&said, secrets(app, used).iter().map(String::as_str))
}

/// A text without these secrets.
pub(crate) fn hidden<'a>(said: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut secrets: Vec<&str> = secrets.filter(|secret| secret.len() >= SHORTEST).collect();
    // One secret may be part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(said.to_owned(), |said, secret| said.replace(secret, HIDDEN))
}

/// The secrets of an account. Of an address, everything except the host is secret: receivers keep tokens in path and
/// query.
fn secrets(app: App, used: &Credentials) -> Vec<String> {
    let methods = Catalog::get().manifest(app).into_iter().flat_map(|manifest| &manifest.methods);
    let typed = methods.flat_map(|method| &method.credentials);
    let mut secrets = Vec::new();
    for (key, is_secret) in
        typed.map(|typed| (typed.key.as_str(), typed.secret)).chain([(ACCESS_TOKEN, true)])
    {
        let Ok(value) = used.get(key) else { continue };
        match Url::parse(value.expose_secret()) {
            Ok(address) if !is_secret => secrets.extend(parts(&address)),
            _ if is_secret => secrets.push(value.expose_secret().to_owned()),
            Ok(_) | Err(_) => {}
        }
    }
    secrets
}

/// The parts of an address that a receiver may quote: path and query as they are sent, and each part of them that is
/// long enough to be a token.
fn parts(address: &Url) -> Vec<String> {
    let path = address.path().trim_start_matches('/');
    let whole = address.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let values = address.query_pairs().map(|(_, value)| value.into_owned());
    let segments = path.split('/').filter(|part| part.len() >= SHORTEST_TOKEN).map(str::to_owned);
    [whole, path.to_owned(), address.query().unwrap_or_default().to_owned()]
        .into_iter()
        .chain(values)
        .chain(segments)
        .collect()
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
    fn only_the_host_of_a_webhooks_address_is_quoted() {
        let used = br#"{"url":"https://hooks.example.com/services/T01/XYZ012345678?key=s3cret-9&v=1","signing_secret":"whsec_c2VjcmV0cw=="}"#;
        let used = Credentials::parse(used).unwrap();
        for (said, told) in [
            (
                "POST https://hooks.example.com/services/T01/XYZ012345678?key=s3cret-9&v=1: no",
                "POST https://hooks.example.com/[hidden]: no",
            ),
            ("no route for /services/T01/XYZ012345678", "no route for /[hidden]"),
            ("XYZ012345678 and s3cret-9 are unknown services", "[hidden] and [hidden] are unknown services"),
        ] {
            let met = setback(App::WEBHOOK, &used, Setback::reconnect(said, ""));
            assert_eq!(met.into_reason().message, told);
        }
    }

    #[test]
    fn an_app_may_say_everything_but_the_credentials() {
        let met = Setback::reconnect("my-school knows no s3cret-key-9 of s3cret-key.", "Forget s3cret-key.");
        let Reason { message, hint, .. } = setback(App::THINKIFIC, &credentials(), met).into_reason();
        assert_eq!(message, "my-school knows no [hidden] of [hidden].");
        assert_eq!(hint.as_deref(), Some("Forget [hidden]."));
        let done = outcome(App::THINKIFIC, &credentials(), Outcome::already("s3cret-key has it"));
        assert_eq!(done, Outcome::already("[hidden] has it"));
    }

    #[tokio::test]
    async fn a_credential_at_the_end_of_a_quotation_is_not_quoted_in_part() {
        let said = format!("{} s3cret-key-9 is unknown.", "x".repeat(10));
        for longest in 11..=said.len() {
            let cut =
                within(App::THINKIFIC, &credentials(), async { beginning(said.clone(), longest) }).await;
            assert!(!cut.contains("s3"), "{cut}");
        }
        assert_eq!(beginning(said, 14), "xxxxxxxxxx s3c", "outside of a call nothing is hidden");
    }
}
