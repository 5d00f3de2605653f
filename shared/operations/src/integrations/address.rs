//! The address that identifies an account to the merchant: the URL among its credentials that is not a secret, such as
//! a webhook's. It is stored unencrypted, so possible secrets are removed from it.

use std::collections::BTreeMap;

use domain::manifest::Method;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The number of characters that are kept of a path segment that can be a secret.
const SHOWN: usize = 4;
/// A path segment with more characters can be a secret.
const LONGEST_WORD: usize = 20;

/// The first URL among the credentials that are not secrets.
pub(super) fn of(method: &Method, given: &BTreeMap<String, SecretString>) -> Option<String> {
    let open = method.credentials.iter().filter(|credential| !credential.secret);
    let values = open.filter_map(|credential| given.get(&credential.key));
    let mut urls = values.filter_map(|value| Url::parse(value.expose_secret().trim()).ok());
    urls.find(Url::has_host).map(|url| redacted(&url))
}

/// Removes user name, password, query values and fragment. Services put a token in the last path segment or in a long
/// one; such a segment is shortened.
fn redacted(url: &Url) -> String {
    let segments: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    let last = segments.iter().rposition(|segment| !segment.is_empty());
    let shown = |(index, segment): (usize, &&str)| {
        let count = segment.chars().count();
        if Some(index) != last && count <= LONGEST_WORD {
            return (*segment).to_owned();
        }
        let shown: String = segment.chars().take(SHOWN.min(count / 2)).collect();
        format!("{shown}…")
    };
    let path: Vec<_> = segments.iter().enumerate().map(shown).collect();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| format!("{name}=…")).collect();
    let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
    format!("{}/{}{query}", url.origin().ascii_serialization(), path.join("/"))
}

#[cfg(test)]
mod tests {
    use domain::app::App;
    use domain::manifest::Catalog;

    use super::*;

    fn of_app(app: App, key: &str, value: &str) -> Option<String> {
        let methods = &Catalog::get().manifest(app).unwrap().methods;
        let method = methods.iter().find(|method| method.oauth.is_none()).unwrap();
        of(method, &BTreeMap::from([(key.to_owned(), SecretString::from(value))]))
    }

    #[test]
    fn an_address_is_recognised_and_holds_nothing_that_can_be_a_secret() {
        for (url, shown) in [
            ("https://shop.example.com", "https://shop.example.com/"),
            ("https://shop.example.com/hooks/orders", "https://shop.example.com/hooks/ord…"),
            ("https://shop.example.com:8443/hooks/x/", "https://shop.example.com:8443/hooks/…/"),
            (
                "https://me:pass@shop.example.com/in?token=s3cret&v=1#s3cret",
                "https://shop.example.com/i…?token=…&v=…",
            ),
            (
                "https://hooks.example.com/catch/123456/a1b2c3d/",
                "https://hooks.example.com/catch/123456/a1b…/",
            ),
            (
                "https://hooks.example.com/0123456789abcdef01234/IncomingWebhook/01234567-89ab",
                "https://hooks.example.com/0123…/IncomingWebhook/0123…",
            ),
        ] {
            assert_eq!(of_app(App::WEBHOOK, "url", url).as_deref(), Some(shown), "{url}");
        }
    }

    #[test]
    fn a_secret_has_no_address_even_if_it_is_a_url() {
        assert_eq!(of_app(App::THINKIFIC, "subdomain", "my-school"), None);
        assert_eq!(of_app(App::WEBHOOK, "signing_secret", "https://shop.example.com/s3cret"), None);
        assert_eq!(of_app(App::MAILCHIMP, "api_key", "0123456789abcdef-us6"), None);
    }
}
