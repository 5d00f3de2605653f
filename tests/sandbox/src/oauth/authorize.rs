//! The page on which a user authorizes a client: RFC 6749, section 4.1.1.
use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use super::ledger::{Event, Ledger};
use super::provider::Provider;
use super::{only, unkept};
use crate::exchange::{Reply, Request};

/// Shows the page, or redirects with the decision.
pub(super) fn answer(provider: &Provider, ledger: &mut Ledger, request: &Request) -> Reply {
    if request.method != "GET" && request.method != "POST" {
        return only("GET, POST");
    }
    let asked = |name: &str| request.query(name).filter(|value| !value.is_empty());
    // Without a known client or address there is no redirect, so the page shows the error.
    let client_id = asked("client_id").unwrap_or_default();
    let redirect_uri = asked("redirect_uri").unwrap_or_default();
    if !is_web(&redirect_uri) {
        ledger.count(Event::Refuse);
        return mistake(provider, "redirect_uri is not an http or https address without a fragment.");
    }
    if !ledger.welcomes(&client_id, &redirect_uri) {
        ledger.count(Event::Refuse);
        return mistake(provider, "client_id is no client that may be sent back to this redirect_uri.");
    }
    let state = asked("state");
    let back = |parameters: &[(&str, &str)]| {
        let own = state.as_deref().map(|state| ("state", state));
        back_to(&redirect_uri, parameters.iter().copied().chain(own))
            .unwrap_or_else(|| mistake(provider, "redirect_uri cannot be a header's value."))
    };
    let challenge = match challenge(provider, request) {
        _ if asked("response_type").is_none() => Err("invalid_request"),
        _ if asked("response_type").as_deref() != Some("code") => Err("unsupported_response_type"),
        challenge => challenge,
    };
    let challenge = match challenge {
        Ok(challenge) => challenge,
        Err(error) => {
            ledger.count(Event::Refuse);
            return back(&[("error", error)]);
        }
    };
    let scope = asked("scope").unwrap_or_default();
    match decision(request).as_deref() {
        None => {
            ledger.count(Event::Authorize);
            page(provider, &client_id, &scope)
        }
        Some("allow") => {
            ledger.count(Event::Allow);
            let code = ledger.allow(&client_id, &scope, &redirect_uri, challenge, request.at);
            let more = ledger.callback().iter().map(|(name, value)| (name.as_str(), value.as_str()));
            back(&[("code", code.as_str())].into_iter().chain(more).collect::<Vec<_>>())
        }
        Some("deny") => {
            ledger.count(Event::Deny);
            back(&[("error", "access_denied")])
        }
        Some(_) => mistake(provider, "decision is neither allow nor deny."),
    }
}

/// The decision from the form, or from a program in the address.
fn decision(request: &Request) -> Option<String> {
    let posted = parse(&request.body).find(|(name, _)| name == "decision").map(|(_, value)| value);
    posted.or_else(|| request.query("decision")).map(Cow::into_owned)
}

/// The proof key's challenge (RFC 7636), if the app supports it: with S256 only.
fn challenge(provider: &Provider, request: &Request) -> Result<Option<String>, &'static str> {
    let Some(challenge) = request.query("code_challenge").filter(|_| provider.pkce) else { return Ok(None) };
    let is_digest = challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_s256 = request.query("code_challenge_method").as_deref() == Some("S256");
    if is_digest && is_s256 { Ok(Some(challenge.into_owned())) } else { Err("invalid_request") }
}

fn is_web(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.fragment().is_none()
    })
}

/// Redirects to the unchanged address with additional parameters.
fn back_to<'a>(address: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Reply> {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    let between = if address.contains('?') { '&' } else { '?' };
    let location = HeaderValue::from_str(&format!("{address}{between}{query}")).ok()?;
    Some(unkept(Reply::empty(StatusCode::FOUND).with(header::LOCATION, location)))
}

fn page(provider: &Provider, client_id: &str, scope: &str) -> Reply {
    let asks = match scope {
        "" => String::new(),
        scope => format!("<p>It asks for: <code>{}</code></p>", escaped(scope)),
    };
    // The form posts to its own address, which contains all parameters of the request.
    let body = format!(
        "<p><b>{}</b> wants into the sandbox's {} account.</p>{asks}\
         <form method=\"post\"><button name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></form>",
        escaped(client_id),
        provider.label
    );
    html(StatusCode::OK, provider, &body)
}

fn mistake(provider: &Provider, words: &str) -> Reply {
    html(StatusCode::BAD_REQUEST, provider, &format!("<p>{words}</p>"))
}

fn html(status: StatusCode, provider: &Provider, body: &str) -> Reply {
    let label = provider.label;
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{label} (sandbox)</title>\
         <style>body{{font:16px/1.5 sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}}\
         button{{font:inherit;padding:.4rem 1.2rem;margin-right:.6rem}}</style></head>\
         <body><h1>{label} <small>sandbox</small></h1>{body}</body></html>"
    );
    unkept(Reply::typed(status, "text/html; charset=utf-8", page))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_what_is_no_web_address() {
        for (address, web) in [
            ("https://engine.test/back", true),
            ("http://127.0.0.1:8080/back?a=1", true),
            ("https://engine.test/back#here", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("//engine.test/back", false),
            ("/back", false),
            ("", false),
        ] {
            assert_eq!(is_web(address), web, "{address}");
        }
    }

    #[test]
    fn an_address_is_gone_to_as_it_was_given() {
        for (address, location) in [
            ("https://engine.test/back", Some("https://engine.test/back?code=a%26b")),
            ("https://engine.test/Back?x=%7e", Some("https://engine.test/Back?x=%7e&code=a%26b")),
            ("https://engine.test/\r\nset-cookie: a", None),
        ] {
            let reply = back_to(address, [("code", "a&b")].into_iter());
            let found = reply.as_ref().and_then(|reply| reply.headers[header::LOCATION].to_str().ok());
            assert_eq!(found, location, "{address:?}");
        }
    }
}
