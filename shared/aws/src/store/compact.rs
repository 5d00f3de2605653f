//! The compact encoding of the texts in an event's item, and of a parked job's message: a version, the text's length, and
//! the text compressed with that version's dictionary.
//!
//! DynamoDB bills a write by the kilobyte begun. JSON repeats its field names, and the dictionary has a fact of each
//! kind and the verdicts, so that a fact of 4 KB takes as many units as one of half a KB. A dictionary is never changed:
//! items that were written with it could not be read. A better one gets the next version.

use std::cell::RefCell;

use aws_sdk_dynamodb::primitives::Blob;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// The version that is written. Its byte is the first of the value, and the length follows in four.
const VERSION: u8 = 1;
const DICTIONARY: &[u8] = include_bytes!("compact/dictionary-1.txt");
/// The largest text, in bytes: more than an item can store uncompressed.
const LARGEST: usize = 1024 * 1024;
/// Bytes by which a text that cannot be compressed grows, for each 16 KB begun.
const OVERHEAD: usize = 16;
/// The level of the compression. The next one, the best, returns texts of the same size, and takes twice as long to read
/// the dictionary.
const LEVEL: u32 = 8;

thread_local! {
    /// To allocate and clear its tables takes longer than to compress a fact.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// A value that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    /// It was written by another version of the engine.
    #[error("version {0:?} of the encoding is not known")]
    Version(Option<u8>),
    /// It is no compressed text.
    #[error("the value is not compressed with the dictionary of its version")]
    Content,
}

/// Encodes a text.
pub(super) fn pack(text: &str) -> Result<Blob, Unreadable> {
    let length = u32::try_from(text.len()).map_err(|_| Unreadable::Content)?;
    let mut packed = Vec::with_capacity(5 + text.len() + OVERHEAD * (1 + text.len() / 16_384));
    packed.push(VERSION);
    packed.extend(length.to_be_bytes());
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.set_dictionary(DICTIONARY).ok()?;
        deflate.compress_vec(text.as_bytes(), &mut packed, FlushCompress::Finish).ok()
    });
    match status {
        Some(Status::StreamEnd) => Ok(Blob::new(packed)),
        Some(Status::Ok | Status::BufError) | None => Err(Unreadable::Content),
    }
}

/// Decodes a text.
pub(super) fn unpack(packed: &Blob) -> Result<String, Unreadable> {
    let (version, rest) = packed.as_ref().split_first().ok_or(Unreadable::Version(None))?;
    if *version != VERSION {
        return Err(Unreadable::Version(Some(*version)));
    }
    let (length, compressed) = rest.split_first_chunk().ok_or(Unreadable::Content)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Unreadable::Content)?;
    if length > LARGEST {
        return Err(Unreadable::Content);
    }
    let mut text = Vec::with_capacity(length);
    let mut inflate = Decompress::new(false);
    inflate.set_dictionary(DICTIONARY).map_err(|_| Unreadable::Content)?;
    match inflate.decompress_vec(compressed, &mut text, FlushDecompress::Finish) {
        Ok(Status::StreamEnd) if text.len() == length => {}
        Ok(_) | Err(_) => return Err(Unreadable::Content),
    }
    String::from_utf8(text).map_err(|_| Unreadable::Content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fact_takes_a_third_of_its_size_at_most() {
        let sample =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/samples/order-completed.one-item.json");
        let entries: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(sample).unwrap()).unwrap();
        let detail = entries[0]["Detail"].as_str().unwrap();
        let packed = pack(detail).unwrap();
        assert!(packed.as_ref().len() * 3 < detail.len(), "{} of {}", packed.as_ref().len(), detail.len());
    }

    #[test]
    fn an_unknown_version_and_a_damaged_value_are_errors() {
        let packed = pack("{}").unwrap().into_inner();
        let with = |bytes: &[u8]| unpack(&Blob::new(bytes));
        assert!(matches!(with(&[]), Err(Unreadable::Version(None))));
        assert!(matches!(with(&[2, 1, 1]), Err(Unreadable::Version(Some(2)))));
        for end in 1..packed.len() {
            assert!(matches!(with(&packed[..end]), Err(Unreadable::Content)), "{end}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was_written(text in "\\PC{0,20000}") {
            let packed = pack(&text).unwrap();
            prop_assert!(packed.as_ref().len() <= text.len() + 64);
            prop_assert_eq!(unpack(&packed).unwrap(), text);
        }
    }
}
