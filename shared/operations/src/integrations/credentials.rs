//! Validation of credentials against the app's manifest. An error names the field and never the value.

use std::collections::BTreeMap;

use domain::manifest::{Manifest, Method};
use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

/// The reason why credentials are not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCredentials {
    /// The text is not a JSON object of texts. The message does not quote it.
    #[error("the credentials are not a JSON object of texts, such as {{\"api_key\": \"…\"}}")]
    Malformed,
    /// The app has no credential with this key.
    #[error("credential `{key}` does not exist for {app}; its credentials are: {known}")]
    Unknown {
        /// The unknown key.
        key: String,
        /// The app.
        app: String,
        /// The keys of the app's credentials.
        known: String,
    },
    /// A required credential is missing or blank.
    #[error("credential `{key}` ({label}) is missing. {help}")]
    Missing {
        /// The key.
        key: String,
        /// The label that a merchant reads.
        label: String,
        /// Where to find the value.
        help: String,
    },
    /// The value does not match the pattern of the manifest.
    #[error("credential `{key}` ({label}) is not valid. {help}")]
    Mismatch {
        /// The key.
        key: String,
        /// The label that a merchant reads.
        label: String,
        /// Where to find the value.
        help: String,
    },
    /// The pattern in the manifest is not valid: a defect of this build.
    #[error("credential `{key}` cannot be checked: the app's manifest in this build is wrong")]
    Pattern {
        /// The key.
        key: String,
    },
}

impl InvalidCredentials {
    /// The key of the credential, unless the error is about the whole text.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Malformed => None,
            Self::Unknown { key, .. }
            | Self::Missing { key, .. }
            | Self::Mismatch { key, .. }
            | Self::Pattern { key } => Some(key),
        }
    }
}

/// Parses a JSON object of texts.
pub fn read(json: &SecretString) -> Result<BTreeMap<String, SecretString>, InvalidCredentials> {
    // serde's message would quote a value.
    serde_json::from_str(json.expose_secret()).map_err(|_| InvalidCredentials::Malformed)
}

/// Validates credentials against the manifest. Returns the JSON object to encrypt. Surrounding blanks, which pasting
/// often adds, are removed from the values.
pub fn check(
    manifest: &Manifest,
    method: &Method,
    given: &BTreeMap<String, SecretString>,
) -> Result<SecretString, InvalidCredentials> {
    let known = || method.credentials.iter().map(|credential| credential.key.as_str());
    if let Some(key) = given.keys().find(|key| !known().any(|known| known == key.as_str())) {
        return Err(InvalidCredentials::Unknown {
            key: key.clone(),
            app: manifest.label.clone(),
            known: known().collect::<Vec<_>>().join(", "),
        });
    }
    let mut checked = BTreeMap::new();
    for credential in &method.credentials {
        let (key, label, help) = (&credential.key, &credential.label, &credential.help);
        let value = given.get(key).map_or("", |value| value.expose_secret().trim());
        if value.is_empty() && credential.optional {
            continue;
        }
        if value.is_empty() {
            return Err(InvalidCredentials::Missing {
                key: key.clone(),
                label: label.clone(),
                help: help.clone(),
            });
        }
        if let Some(pattern) = &credential.pattern {
            let regex = Regex::new(pattern).map_err(|_| InvalidCredentials::Pattern { key: key.clone() })?;
            if !regex.is_match(value) {
                return Err(InvalidCredentials::Mismatch {
                    key: key.clone(),
                    label: label.clone(),
                    help: help.clone(),
                });
            }
        }
        checked.insert(key, value);
    }
    serde_json::to_string(&checked).map(SecretString::from).map_err(|_| InvalidCredentials::Malformed)
}

#[cfg(test)]
mod tests {
    use domain::app::App;
    use domain::manifest::Catalog;

    use super::*;

    const SECRET: &str = "s3cret-with-no-data-centre-";

    fn checked(app: App, given: &[(&str, &str)]) -> Result<SecretString, InvalidCredentials> {
        let given =
            given.iter().map(|(key, value)| ((*key).to_owned(), SecretString::from(*value))).collect();
        let manifest = Catalog::get().manifest(app).unwrap();
        check(manifest, manifest.methods.iter().find(|method| method.oauth.is_none()).unwrap(), &given)
    }

    #[test]
    fn good_credentials_become_the_object_that_connectors_read() {
        let sealed = checked(App::MAILCHIMP, &[("api_key", " abc123-us6\n")]).unwrap();
        assert_eq!(sealed.expose_secret(), r#"{"api_key":"abc123-us6"}"#);
    }

    #[test]
    fn an_error_names_the_field_and_the_way_out_but_never_the_value() {
        for (app, given, named) in [
            (App::MAILCHIMP, &[("api_key", SECRET)][..], "`api_key`"),
            (App::MAILCHIMP, &[("api_key", " ")], "`api_key`"),
            (
                App::MAILCHIMP,
                &[("apikey", SECRET)],
                "`apikey` does not exist for Mailchimp; its credentials are: api_key",
            ),
            (
                App::WEBHOOK,
                &[("url", "https://example.com/hook"), ("signing_secret", SECRET)],
                "`signing_secret`",
            ),
            (
                App::WEBHOOK,
                &[("url", "https://example.com/hook")],
                "`signing_secret` (Signing secret) is missing",
            ),
        ] {
            let error = checked(app, given).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains(named) && !said.contains(SECRET), "{said}");
        }
    }

    #[test]
    fn standard_input_must_hold_an_object_of_texts_and_is_not_quoted_if_it_does_not() {
        let read = |text: &str| read(&SecretString::from(text));
        assert_eq!(read(r#"{"api_key": "abc-us6"}"#).unwrap().len(), 1);
        for wrong in [r#"{"api_key": ["s3cret"]}"#, "s3cret", r#""s3cret""#, ""] {
            let error = read(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
