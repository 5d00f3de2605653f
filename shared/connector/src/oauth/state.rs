//! The `state` that a merchant takes to an app and brings back: a login's id, signed, so that it cannot be forged. It
//! is valid once, because the login that it names is deleted when it is read.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::app::App;
use domain::authorization::LoginId;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The value to send. `key`: our client secret with the app, which the merchant does not know.
pub(crate) fn signed(login: &LoginId, app: App, key: &SecretString) -> String {
    let text = login.text();
    let signature = mac(app, key, &text).map(|mac| mac.finalize().into_bytes());
    let signature = signature.map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
    format!("{text}.{signature}")
}

/// The login's id in a returned value; `None` if the signature is not ours.
pub(crate) fn verified(state: &str, app: App, key: &SecretString) -> Option<LoginId> {
    let (text, signature) = state.split_once('.')?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(app, key, text)?.verify_slice(&signature).ok()?;
    LoginId::read(text)
}

/// Signs the app too: if two apps share a secret, a state of one is not valid for the other.
fn mac(app: App, key: &SecretString, text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).ok()?;
    mac.update(format!("oauth state of {app}\n{text}").as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_signed_for_this_app_is_taken_back() {
        let key = SecretString::from("s3cret");
        let login = LoginId { marketplace: "shop-1".parse().unwrap(), nonce: "ab12".to_owned() };
        let sent = signed(&login, App::KIT, &key);
        assert_eq!(verified(&sent, App::KIT, &key), Some(login.clone()));
        assert_eq!(LoginId::claimed(&sent), Some(login.clone()));
        assert!(url::form_urlencoded::byte_serialize(sent.as_bytes()).eq([sent.as_str()]), "{sent}");
        let other = LoginId { marketplace: "shop-2".parse().unwrap(), ..login };
        let other = signed(&other, App::KIT, &key);
        let forged = format!("{}.{}", other.split_once('.').unwrap().0, sent.split_once('.').unwrap().1);
        for (wrong, app, key) in [
            (forged.as_str(), App::KIT, "s3cret"),
            (&sent, App::MAILCHIMP, "s3cret"),
            (&sent, App::KIT, "another"),
            (sent.split_once('.').unwrap().0, App::KIT, "s3cret"),
            ("", App::KIT, "s3cret"),
            (".", App::KIT, "s3cret"),
        ] {
            assert_eq!(verified(wrong, app, &SecretString::from(key)), None, "{wrong}");
        }
    }
}
