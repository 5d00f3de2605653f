//! The `state` that a merchant takes to an app and brings back (RFC 6749, section 10.12): signed, so that nobody makes one
//! up; bound to the marketplace, so that it is looked for nowhere else; and good once, because what it names is taken out.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::app::App;
use domain::id::MarketplaceId;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Who was sent, and which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) marketplace: MarketplaceId,
    pub(crate) nonce: String,
}

impl State {
    /// As it is sent. `key`: our secret with the app, which the merchant does not know.
    pub(crate) fn signed(&self, app: App, key: &SecretString) -> String {
        let text = BASE64_URL_SAFE_NO_PAD.encode(format!("{}\n{}", self.marketplace, self.nonce));
        let signature = mac(app, key, &text).map(|mac| mac.finalize().into_bytes());
        let signature = signature.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        format!("{text}.{signature}")
    }

    /// As it came back; `None` for one that is not ours.
    pub(crate) fn verified(text: &str, app: App, key: &SecretString) -> Option<Self> {
        let (text, signature) = text.split_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(app, key, text)?.verify_slice(&signature).ok()?;
        let plain = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (marketplace, nonce) = plain.split_once('\n')?;
        Some(Self { marketplace: marketplace.parse().ok()?, nonce: nonce.to_owned() })
    }
}

/// Over the app too, so that a secret that two apps share makes no state good for both.
fn mac(app: App, key: &SecretString, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
    mac.update(format!("oauth state of {app}\n{text}").as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use domain::ask::Accept;

    use super::*;

    #[test]
    fn only_what_we_signed_for_this_app_is_taken_back() {
        let key = SecretString::from("s3cret");
        let state = State { marketplace: "shop-1".parse().unwrap(), nonce: "ab12".to_owned() };
        let sent = state.signed(App::Kit, &key);
        assert_eq!(State::verified(&sent, App::Kit, &key), Some(state.clone()));
        let come_back = |state: &str| Accept { parameters: [("state".to_owned(), state.to_owned())].into() };
        assert!(come_back(&sent).has_signed_form());
        for unsigned in ["", "x", ".", &format!("{sent}A"), sent.trim_start_matches(|c| c != '.'), &sent[1..]]
        {
            assert!(!come_back(unsigned).has_signed_form(), "{unsigned}");
        }
        assert!(url::form_urlencoded::byte_serialize(sent.as_bytes()).eq([sent.as_str()]), "{sent}");
        let other = State { marketplace: "shop-2".parse().unwrap(), ..state }.signed(App::Kit, &key);
        let forged = format!("{}.{}", other.split_once('.').unwrap().0, sent.split_once('.').unwrap().1);
        for (wrong, app, key) in [
            (forged.as_str(), App::Kit, "s3cret"),
            (&sent, App::Mailchimp, "s3cret"),
            (&sent, App::Kit, "another"),
            (sent.split_once('.').unwrap().0, App::Kit, "s3cret"),
            ("", App::Kit, "s3cret"),
            (".", App::Kit, "s3cret"),
        ] {
            assert_eq!(State::verified(wrong, app, &SecretString::from(key)), None, "{wrong}");
        }
    }
}
