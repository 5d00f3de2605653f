//! Digests. A digest of personal data is keyed with the stack's secret: an address has far too few possible values for
//! a plain digest to hide it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use sha2::digest::Update;
use sha2::{Digest, Sha256};

/// The fewest characters of a secret. The template generates 64.
const SHORTEST: usize = 32;

/// The first bytes of a SHA-256 over length-prefixed parts, so that different lists of parts have different input. The
/// parts are not personal.
pub(crate) fn digest<const N: usize>(parts: &[&str]) -> [u8; N] {
    let mut hash = Sha256::new();
    feed(&mut hash, parts);
    first(&hash.finalize())
}

fn feed(hash: &mut impl Update, parts: &[&str]) {
    for part in parts {
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
}

fn first<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&hash[..N]);
    out
}

/// The stack's secret, which keys digests of personal data. It cannot be printed or read back.
///
/// It is never rotated: keys of the table contain its digests, so another secret would find no buyer.
#[derive(Clone)]
pub struct DigestSecret(Arc<Hmac<Sha256>>);

/// A text that is too short to be the stack's secret. The text is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the digests must have at least {SHORTEST} characters")]
pub struct ShortSecret;

impl DigestSecret {
    /// The first bytes of an HMAC-SHA256 over length-prefixed parts.
    pub fn digest<const N: usize>(&self, parts: &[&str]) -> [u8; N] {
        let mut hash = Hmac::clone(&self.0);
        feed(&mut hash, parts);
        first(&hash.finalize().into_bytes())
    }
}

impl FromStr for DigestSecret {
    type Err = ShortSecret;

    fn from_str(text: &str) -> Result<Self, ShortSecret> {
        if text.chars().count() < SHORTEST {
            return Err(ShortSecret);
        }
        Hmac::new_from_slice(text.as_bytes()).map(|hash| Self(Arc::new(hash))).map_err(|_| ShortSecret)
    }
}

impl fmt::Debug for DigestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestSecret(…)")
    }
}

#[cfg(test)]
const SAMPLE: &str = "0123456789abcdef0123456789abcdef";

/// A secret for tests.
#[cfg(test)]
pub(crate) fn sample_secret() -> DigestSecret {
    SAMPLE.parse().unwrap()
}

#[cfg(test)]
mod tests {
    use super::sample_secret as secret;
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(digest::<8>(&["ab", "c"]), digest::<8>(&["a", "bc"]));
        assert_ne!(secret().digest::<8>(&["ab", "c"]), secret().digest::<8>(&["a", "bc"]));
    }

    #[test]
    fn a_digest_is_an_hmac_under_the_secret() {
        // printf '\0\0\0\0\0\0\0\1a' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        let expected = data_encoding::HEXLOWER.encode(&secret().digest::<32>(&["a"]));
        assert_eq!(expected, "3c055639252fdb200696d8b3fdda4c61a1898388185f2c13bb882b5dbaf3f6ef");
        let other: DigestSecret = SAMPLE.replace('0', "1").parse().unwrap();
        assert_ne!(other.digest::<8>(&["a"]), secret().digest::<8>(&["a"]));
        assert_ne!(digest::<8>(&["a"]), secret().digest::<8>(&["a"]));
    }

    #[test]
    fn a_secret_is_not_printed_and_a_short_one_is_refused_without_its_text() {
        assert_eq!(format!("{:?}", secret()), "DigestSecret(…)");
        let short = &SAMPLE[1..];
        let error = short.parse::<DigestSecret>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains(short), "{error}");
    }
}
