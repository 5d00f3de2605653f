//! An app's OAuth endpoints, as its manifest describes them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::app::App;
use domain::manifest::{ClientAuth, Format, OAuth, TokenKind};
use domain::outcome::Reason;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::registration::Registration;
use super::{NewTokens, RefreshError, RefreshToken};
use crate::credentials::Credentials;
use crate::http::{Answer, AppHttp, Method, StatusCode};
use crate::redact;

/// How long an access token is assumed to be valid if the app does not return its lifetime.
const UNSAID: SignedDuration = SignedDuration::from_hours(1);
/// How long an app is not called after a rate-limit response without a time.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The parameters that are secret.
const SECRET: [&str; 3] = ["code", "code_verifier", "refresh_token"];
/// The longest quotation of an app's message, in characters.
const LONGEST_SAID: usize = 300;

/// An app's OAuth endpoints for one account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Provider<'a> {
    pub(crate) app: App,
    pub(crate) http: &'a AppHttp,
    pub(crate) oauth: &'a OAuth,
    pub(crate) registration: &'a Registration,
    /// The values that the merchant entered, for the addresses that differ by account.
    pub(crate) credentials: &'a Credentials,
}

/// A token endpoint's response.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: SecretString,
    pub(crate) refresh: Option<RefreshToken>,
    pub(crate) expires_in: SignedDuration,
    /// All other fields.
    pub(crate) rest: Map<String, Value>,
}

impl Issued {
    /// The pair; if the app issued no new refresh token, the one in the request stays valid.
    pub(crate) fn pair(self, asked_with: Option<RefreshToken>) -> Option<NewTokens> {
        let refresh = self.refresh.or(asked_with)?;
        Some(NewTokens { access: self.access, refresh, expires_in: self.expires_in })
    }
}

