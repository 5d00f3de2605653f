//! The one call: a POST to a merchant's address.

use connector::call::Access;
use connector::http::{Guarded, Method, header};
use domain::outcome::Setback;
use secrecy::{ExposeSecret, SecretString};

use crate::error;
use crate::message::{self, Message};
use crate::signature::{InvalidSecret, Signer};

fn signer_of(secret: &SecretString) -> Result<Signer, Setback> {
    Signer::new(secret.expose_secret()).map_err(|InvalidSecret| {
        Setback::reconnect(
            "The signing secret is invalid.",
            "Connect the integration again with a secret of whsec_ followed by 24 to 64 bytes in base64.",
        )
    })
}

/// Posts a message, signed with the secret, and also with the previous secret while the merchant changes it.
/// `webhook-id` is the same for every attempt; `webhook-timestamp` is the time of the attempt.
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#webhook-headers-sending-metadata-to-consumers>
///
/// # Errors
/// Any response that is not a 2xx.
pub async fn post(http: &Guarded, access: &Access<'_>, message: &Message<'_>) -> Result<(), Setback> {
    let to =
        http.address(access.credentials.get("url")?.expose_secret()).map_err(|refused| refused.setback())?;
    let signer = signer_of(access.credentials.get("signing_secret")?)?;
    let previous = access.credentials.get("previous_signing_secret").ok().map(signer_of).transpose()?;
    // The same bytes are signed and sent.
    let body = serde_json::to_vec(message).map_err(|_| message::nothing_to_tell())?;
    let (id, seconds) = (message.id(), access.now.as_second());
    let signatures: Vec<_> = [Some(&signer), previous.as_ref()]
        .into_iter()
        .flatten()
        .map(|one| one.sign(id, seconds, &body))
        .collect();
    let request = http
        .request(Method::POST, &to)
        .header(header::CONTENT_TYPE, "application/json")
        .header("webhook-signature", signatures.join(" "))
        .header("webhook-timestamp", seconds)
        .header("webhook-id", id)
        .body(body);
    let answer = http.send(&to, request).await?;
    if answer.status.is_success() { Ok(()) } else { Err(error::setback(&answer, access.now)) }
}
