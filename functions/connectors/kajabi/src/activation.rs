//! Activation URLs: one offer's inbound webhooks, for accounts without API access. The URL is the credential.
//! <https://help.kajabi.com/hc/en-us/articles/360037245374>

use std::fmt;

use connector::call::Access;
use connector::failure::{LeftOut, leaving_out};
use connector::http::{AppHttp, Method, RequestBuilder};
use connector::person::full_name;
use domain::job::Contact;
use domain::outcome::{Fix, Outcome, Setback};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::error::{self, Failure};

/// The origins of Kajabi's webhooks. No other origin is called.
const ORIGINS: [&str; 2] = ["https://checkout.kajabi.com", "https://checkout.newkajabi.com"];
/// Query strings that an activation URL may end in. They are ignored: the rule's setting applies.
const FLAGS: [&str; 2] = ["?send_offer_grant_email=true", "?send_offer_grant_email=false"];

/// Calls the webhooks of one offer. All calls here can be repeated without harm.
pub struct Activation<'a> {
    http: &'a AppHttp,
    activate: Hook,
    deactivate: Hook,
    now: Timestamp,
}

/// One of the two webhooks.
#[derive(Clone)]
struct Hook {
    origin: &'static str,
    token: SecretString,
    offer: String,
}

/// The effect of a webhook: the last segment of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Activate,
    Deactivate,
}

impl Deed {
    fn segment(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
        }
    }

    /// The texts, in lower case, that Kajabi returns if the state already exists, each with its meaning. Kajabi
    /// documents neither the texts nor their status; merchants reported these.
    fn settled(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Activate => &[
                ("already been granted", "The contact has the offer."),
                (
                    "already taken",
                    "A member with this address already exists in Kajabi. Check in Kajabi that the member has the offer.",
                ),
            ],
            Self::Deactivate => &[
                ("offer grant not found", "The contact does not have the offer."),
                ("base: not found", "The contact does not have the offer."),
            ],
        }
    }
}

impl<'a> Activation<'a> {
    /// A client for the offer of an activation URL. Without a deactivation URL, the activation URL with another last
    /// segment is used.
    ///
    /// # Errors
    /// A URL does not have the form of Kajabi's URLs, or the two URLs belong to different offers.
    pub(crate) fn new(http: &'a AppHttp, access: &Access<'a>) -> Result<Self, Failure> {
        let url = access.credentials.get("activate_url")?.expose_secret();
        let activate = Hook::read(url, Deed::Activate).ok_or_else(|| not_a_url(Deed::Activate))?;
        let deactivate = match access.credentials.get("deactivate_url") {
            Ok(url) => Hook::read(url.expose_secret(), Deed::Deactivate)
                .ok_or_else(|| not_a_url(Deed::Deactivate))?,
            Err(_) => activate.clone(),
        };
        if activate.offer != deactivate.offer {
            let message = "The activation URL and the deactivation URL belong to two offers.";
            let hint = "Copy both from the same offer and connect again; connect another offer as a separate integration.";
            return Err(Setback::reconnect(message, hint).into());
        }
        Ok(Self { http, activate, deactivate, now: access.now })
    }

    /// The id of the offer.
    pub fn offer(&self) -> &str {
        &self.activate.offer
    }

    /// A label with the offer's id, because the URL does not contain the offer's name.
    pub fn label(&self) -> String {
        format!("Offer {}", self.activate.offer)
    }

    /// Grants the offer. Kajabi sends the contact an e-mail only if `welcome` is set.
    pub async fn activate(&self, offer: &str, contact: &Contact, welcome: bool) -> Result<Outcome, Failure> {
        let flag = welcome.then_some([("send_offer_grant_email", "true")]);
        let flagged = |request: RequestBuilder| match flag {
            Some(flag) => request.query(&flag),
            None => request,
        };
        self.call(&self.activate, Deed::Activate, offer, contact, flagged).await
    }

    /// Revokes the offer.
    pub async fn deactivate(&self, offer: &str, contact: &Contact) -> Result<Outcome, Failure> {
        self.call(&self.deactivate, Deed::Deactivate, offer, contact, |request| request).await
    }

