//! The signature of Standard Webhooks, symmetric.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme>

use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Accepts base64 with and without padding, because merchants copy both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The length of a secret in bytes, from the standard.
const LENGTHS: RangeInclusive<usize> = 24..=64;

/// A merchant's signing secret, ready to sign.
pub struct Signer(Hmac<Sha256>);

/// A text that is not a signing secret. The error does not quote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing secret is not `whsec_` followed by 24 to 64 bytes in base64")]
pub struct InvalidSecret;

impl Signer {
    /// Reads `whsec_` and base64, padded or not.
    ///
    /// # Errors
    /// [`InvalidSecret`]
    pub fn new(secret: &str) -> Result<Self, InvalidSecret> {
        let encoded = secret.trim().strip_prefix("whsec_").ok_or(InvalidSecret)?;
        let key = BASE64.decode(encoded).map_err(|_| InvalidSecret)?;
        if !LENGTHS.contains(&key.len()) {
            return Err(InvalidSecret);
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| InvalidSecret)
    }

    /// The value of `webhook-signature`. `seconds` is the `webhook-timestamp`, in seconds since 1970.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_signs_as_the_standards_own_libraries_do() {
        let signer = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_reads_with_its_padding_and_without() {
        let of = |secret: &str| Signer::new(secret).map(|signer| signer.sign("a", 1, b"{}"));
        let secret = |bytes: usize| format!("whsec_{}", BASE64.encode(vec![7; bytes]));
        for bytes in 24..=64 {
            let padded = secret(bytes);
            assert!(of(&padded).is_ok(), "{bytes}");
            assert_eq!(of(&padded), of(&format!(" {} ", padded.trim_end_matches('='))), "{bytes}");
        }
        for wrong in ["", "c2VjcmV0", "whsec_", "whsec_not base64", "whsec_c2Vj*", &secret(23), &secret(65)] {
            assert_eq!(of(wrong), Err(InvalidSecret), "{wrong}");
        }
    }
}
