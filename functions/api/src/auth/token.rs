//! Portal tokens: JWTs (RFC 7519) of one kind, ES256, signed by a KMS key and verified here with its public half.

use aws::signer::{Signer, SignerError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::id::{MarketplaceId, SessionId};
use domain::session::{Permission, Session};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::problem::Problem;

/// The only header that is written or taken: which algorithm a token is verified with is not the token's to say.
const HEADER: &str = r#"{"alg":"ES256","typ":"JWT"}"#;
/// Whom the tokens are by and for.
const ISSUER: &str = "integration-engine";
/// Where the point lies in the public key of a P-256 key: at the end of its DER, uncompressed.
const POINT: usize = 65;
/// The longest token that is looked at.
const LONGEST: usize = 4096;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// The marketplace.
    pub sub: MarketplaceId,
    /// The session.
    pub sid: SessionId,
    /// What it allows.
    pub permission: Permission,
    /// The web origin of the pages that browsers may use it from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it ends.
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
            iat: session.created_at.as_second(),
            exp: session.expires_at.as_second(),
        }
    }
}

/// Issues and verifies tokens.
#[derive(Debug)]
pub struct Tokens {
    signer: Signer,
    /// QueryParams for once: the key does not change.
    public_key: OnceCell<Vec<u8>>,
}

impl Tokens {
    /// With the key that signs them.
    pub fn new(signer: Signer) -> Self {
        Self { signer, public_key: OnceCell::new() }
    }

    /// A session's token.
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

    /// What a token says, if it is ours and its time is not over.
    ///
    /// # Errors
    /// 401, or 503 where the key cannot be had.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, Problem> {
        let invalid = || Problem::unauthorized("The portal token is not valid: open the portal again.");
        let token = Token::read(token).ok_or_else(invalid)?;
        let key = self.public_key.get_or_try_init(|| self.signer.public_key()).await;
        let key = key.map_err(|error| Problem::unavailable(&error))?;
        let point = key.len().checked_sub(POINT).map(|start| &key[start..]).unwrap_or_default();
        let claims = token.verified(point).ok_or_else(invalid)?;
        if claims.exp <= now.as_second() {
            return Err(Problem::unauthorized("The portal token has expired: open the portal again."));
        }
        Ok(claims)
    }
}

/// A token that reads as one of ours. Whether it is, its signature says.
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

/// KMS signs in DER (a sequence of two integers); a JWT holds the two numbers side by side, 32 bytes each.
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

/// Reads one integer into the end of `to`, and gives what follows it.
fn number<'a>(der: &'a [u8], to: &mut [u8]) -> Option<&'a [u8]> {
    let [0x02, length, rest @ ..] = der else { return None };
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    // A first zero only says that the number is positive.
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

        /// As KMS signs.
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
            key.token(HEADER, &CLAIMS.replace("integration-engine", "somebody")),
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
        // Nothing is asked of anybody for a text that cannot be a token.
        for wrong in
            ["", "..", "a.b.c", &good[1..], &key.token(r#"{"alg":"none"}"#, CLAIMS), &key.token(HEADER, "[]")]
        {
            assert!(Token::read(wrong).is_none(), "{wrong}");
        }
    }
}