impl Provider<'_> {
    /// The URL where a merchant authorizes access.
    pub(crate) fn authorize(
        &self,
        state: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
    ) -> Result<Url, RefreshError> {
        let mut url = self.address(&self.oauth.authorize)?;
        let mut query = url.query_pairs_mut();
        query.append_pair("response_type", "code");
        query.append_pair("client_id", &self.registration.client_id);
        query.append_pair("redirect_uri", redirect_uri);
        query.append_pair("state", state);
        if !self.oauth.scopes.is_empty() {
            query.append_pair("scope", &self.oauth.scopes.join(" "));
        }
        if let Some(verifier) = verifier {
            let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
            query.append_pair("code_challenge", &challenge).append_pair("code_challenge_method", "S256");
        }
        query.extend_pairs(&self.oauth.authorize_parameters);
        drop(query);
        Ok(url)
    }

    /// Exchanges the code that a merchant returned with for tokens.
    pub(crate) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: Timestamp,
    ) -> Result<Issued, RefreshError> {
        let mut parameters =
            vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)];
        parameters.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        self.issue(parameters, now).await
    }

    /// Requests new tokens with a refresh token.
    pub(crate) async fn refresh(&self, token: &RefreshToken, now: Timestamp) -> Result<Issued, RefreshError> {
        self.issue(vec![("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())], now).await
    }

    /// Revokes a token of the kind that the manifest names. Only if it has an address for it. RFC 7009 gives the body of a
    /// success no meaning, but a web page is not the app's.
    pub(crate) async fn revoke(&self, token: &SecretString, now: Timestamp) -> Result<bool, RefreshError> {
        let Some(address) = &self.oauth.revoke else { return Ok(false) };
        let mut parameters = vec![("token", token.expose_secret())];
        if self.oauth.revokes == TokenKind::Refresh {
            parameters.push(("token_type_hint", "refresh_token"));
        }
        let answer = self.post(address, parameters).await?;
        if answer.status.is_success() && !answer.is_page() {
            Ok(true)
        } else {
            Err(self.refusal(&answer, &[token.expose_secret()], now))
        }
    }

    async fn issue(&self, mut parameters: Vec<(&str, &str)>, now: Timestamp) -> Result<Issued, RefreshError> {
        let more = self.oauth.token_parameters.iter();
        parameters.extend(more.map(|(key, value)| (key.as_str(), value.as_str())));
        let sent: Vec<&str> =
            parameters.iter().filter(|(key, _)| SECRET.contains(key)).map(|(_, value)| *value).collect();
        let answer = self.post(&self.oauth.token, parameters).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer, &sent, now));
        }
        let mut rest: Map<String, Value> = answer.json().map_err(|error| RefreshError::of(&error))?;
        let mut text = |key: &str| match rest.remove(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let Some(access) = access else {
            let message = format!("{} returned no access token.", self.app.label());
            return Err(RefreshError::Unanswered(Reason::new(message)));
        };
        let expires_in = rest.get("expires_in").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
        Ok(Issued {
            access: access.into(),
            refresh: refresh.map(RefreshToken::new),
            expires_in: expires_in.map_or(UNSAID, SignedDuration::from_secs),
            rest,
        })
    }

    async fn post(&self, address: &str, parameters: Vec<(&str, &str)>) -> Result<Answer, RefreshError> {
        let url = self.address(address)?;
        let Registration { client_id, client_secret } = self.registration;
        let mut parameters = parameters;
        let mut request = self.http.request(Method::POST, url);
        match self.oauth.client {
            ClientAuth::Body => parameters.extend([
                ("client_id", client_id.as_str()),
                ("client_secret", client_secret.expose_secret()),
            ]),
            ClientAuth::Basic => {
                request = request.basic_auth(client_id, Some(client_secret.expose_secret()));
            }
        }
        let request = match self.oauth.body {
            Format::Form => request.form(&parameters),
            Format::Json => {
                request.json(&parameters.into_iter().collect::<std::collections::BTreeMap<_, _>>())
            }
        };
        let sent = self.http.send(request.header("accept", "application/json")).await;
        sent.map_err(|error| RefreshError::of(&error))
    }

    /// An address of the manifest, at the app or at its stand-in. The merchant's input becomes part of a host, so it
    /// may contain only letters, digits and hyphens.
    fn address(&self, template: &str) -> Result<Url, RefreshError> {
        let invalid = || {
            let message = format!("The login address of {} is invalid.", self.app.label());
            RefreshError::Refused(
                Reason::new(message).hint("Check what you typed in, such as the subdomain."),
            )
        };
        let mut address = template.to_owned();
        while let Some((before, rest)) = address.split_once('{') {
            let (key, after) = rest.split_once('}').ok_or_else(invalid)?;
            let value = self.credentials.get(key).map_err(|_| invalid())?.expose_secret().trim();
            if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                return Err(invalid());
            }
            address = format!("{before}{value}{after}");
        }
        let (origin, path) = split(&address).ok_or_else(invalid)?;
        let origin = self.http.origin(origin).map_err(|_| invalid())?;
        origin.url(path.split('/')).map_err(|_| invalid())
    }

    /// Classifies a response without tokens (RFC 6749, section 5.2, and the forms that apps send instead). Only an
    /// error about the token itself ends its use: a response of an app's gateway or a maintenance page is not about the
    /// token. `sent`: secrets that the response may quote and that are hidden.
    fn refusal(&self, answer: &Answer, sent: &[&str], now: Timestamp) -> RefreshError {
        let label = self.app.label();
        let body: Option<Map<String, Value>> = answer.json().ok();
        let is_said = body.is_some();
        let body = body.unwrap_or_default();
        let error = body.get("error").and_then(Value::as_str).unwrap_or_default();
        let secrets = sent.iter().copied().chain([self.registration.client_secret.expose_secret()]);
        let said = ["error_description", "message", "error"]
            .iter()
            .find_map(|key| body.get(*key).and_then(Value::as_str))
            .map(|said| redact::hidden(said, secrets).chars().take(LONGEST_SAID).collect::<String>())
            .map(|said| format!(" It says: {}.", said.trim_end_matches('.')))
            .unwrap_or_default();
        match (answer.status, error) {
            (StatusCode::TOO_MANY_REQUESTS, _) => {
                let until = answer.call_again(now, PAUSE);
                RefreshError::Limited {
                    until,
                    reason: Reason::new(format!("{label} limited the requests for tokens.")),
                }
            }
            (status, _) if status.is_server_error() => {
                RefreshError::Failed(Reason::new(format!("{label} answered {status}.")))
            }
            // Our registration is wrong, and no merchant can correct it.
            (_, "invalid_client" | "unauthorized_client" | "unsupported_grant_type" | "invalid_scope") => {
                let message = format!("{label} rejected this service's registration.{said}");
                let hint = "The operator of this service has to correct it.";
                RefreshError::Failed(Reason::new(message).hint(hint))
            }
            (_, "temporarily_unavailable" | "server_error") => {
                RefreshError::Failed(Reason::new(format!("{label} could not renew the access.{said}")))
            }
            (status, error)
                if error == "invalid_grant"
                    || (is_said && matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED)) =>
            {
                let reason = Reason::new(format!("{label} no longer authorizes us.{said}"));
                RefreshError::Refused(reason.hint("Connect the integration again."))
            }
            (status, _) => RefreshError::Failed(Reason::new(format!("{label} answered {status}.{said}"))),
        }
    }
}

/// The origin of an address, and its path without the leading slash.
fn split(address: &str) -> Option<(&str, &str)> {
    let host = address.strip_prefix("https://")?;
    let slash = host.find('/')?;
    let at = address.len() - host.len() + slash;
    Some((&address[..at], &address[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_origin_and_a_path() {
        assert_eq!(
            split("https://login.mailchimp.com/oauth2/token"),
            Some(("https://login.mailchimp.com", "oauth2/token"))
        );
        assert_eq!(split("http://login.mailchimp.com/oauth2/token"), None);
    }
}
