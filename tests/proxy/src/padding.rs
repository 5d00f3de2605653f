//! Fits a longer body into the length of the signed body.
//!
//! Every client signs `Content-Length`, so an addition to a body must not make the request longer. The body is
//! compressed, and the archive's comment fills the remaining bytes.
use std::io::Write;

use flate2::{Compression, GzBuilder};

/// The body as a gzip archive of exactly `length` bytes, if it fits.
pub(crate) fn pack(body: &[u8], length: usize) -> Option<Vec<u8>> {
    let bare = archive(GzBuilder::new(), body)?;
    let spare = length.checked_sub(bare.len())?;
    if spare == 0 {
        return Some(bare);
    }
    // A comment ends with a zero byte.
    archive(GzBuilder::new().comment(vec![b' '; spare - 1]), body)
}

fn archive(builder: GzBuilder, body: &[u8]) -> Option<Vec<u8>> {
    let mut archive = builder.write(Vec::new(), Compression::fast());
    archive.write_all(body).ok()?;
    archive.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_packed_body_has_the_length_asked_for_and_reads_as_it_was() {
        let body = r#"{"Item":{"pk":{"S":"demo#EFFECT#1"},"sk":{"S":"demo#EFFECT#1"}}}"#.repeat(4);
        let shortest = archive(GzBuilder::new(), body.as_bytes()).unwrap().len();
        for length in [shortest, shortest + 1, shortest + 2, body.len()] {
            let packed = pack(body.as_bytes(), length).unwrap();
            let mut read = String::new();
            GzDecoder::new(&packed[..]).read_to_string(&mut read).unwrap();
            assert_eq!((packed.len(), &read), (length, &body));
        }
        assert_eq!(pack(body.as_bytes(), shortest - 1), None);
    }
}
