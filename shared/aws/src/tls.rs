//! TLS of every connection: rustls with ring, and the root certificates that Mozilla trusts.
//!
//! The certificates are part of the program, because reading and parsing the system's takes a third of the instructions of a
//! function's start (callgrind, development build). A build has those of the version of `webpki-roots` in `Cargo.lock`.

use std::sync::{Arc, LazyLock};

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use webpki_roots::TLS_SERVER_ROOTS;

static CONFIG: LazyLock<ClientConfig> = LazyLock::new(|| {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    #[expect(clippy::expect_used, reason = "ring has the cipher suites of both versions")]
    let builder = builder.with_safe_default_protocol_versions().expect("TLS 1.2 and 1.3");
    let roots = RootCertStore { roots: TLS_SERVER_ROOTS.to_vec() };
    builder.with_root_certificates(roots).with_no_client_auth()
});

/// The configuration of every connection of this process.
pub fn client_config() -> ClientConfig {
    CONFIG.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a trusted root certificate has this common name: its subject contains the name's bytes.
    fn is_trusted(name: &str) -> bool {
        let has = |subject: &[u8]| subject.windows(name.len()).any(|part| part == name.as_bytes());
        TLS_SERVER_ROOTS.iter().any(|root| has(root.subject.as_ref()))
    }

    /// <https://www.amazontrust.com/repository/> lists the roots of AWS's endpoints.
    #[test]
    fn the_roots_of_aws_are_trusted_and_not_every_name_is() {
        for name in ["Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4"] {
            assert!(is_trusted(name), "{name}");
        }
        assert!(!is_trusted("Amazon Root CA 9"));
    }
}
