//! TLS of every connection: rustls with ring, and the root certificates of the system.

use std::fs;
use std::sync::{Arc, LazyLock};

use memchr::{memchr, memchr_iter, memmem};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

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
    roots.add_parsable_certificates(certificates(&bundle));
    if roots.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    roots
}

/// The certificates of a bundle in PEM. rustls's own parser decodes in constant time, which only keys need: it would take
/// longer than the rest of a function's start.
fn certificates(bundle: &[u8]) -> impl Iterator<Item = CertificateDer<'static>> {
    memmem::find_iter(bundle, BEGIN).filter_map(|at| {
        let text = bundle.get(at + BEGIN.len()..)?;
        // Base64 has no hyphen.
        let (text, rest) = text.split_at_checked(memchr(b'-', text)?)?;
        let decoded = rest.starts_with(END).then(|| base64_simd::forgiving_decode_to_vec(&joined(text)))?;
        decoded.ok().map(CertificateDer::from)
    })
}

/// The lines without their breaks: the decoder removes whitespace byte by byte.
fn joined(text: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(text.len());
    let mut begin = 0;
    for end in memchr_iter(b'\n', text) {
        whole.extend_from_slice(&text[begin..end]);
        begin = end + 1;
    }
    whole.extend_from_slice(&text[begin..]);
    whole
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn the_certificates_of_a_bundle_are_those_that_rustls_reads() {
        let bundle = "# A comment\r\n-----BEGIN CERTIFICATE-----\r\nQUJD\r\nREVG\r\n-----END CERTIFICATE-----\r\nbetween\n\
                      -----BEGIN CERTIFICATE-----\nR0hJ\n-----END CERTIFICATE-----\n-----BEGIN TRUSTED CERTIFICATE-----\n\
                      SktM\n-----END TRUSTED CERTIFICATE-----\n"
            .as_bytes();
        let ours: Vec<_> = certificates(bundle).collect();
        let theirs: Vec<_> = CertificateDer::pem_slice_iter(bundle).collect::<Result<_, _>>().unwrap();
        assert_eq!(ours, theirs);
        assert_eq!(ours[0].as_ref(), b"ABCDEF");
    }

    #[test]
    fn a_broken_certificate_is_left_out() {
        let bundle =
            "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nQUJD\n\
                      -----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nREVG"
                .as_bytes();
        assert_eq!(certificates(bundle).collect::<Vec<_>>(), [CertificateDer::from(b"ABC".to_vec())]);
    }
}
