//! Portal tokens: JWTs (RFC 7519) with ES256, signed by a KMS key and verified here with its public key.

use aws::signer::{Signer, SignerError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::author::Actor;
use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::problem::Problem;

/// The only header that is written or accepted: a token must not choose the algorithm it is verified with.
const HEADER: &str = r#"{"alg":"ES256","typ":"JWT"}"#;
/// The issuer and the audience of the tokens.
const ISSUER: &str = "integration-engine";
/// The length in bytes of the uncompressed point at the end of a P-256 public key in DER.
const POINT: usize = 65;
/// The maximum length of a token in bytes. Longer ones are rejected unread.
const LONGEST: usize = 4096;

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The marketplace.
    pub sub: MarketplaceId,
    /// The portal session.
    pub sid: SessionId,
    /// The permission of the session.
    pub permission: Permission,
    /// The web origin of the pages that browsers may use the token from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The person who uses the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// The time of issue, in seconds since 1970.
    pub iat: i64,
    /// The expiry, in seconds since 1970.
    pub exp: i64,
}

impl From<&Session> for Claims {
    fn from(session: &Session) -> Self {
        Self {
            iss: ISSUER.to_owned(),
            sub: session.marketplace.clone(),
            sid: session.id.clone(),
            permission: session.permission,
            origin: session.origin.clone(),
            actor: session.actor.clone(),
            iat: session.created_at.as_second(),
            exp: session.expires_at.as_second(),
        }
    }
}

/// Issues and verifies tokens.
#[derive(Debug)]
pub struct Tokens {
    signer: Signer,
    /// Fetched once: the key does not change.
    public_key: OnceCell<Vec<u8>>,
}

impl Tokens {
    /// Uses this signing key.
    pub fn new(signer: Signer) -> Self {
        Self { signer, public_key: OnceCell::new() }
    }

    /// Fetches the public key, so that the first token is verified without it. If KMS does not answer, the first token's
    /// verification fetches it.
    pub(crate) async fn warm(&self) {
        drop(self.key().await);
    }

    async fn key(&self) -> Result<&[u8], SignerError> {
        let key = self.public_key.get_or_try_init(|| self.signer.public_key()).await;
        key.map(Vec::as_slice)
    }

    /// Issues the token of a session.
    ///
    /// # Errors
    /// KMS did not answer.
    pub async fn issue(&self, session: &Session) -> Result<String, SignerError> {
        let claims = serde_json::to_vec(&Claims::from(session)).unwrap_or_default();
        let message =
            format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(HEADER), BASE64_URL_SAFE_NO_PAD.encode(claims));
        let der = self.signer.sign(message.as_bytes()).await?;
        let signature = fixed(&der).map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        Ok(format!("{message}.{signature}"))
    }

    /// Returns the claims of a token if its signature is valid and it has not expired.
    ///
    /// # Errors
    /// 401 if the token is not valid or has expired, 503 if the key cannot be fetched.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Problem> {
        let invalid = || Problem::unauthorized("The portal token is not valid. Open the portal again.");
        let token = Token::read(token).ok_or_else(invalid)?;
        let key = self.key().await.map_err(|error| Problem::unavailable(&error))?;
        let point = key.len().checked_sub(POINT).map(|start| &key[start..]).unwrap_or_default();
        let claims = token.verified(point).ok_or_else(invalid)?;
        if claims.exp <= now.as_second() {
            return Err(Problem::unauthorized("The portal token has expired. Open the portal again."));
        }
        Ok(claims)
    }
}

/// A token with valid syntax, whose signature is not verified yet.
struct Token<'t> {
    message: &'t str,
    signature: Vec<u8>,
    claims: Claims,
}

impl<'t> Token<'t> {
    fn read(text: &'t str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        if BASE64_URL_SAFE_NO_PAD.decode(header).ok()? != HEADER.as_bytes() {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        (claims.iss == ISSUER).then_some(Self { message, signature, claims })
    }

    fn verified(self, point: &[u8]) -> Option<Claims> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        key.verify(self.message.as_bytes(), &self.signature).ok().map(|()| self.claims)
    }
}

/// Converts KMS's DER signature (a sequence of two integers) to a JWT's: the two numbers side by side, 32 bytes each.
fn fixed(der: &[u8]) -> Option<[u8; 64]> {
    let mut fixed = [0; 64];
    let numbers = match der {
        [0x30, length, rest @ ..] if usize::from(*length) == rest.len() => rest,
        _ => return None,
    };
    let rest = number(numbers, &mut fixed[..32])?;
    let rest = number(rest, &mut fixed[32..])?;
    rest.is_empty().then_some(fixed)
}

/// Reads one integer into the end of `to`, and returns the bytes that follow it.
fn number<'a>(der: &'a [u8], to: &mut [u8]) -> Option<&'a [u8]> {
    let [0x02, length, rest @ ..] = der else { return None };
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    // A leading zero byte only marks the number as positive.
    let first = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
    let digits = &digits[first..];
    let start = to.len().checked_sub(digits.len())?;
    to[start..].copy_from_slice(digits);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

    use super::*;

    struct Key(EcdsaKeyPair);

    impl Key {
        fn new() -> Self {
            let random = SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
            let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random);
            Self(key.unwrap())
        }

        /// Signs in DER, as KMS does.
        fn token(&self, header: &str, claims: &str) -> String {
            let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
            let message = format!("{}.{}", part(header), part(claims));
            let der = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
            format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(fixed(der.as_ref()).unwrap()))
        }

        fn point(&self) -> &[u8] {
            self.0.public_key().as_ref()
        }
    }

    fn verified(token: &str, point: &[u8]) -> Option<Claims> {
        Token::read(token)?.verified(point)
    }

    const CLAIMS: &str =
        r#"{"iss":"integration-engine","sub":"shop-1","sid":"ses_1","permission":"read","iat":1,"exp":2}"#;

    #[test]
    fn what_kms_signs_is_verified_however_long_its_numbers_are() {
        let key = Key::new();
        for _ in 0..300 {
            let claims = verified(&key.token(HEADER, CLAIMS), key.point()).unwrap();
            assert_eq!((claims.sub.as_str(), claims.permission), ("shop-1", Permission::Read));
        }
    }

    #[test]
    fn nothing_else_is() {
        let (key, other) = (Key::new(), Key::new());
        let good = key.token(HEADER, CLAIMS);
        let (message, signature) = good.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let forged = BASE64_URL_SAFE_NO_PAD.encode(CLAIMS.replace("shop-1", "shop-2"));
        for wrong in [
            other.token(HEADER, CLAIMS),
            key.token(r#"{"alg":"none"}"#, CLAIMS),
            key.token(HEADER, &CLAIMS.replace("integration-engine", "another-issuer")),
            key.token(HEADER, &CLAIMS.replace("read", "everything")),
            key.token(HEADER, "{}"),
            format!("{header}.{forged}.{signature}"),
            format!("{message}."),
            message.to_owned(),
            String::new(),
            "..".to_owned(),
            "a".repeat(10_000),
        ] {
            assert_eq!(verified(&wrong, key.point()), None, "{wrong}");
        }
        assert_eq!(verified(&good, &[]), None);
        // KMS is not called for a text that cannot be a token.
        for wrong in
            ["", "..", "a.b.c", &good[1..], &key.token(r#"{"alg":"none"}"#, CLAIMS), &key.token(HEADER, "[]")]
        {
            assert!(Token::read(wrong).is_none(), "{wrong}");
        }
    }
}
