//! A merchant who was sent to an app to allow us in, and has not come back yet.

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::id::{IntegrationId, MarketplaceId};
use crate::integration::Ciphertext;

/// How long a merchant has to allow us in.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// As many bytes has the signature behind a `state`.
const SIGNATURE: usize = 32;
const LONGEST_NONCE: usize = 64;

/// Which login it is: what a merchant takes to the app and brings back in the signed `state` (RFC 6749, section 10.12). It
/// names the marketplace, so that it is looked for nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginId {
    /// Whose account will be connected.
    pub marketplace: MarketplaceId,
    /// Which of the marketplace's logins.
    pub nonce: String,
}

impl LoginId {
    /// As it stands in a `state`, before the dot and the signature.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(format!("{}\n{}", self.marketplace, self.nonce).as_bytes())
    }

    /// The login of such a text.
    pub fn read(text: &str) -> Option<Self> {
        let plain = String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?;
        let (marketplace, nonce) = plain.split_once('\n')?;
        let is_ours =
            (1..=LONGEST_NONCE).contains(&nonce.len()) && nonce.chars().all(|c| c.is_ascii_alphanumeric());
        is_ours.then_some(Self { marketplace: marketplace.parse().ok()?, nonce: nonce.to_owned() })
    }

    /// What a `state` says of itself. Whether we signed it can only the app's connector tell, which is not asked for what
    /// is plainly not ours.
    pub fn claimed(state: &str) -> Option<Self> {
        let (text, signature) = state.split_once('.')?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        Self::read(text).filter(|_| signature.len() == SIGNATURE)
    }
}

/// What is known of the account that is to be connected. It is taken out as the login is finished, so that nobody finishes
/// it twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The account's id.
    pub integration: IntegrationId,
    /// Its label; absent where it keeps the one that it has.
    pub label: Option<String>,
    /// The manifest's method.
    pub method: String,
    /// What the merchant typed in before, and the proof key where the app takes one.
    pub credentials: Ciphertext,
    /// Where the app sends the merchant back to.
    pub redirect_uri: String,
    /// The portal's page that finishes the login; absent where whoever comes back does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
    /// Until when.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_says_which_it_is_and_what_is_plainly_no_state_of_ours_says_nothing() {
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
