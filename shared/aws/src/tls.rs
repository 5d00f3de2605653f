//! TLS of every connection: rustls with ring, and the root certificates of the system.

use std::fs;
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

static CONFIG: LazyLock<ClientConfig> = LazyLock::new(|| {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    #[expect(clippy::expect_used, reason = "ring has the cipher suites of both versions")]
    let builder = builder.with_safe_default_protocol_versions().expect("TLS 1.2 and 1.3");
    builder.with_root_certificates(roots()).with_no_client_auth()
});

/// The configuration of every connection of this process. The first call reads the root certificates.
pub fn client_config() -> ClientConfig {
    CONFIG.clone()
}

/// The root certificates of the system's bundle, such as `/etc/pki/tls/certs/ca-bundle.crt` of Lambda; without a bundle,
/// those of its folder.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let bundle = openssl_probe::probe().cert_file.and_then(|file| fs::read(file).ok()).unwrap_or_default();
    roots.add_parsable_certificates(certificates(&String::from_utf8_lossy(&bundle)));
    if roots.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    roots
}

/// The certificates of a bundle in PEM. rustls's own parser decodes in constant time, which only keys need: it would take
/// longer than the rest of a function's start.
fn certificates(bundle: &str) -> impl Iterator<Item = CertificateDer<'static>> {
    bundle.split(BEGIN).skip(1).filter_map(|text| {
        let (text, _) = text.split_once(END)?;
        let text: String = text.lines().map(str::trim).collect();
        BASE64_STANDARD.decode(text).ok().map(CertificateDer::from)
    })
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_certificates_of_a_bundle_are_those_that_rustls_reads() {
        let bundle = format!(
            "# A comment\r\n{BEGIN}\r\nQUJD\r\nREVG\r\n{END}\r\nbetween\n{BEGIN}\nR0hJ\n{END}\n-----BEGIN TRUSTED \
             CERTIFICATE-----\nSktM\n-----END TRUSTED CERTIFICATE-----\n"
        );
        let ours: Vec<_> = certificates(&bundle).collect();
        let theirs: Vec<_> =
            CertificateDer::pem_slice_iter(bundle.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert_eq!(ours, theirs);
        assert_eq!(ours[0].as_ref(), b"ABCDEF");
    }

    #[test]
    fn a_broken_certificate_is_left_out() {
        let bundle = format!("{BEGIN}\n?\n{END}\n{BEGIN}\nQUJD\n{END}\n{BEGIN}\nREVG");
        assert_eq!(certificates(&bundle).collect::<Vec<_>>(), [CertificateDer::from(b"ABC".to_vec())]);
    }
}
