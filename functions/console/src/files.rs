//! The files of the web app, and what is known about them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::encoding::Encoding;

/// The files that `build.rs` found; empty if the web app is not built.
const BUILT: &[File] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));
/// The page of a binary without the web app.
const UNBUILT: &[File] =
    &[File { name: "index.html", plain: include_bytes!("unbuilt.html"), brotli: None, gzip: None }];

const HTML: &str = "text/html; charset=utf-8";

/// A file of the web app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    /// The path below `/console/`.
    pub(crate) name: &'static str,
    /// The content.
    pub(crate) plain: &'static [u8],
    /// The content, compressed with Brotli.
    pub(crate) brotli: Option<&'static [u8]>,
    /// The content, compressed with gzip.
    pub(crate) gzip: Option<&'static [u8]>,
}

impl File {
    /// The media type; `None` for an extension that the web app does not have.
    pub(crate) fn media_type(&self) -> Option<&'static str> {
        let (_, extension) = self.name.rsplit_once('.')?;
        Some(match extension {
            "html" => HTML,
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" | "map" => "application/json",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "woff2" => "font/woff2",
            "txt" => "text/plain; charset=utf-8",
            _ => return None,
        })
    }

    /// Whether the name changes with the content: Vite puts a hash into the names of everything in `assets`.
    pub(crate) fn is_hashed(&self) -> bool {
        self.name.starts_with("assets/")
    }

    /// Whether it is a page.
    pub(crate) fn is_page(&self) -> bool {
        self.media_type() == Some(HTML)
    }

    /// The content in this encoding, if the build has it.
    pub(crate) fn encoded(&self, encoding: Encoding) -> Option<&'static [u8]> {
        match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
            Encoding::Identity => Some(self.plain),
        }
    }

    /// The entity tag. It is weak because all encodings share it (RFC 9110, section 8.8.3.3).
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(self.plain)[..12]))
    }
}

/// All files that are served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site(&'static [File]);

impl Site {
    /// The web app, or a page that says how to build it.
    pub(crate) fn built() -> Self {
        if BUILT.iter().any(|file| file.name == "index.html") {
            return Self(BUILT);
        }
        tracing::warn!("the web app is not embedded: `make console` builds it");
        Self(UNBUILT)
    }

    /// The file at a path below `/console/`.
    pub(crate) fn at(&self, path: &str) -> Option<&'static File> {
        let name = if path.is_empty() { "index.html" } else { path };
        self.0.iter().find(|file| file.name == name)
    }
}

#[cfg(test)]
impl Site {
    pub(crate) const fn of(files: &'static [File]) -> Self {
        Self(files)
    }

    pub(crate) const UNBUILT: Self = Self(UNBUILT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_web_app_has_a_media_type() {
        for file in BUILT.iter().chain(UNBUILT) {
            assert!(file.media_type().is_some(), "{}", file.name);
        }
    }

    #[test]
    fn a_file_that_is_cached_for_a_year_has_a_hash_in_its_name() {
        for file in BUILT.iter().filter(|file| file.is_hashed()) {
            let stem = file.name.rsplit_once('.').unwrap().0;
            let hash = stem.get(stem.len().saturating_sub(9)..).unwrap();
            assert!(hash.starts_with('-') && !hash.contains('/'), "{}", file.name);
        }
    }

    #[test]
    fn a_compressed_copy_has_the_same_content() {
        use std::io::Read;
        for file in BUILT {
            let Some(gzip) = file.gzip else { continue };
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(gzip).read_to_end(&mut plain).unwrap();
            assert_eq!(plain, file.plain, "{}: `make console` builds both again", file.name);
        }
    }
}