    /// Calls the webhook. If Kajabi rejects the name, the call is repeated once with the address as name.
    async fn call(
        &self,
        hook: &Hook,
        deed: Deed,
        offer: &str,
        contact: &Contact,
        flagged: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Outcome, Failure> {
        if offer != hook.offer {
            let message = format!(
                "The integration is connected with the activation URL of offer {}, but the rule names another offer.",
                hook.offer
            );
            let hint = "Edit the rule and choose that offer, or connect the other offer's activation URL as a separate integration.";
            return Err(Setback::rejected(Fix::Rule, message, hint).into());
        }
        let is_optional = |field: &str| field == "name" && full_name(contact).is_some();
        let flagged = &flagged;
        let send = |left_out| async move {
            self.send(flagged(self.request(hook, deed, contact, &left_out)?), deed).await
        };
        let (outcome, left_out) = leaving_out(is_optional, send).await?;
        Ok(left_out.noted(outcome))
    }

    /// All three fields are required. The external id must be identical for activation and deactivation, including
    /// case, so it is the address in lower case. The address also replaces a missing name.
    fn request(
        &self,
        hook: &Hook,
        deed: Deed,
        contact: &Contact,
        left_out: &LeftOut,
    ) -> Result<RequestBuilder, Failure> {
        let origin = self.http.origin(hook.origin).map_err(|_| not_a_url(deed))?;
        let path = ["webhooks", "offers", hook.token.expose_secret(), &hook.offer, deed.segment()];
        let email = contact.email.trim();
        let body = json!({
            "name": left_out.keep("name", full_name(contact)).unwrap_or_else(|| email.to_owned()),
            "email": email,
            "external_user_id": email.to_lowercase(),
        });
        Ok(self.http.request(Method::POST, origin.url(path)?).json(&body))
    }

    /// Kajabi does not document the body of a success. A web page is not the webhook's.
    async fn send(&self, request: RequestBuilder, deed: Deed) -> Result<Outcome, Failure> {
        let answer = self.http.send(request).await?;
        if answer.status.is_success() && !answer.is_page() {
            return Ok(Outcome::DONE);
        }
        let words = answer.excerpt(1000).to_lowercase();
        let settled = deed.settled().iter().find(|(phrase, _)| words.contains(phrase));
        match settled.filter(|_| answer.status.is_client_error()) {
            Some((_, note)) => Ok(Outcome::already(*note)),
            None => Err(error::url_failure(&answer, self.now)),
        }
    }
}

fn not_a_url(deed: Deed) -> Setback {
    let end = deed.segment();
    let name = match deed {
        Deed::Activate => "activation",
        Deed::Deactivate => "deactivation",
    };
    Setback::reconnect(
        format!("The {name} URL is not a URL of Kajabi."),
        format!(
            "Copy it whole from the offer's webhooks in Kajabi, from https:// to /{end}, and connect again."
        ),
    )
}

impl fmt::Debug for Activation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activation").field("offer", &self.activate.offer).finish_non_exhaustive()
    }
}

impl Hook {
    /// Reads `<origin>/webhooks/offers/<token>/<offer>/<deed>`. Any other text is rejected.
    fn read(url: &str, deed: Deed) -> Option<Self> {
        let url = url.trim();
        let url = FLAGS.iter().find_map(|flag| url.strip_suffix(flag)).unwrap_or(url);
        let (origin, path) = ORIGINS.iter().find_map(|origin| Some((*origin, url.strip_prefix(origin)?)))?;
        let path = path.strip_prefix("/webhooks/offers/")?;
        let (token, path) = path.split_once('/')?;
        let (offer, last) = path.split_once('/')?;
        let is_plain = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (1..=200).contains(&part.len()) && part.bytes().all(plain)
        };
        (last == deed.segment() && is_plain(token) && is_plain(offer)).then(|| Self {
            origin,
            token: token.into(),
            offer: offer.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Option<(&'static str, String, String)> {
        let hook = Hook::read(url, Deed::Activate)?;
        Some((hook.origin, hook.token.expose_secret().to_owned(), hook.offer))
    }

    #[test]
    fn a_url_is_read_whole() {
        for (host, end) in [
            ("checkout.kajabi.com", ""),
            ("checkout.newkajabi.com", " "),
            ("checkout.kajabi.com", "?send_offer_grant_email=true"),
        ] {
            let url = format!(" https://{host}/webhooks/offers/s3cret_-T/2147/activate{end}");
            let expected = ("s3cret_-T".to_owned(), "2147".to_owned());
            assert_eq!(read(&url).map(|(_, token, offer)| (token, offer)), Some(expected), "{url}");
        }
    }

    #[test]
    fn nothing_else_is_called() {
        for url in [
            "",
            "http://checkout.kajabi.com/webhooks/offers/t/1/activate",
            "https://checkout.kajabi.com.evil.example/webhooks/offers/t/1/activate",
            "https://checkout.kajabi.com@evil.example/webhooks/offers/t/1/activate",
            "https://checkout.kajabi.com:8443/webhooks/offers/t/1/activate",
            "https://evil.example/webhooks/offers/t/1/activate",
            "https://checkout.kajabi.com/webhooks/offers/t/1/deactivate",
            "https://checkout.kajabi.com/webhooks/offers/t/1/activate/",
            "https://checkout.kajabi.com/webhooks/offers/t/1/activate?x=1",
            "https://checkout.kajabi.com/webhooks/offers/t/1/activate#x",
            "https://checkout.kajabi.com/webhooks/offers/../1/activate",
            "https://checkout.kajabi.com/webhooks/offers/t%2F/1/activate",
            "https://checkout.kajabi.com/webhooks/offers//1/activate",
            "https://checkout.kajabi.com/webhooks/offers/t//activate",
            "https://checkout.kajabi.com/webhooks/offers/t/1/2/activate",
            "https://checkout.kajabi.com/webhooks/offers/t/1",
        ] {
            assert_eq!(read(url), None, "{url}");
        }
    }
}
