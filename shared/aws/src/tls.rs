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
