//! The account: an address, secret headers, and a signing secret.

use connector::credentials::Credentials;
use connector::http::Url;
use connector::http::header::{HeaderName, HeaderValue};
use domain::outcome::Setback;
use secrecy::ExposeSecret;
use webhook::signature::Signer;

/// The credentials of a connected account.
#[derive(Debug)]
pub struct Account {
    /// The address that every request begins with.
    pub url: Url,
    /// The secret headers. Their values are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Signs requests as Standard Webhooks describes, if the merchant entered a secret.
    pub signer: Option<Signer>,
    /// The path that the connection test reads.
    pub test_path: Option<String>,
}

impl Account {
    /// Reads the credentials.
    ///
    /// # Errors
    /// One is missing or cannot be used. The error quotes no value.
    pub fn read(credentials: &Credentials) -> Result<Self, Setback> {
        let text = |key: &str| Some(credentials.get(key).ok()?.expose_secret().trim().to_owned());
        let url = credentials.get("url")?.expose_secret().trim();
        let url = Url::parse(url).map_err(|_| {
            Setback::reconnect(
                "The address is not a URL.",
                "Connect again with an address such as https://api.example.com.",
            )
        })?;
        let headers = ["header", "second_header"].iter().filter_map(|key| text(key));
        let headers = headers.map(|line| header(&line)).collect::<Result<_, _>>()?;
        let signer = text("signing_secret").map(|secret| Signer::new(&secret)).transpose();
        let signer = signer.map_err(|_| {
            Setback::reconnect(
                "The signing secret is invalid.",
                "Connect the integration again with a secret of whsec_ followed by 24 to 64 bytes in base64.",
            )
        })?;
        Ok(Self { url, headers, signer, test_path: text("test_path") })
    }
}

/// A header that the merchant entered as `Name: value`.
fn header(line: &str) -> Result<(HeaderName, HeaderValue), Setback> {
    let parsed = line.split_once(':').and_then(|(name, value)| {
        let mut value = HeaderValue::from_str(value.trim()).ok()?;
        value.set_sensitive(true);
        Some((HeaderName::from_bytes(name.trim().as_bytes()).ok()?, value))
    });
    parsed.ok_or_else(|| {
        Setback::reconnect(
            "A secret header cannot be sent.",
            "Connect the integration again and enter it as Authorization: Bearer and the token, in one line.",
        )
    })
}
