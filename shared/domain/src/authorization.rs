//! An OAuth login that a merchant has started at an app and not finished yet.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{IntegrationId, MarketplaceId};
use crate::integration::Ciphertext;

/// The time that a merchant has to authorize us: 15 minutes.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// The length of the signature in a `state`, in bytes.
const SIGNATURE: usize = 32;
const LONGEST_NONCE: usize = 64;

/// The identity of a login, which the merchant takes to the app and back in the signed `state` (RFC 6749, section
/// 10.12). It contains the marketplace, so the login is found by its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginId {
    /// The marketplace whose account will be connected.
    pub marketplace: MarketplaceId,
    /// Identifies the login within the marketplace: 1 to 64 ASCII letters or digits.
    pub nonce: String,
}

impl LoginId {
    /// The part of the `state` before the dot and the signature.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{}\n{}", self.marketplace, self.nonce).as_bytes())
    }

    /// Parses that part.
    pub fn read(text: &str) -> Option<Self> {
        let plain = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let (marketplace, nonce) = plain.split_once('\n')?;
        let is_ours =
            (1..=LONGEST_NONCE).contains(&nonce.len()) && nonce.chars().all(|c| c.is_ascii_alphanumeric());
        is_ours.then_some(Self { marketplace: marketplace.parse().ok()?, nonce: nonce.to_owned() })
    }

    /// The login that a `state` claims to be. Only the app's connector can verify the signature; a `state` of the wrong
    /// format is rejected without invoking the connector.
    pub fn claimed(state: &str) -> Option<Self> {
        let (text, signature) = state.split_once('.')?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        Self::read(text).filter(|_| signature.len() == SIGNATURE)
    }
}

/// The account to be connected. The item is deleted when the login finishes, so that a login can finish only once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The account's id.
    pub integration: IntegrationId,
    /// Its label; `None` keeps the current label.
    pub label: Option<String>,
    /// The key of the manifest's method.
    pub method: String,
    /// The credentials that the merchant entered before, and the proof key if the app supports one.
    pub credentials: Ciphertext,
    /// The address that the app redirects the merchant to.
    pub redirect_uri: String,
    /// The portal's page that finishes the login; `None` if the browser that returns finishes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
    /// The time after which the login cannot be finished.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_names_its_login_and_a_malformed_state_is_rejected() {
        let login = LoginId { marketplace: "shop-1".parse().unwrap(), nonce: "ab12".to_owned() };
        let (text, signature) = (login.text(), BASE64URL_NOPAD.encode(&[7; SIGNATURE]));
        assert_eq!(LoginId::claimed(&format!("{text}.{signature}")), Some(login.clone()));
        let unlike = |nonce: &str| LoginId { nonce: nonce.to_owned(), ..login.clone() }.text();
        for nonce in ["", "#", &"a".repeat(65)] {
            assert_eq!(LoginId::read(&unlike(nonce)), None, "{nonce}");
        }
        for other in [
            "",
            "x",
            ".",
            &text,
            &format!("{text}."),
            &format!("{text}.{signature}A"),
            &format!(".{signature}"),
        ] {
            assert_eq!(LoginId::claimed(other), None, "{other}");
        }
    }
}
