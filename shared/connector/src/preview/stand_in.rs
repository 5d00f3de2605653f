//! Stand-ins for credentials: texts of the same form, in which every letter and digit that can be secret is replaced.

use domain::app::App;
use domain::manifest::{Catalog, Credential};
use regex::Regex;
use secrecy::{ExposeSecret, SecretString};

use crate::credentials::{ACCESS_TOKEN, Credentials};
use crate::oauth::authorizer::flow;

/// Replaces each letter and digit. A run of it is valid base64 too.
const FILL: char = 'A';
/// The stand-in for an access token. The stored token is not read.
const TOKEN: &str = "AAAAAAAAAAAAAAAAAAAAAAAA";
/// A shorter run of the fill may be a word of the merchant's. It is not a credential in any case.
const SHORTEST: usize = 6;

/// The stand-ins for an account's credentials.
#[derive(Debug)]
pub(crate) struct StandIns {
    credentials: Credentials,
    /// The replaced parts, longest first.
    replaced: Vec<String>,
}

impl StandIns {
    /// The stand-ins for the credentials of an account that is connected by a method.
    pub(crate) fn of(app: App, method: &str, real: &Credentials) -> Self {
        let typed = Catalog::get()
            .manifest(app)
            .into_iter()
            .flat_map(|manifest| &manifest.methods)
            .flat_map(|method| &method.credentials);
        let mut stand_ins = Self { credentials: real.clone(), replaced: Vec::new() };
        for credential in typed.filter(|credential| credential.secret || credential.public.is_some()) {
            let Ok(value) = real.get(&credential.key) else { continue };
            let value = stand_ins.replace(value.expose_secret(), credential);
            stand_ins.set(&credential.key, &value);
        }
        if flow(app, method).is_some() || real.get(ACCESS_TOKEN).is_ok() {
            stand_ins.replaced.push(TOKEN.to_owned());
            stand_ins.set(ACCESS_TOKEN, TOKEN);
        }
        stand_ins.replaced.retain(|part| part.len() >= SHORTEST);
        stand_ins.replaced.sort_by_key(|part| std::cmp::Reverse(part.len()));
        stand_ins
    }

    /// The stand-ins, for a connector.
    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The texts that stand for secrets, longest first.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = &str> {
        self.replaced.iter().map(String::as_str)
    }

    fn set(&mut self, key: &str, value: &str) {
        self.credentials = self.credentials.clone().with(key, SecretString::from(value));
    }

    /// The value with every part replaced that the manifest does not call public.
    fn replace(&mut self, value: &str, credential: &Credential) -> String {
        let public = credential.public.as_deref().and_then(|public| Regex::new(public).ok());
        let (mut stand_in, mut end) = (String::new(), 0);
        let found = public.iter().flat_map(|public| public.find_iter(value)).map(|found| found.range());
        for kept in found.chain(std::iter::once(value.len()..value.len())) {
            let part = filled(&value[end..kept.start]);
            stand_in.push_str(&part);
            self.replaced.push(part);
            stand_in.push_str(&value[kept.clone()]);
            end = kept.end;
        }
        stand_in
    }
}

fn filled(secret: &str) -> String {
    secret.chars().map(|c| if c.is_alphanumeric() { FILL } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand_in(app: App, key: &str, value: &str) -> String {
        let real = Credentials::parse(serde_json::json!({ key: value }).to_string().as_bytes()).unwrap();
        let stand_ins = StandIns::of(app, "", &real);
        stand_ins.credentials().get(key).unwrap().expose_secret().to_owned()
    }

    #[test]
    fn a_stand_in_keeps_the_form_and_nothing_secret() {
        for (app, key, value, expected) in [
            (App::MAILCHIMP, "api_key", "0f1e2d3c-us6", "AAAAAAAA-us6"),
            (App::KIT, "api_secret", "s3cret_-9", "AAAAAA_-A"),
            (App::THINKIFIC, "subdomain", "my-school", "my-school"),
            (App::WEBHOOK, "signing_secret", "whsec_MfKQ9r8G+/==", "whsec_AAAAAAAA+/=="),
            (
                App::WEBHOOK,
                "url",
                "https://hooks.example.com:8443/T01/x9?key=7",
                "https://hooks.example.com:8443/AAA/AA?AAA=A",
            ),
            (App::WEBHOOK, "url", "https://u:p@hooks.example.com/", "AAAAA://A:A@AAAAA.AAAAAAA.AAA/"),
            (
                App::KAJABI,
                "activate_url",
                "https://checkout.kajabi.com/webhooks/offers/s3cret_-T/2147/activate",
                "https://checkout.kajabi.com/webhooks/offers/AAAAAA_-A/2147/activate",
            ),
        ] {
            assert_eq!(stand_in(app, key, value), expected, "{key}");
        }
    }

    #[test]
    fn every_public_part_is_a_valid_expression() {
        let methods = Catalog::get().all().flat_map(|manifest| &manifest.methods);
        for credential in methods.flat_map(|method| &method.credentials) {
            assert!(
                credential.public.as_deref().is_none_or(|public| Regex::new(public).is_ok()),
                "{credential:?}"
            );
        }
    }
}
