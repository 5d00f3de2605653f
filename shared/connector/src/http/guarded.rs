//! The client for addresses that merchants enter.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Method, RequestBuilder};
use rustls::pki_types::DnsName;
use url::{Host, Url};

use super::address::is_public;
use super::answer::{Answer, Beyond};
use super::error::{AddressRefused, HttpError, HttpSetupError};
use super::{HttpSettings, execute, meter, previewed, reading};

/// The most bytes that are read of a receiver's response.
const LIMIT: usize = 64 << 10;

/// Calls addresses that a merchant entered: https, and on the public internet.
///
/// The address that the client connects to is checked, not an earlier lookup: the client's own resolver returns public
/// addresses only, so a name whose address changes in between is refused too. Addresses written as numbers never reach
/// a resolver and are checked in [`Guarded::address`]. Every port is allowed: some receivers use unusual ones, and no
/// server of ours is at a public address.
///
/// If a sandbox is configured, its own address (scheme, host and port) is allowed too, and no other private address.
#[derive(Debug, Clone)]
pub struct Guarded {
    public: reqwest::Client,
    sandbox: Option<Sandbox>,
}

#[derive(Debug, Clone)]
struct Sandbox {
    url: Url,
    client: reqwest::Client,
}

/// An address that passed the check. Its `Debug` shows the host only.
#[derive(Clone)]
pub struct GuardedUrl {
    url: Url,
    host: String,
    in_sandbox: bool,
}

impl GuardedUrl {
    /// The host, the only part that may be shown.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Debug for GuardedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedUrl").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Guarded {
    /// Builds the client. This is slow, because root certificates are read: once, in INIT.
    ///
    /// # Errors
    /// [`HttpSetupError::Client`]: for example, the machine has no root certificates.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let build = |builder: reqwest::ClientBuilder| builder.build().map_err(HttpSetupError::Client);
        let public = build(only_public(settings.builder()))?;
        let sandbox = match &settings.sandbox {
            Some(url) => Some(Sandbox { url: url.clone(), client: build(settings.builder())? }),
            None => None,
        };
        Ok(Self { public, sandbox })
    }

    /// Checks an address before anything is sent. A host name is checked again when it is resolved.
    ///
    /// # Errors
    /// The reason why the address is not allowed.
    pub fn address(&self, text: &str) -> Result<GuardedUrl, AddressRefused> {
        let mut url = Url::parse(text.trim()).map_err(|_| AddressRefused::NotUrl)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if host.is_empty() {
            return Err(AddressRefused::NotUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefused::HasCredentials { host });
        }
        url.set_fragment(None);
        if self.sandbox.as_ref().is_some_and(|sandbox| is_same_server(&sandbox.url, &url)) {
            return Ok(GuardedUrl { url, host, in_sandbox: true });
        }
        if url.scheme() != "https" {
            return Err(AddressRefused::NotHttps { host });
        }
        match url.host() {
            _ if !is_public_host(&url) => Err(AddressRefused::NotPublic { host }),
            // No certificate can contain this name, so TLS would fail at every attempt.
            Some(Host::Domain(name)) if DnsName::try_from(name).is_err() => Err(AddressRefused::NotUrl),
            Some(Host::Ipv4(_) | Host::Ipv6(_) | Host::Domain(_)) => {
                Ok(GuardedUrl { url, host, in_sandbox: false })
            }
            None => Err(AddressRefused::NotUrl),
        }
    }

    /// Begins a request.
    pub fn request(&self, method: Method, to: &GuardedUrl) -> RequestBuilder {
        self.client(to).request(method, to.url.clone())
    }

    /// Sends a request begun with [`Guarded::request`] and reads at most 64 KB of the response, for every status.
    pub async fn send(&self, to: &GuardedUrl, request: RequestBuilder) -> Result<Answer, HttpError> {
        let failed = |error| HttpError::of(to.host.clone(), error);
        let request = request.build().map_err(failed)?;
        if let Some(answer) = previewed::answer(&to.host, &request) {
            return answer;
        }
        reading::check(&to.host, &request)?;
        meter::count();
        let sent = execute(self.client(to), request).await;
        let response = sent.map_err(failed)?;
        Answer::read(to.host.clone(), response, LIMIT, Beyond::Cut).await
    }

    fn client(&self, to: &GuardedUrl) -> &reqwest::Client {
        match &self.sandbox {
            Some(sandbox) if to.in_sandbox => &sandbox.client,
            Some(_) | None => &self.public,
        }
    }
}

/// Connects to public addresses only, with TLS.
pub(super) fn only_public(builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    builder.https_only(true).dns_resolver(PublicOnly)
}

/// Whether the host can be public: a name, which the resolver checks, or a public address.
pub(super) fn is_public_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(v4)) => is_public(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => is_public(IpAddr::V6(v6)),
        Some(Host::Domain(_)) => true,
        None => false,
    }
}

/// Whether scheme, host and port are the same; `localhost` is a loopback address.
fn is_same_server(a: &Url, b: &Url) -> bool {
    let same_host = a.host() == b.host() || (is_loopback(a) && is_loopback(b));
    a.scheme() == b.scheme() && a.port_or_known_default() == b.port_or_known_default() && same_host
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(v4)) => v4.is_loopback(),
        Some(Host::Ipv6(v6)) => v6.is_loopback(),
        None => false,
    }
}

/// The system's resolver without addresses that are not public.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            let public: Vec<SocketAddr> =
                found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(AddressRefused::NotPublic { host: name.as_str().to_owned() }.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(sandbox: &str) -> Guarded {
        Guarded::new(&HttpSettings::with_sandbox(sandbox).unwrap()).unwrap()
    }

    #[test]
    fn an_address_is_public_https_without_credentials() {
        use AddressRefused as R;
        let host = |text: &str| text.to_owned();
        for (address, refused) in [
            ("https://hooks.example.com/a?token=b", None),
            ("https://hooks.example.com:8443/a", None),
            ("  https://hooks.example.com/a  ", None),
            ("https://1.1.1.1/", None),
            ("https://[2606:4700::1111]/", None),
            ("hooks.example.com/a", Some(R::NotUrl)),
            ("https://", Some(R::NotUrl)),
            ("https://hooks..example.com/", Some(R::NotUrl)),
            ("https://my_hooks.example.com/", None),
            ("mailto:ada@example.com", Some(R::NotUrl)),
            ("http://hooks.example.com/a", Some(R::NotHttps { host: host("hooks.example.com") })),
            ("ftp://hooks.example.com/a", Some(R::NotHttps { host: host("hooks.example.com") })),
            ("https://u@hooks.example.com/", Some(R::HasCredentials { host: host("hooks.example.com") })),
            ("https://:p@hooks.example.com/", Some(R::HasCredentials { host: host("hooks.example.com") })),
            ("https://127.0.0.1/", Some(R::NotPublic { host: host("127.0.0.1") })),
            ("https://169.254.169.254/latest/", Some(R::NotPublic { host: host("169.254.169.254") })),
            ("https://[::1]/", Some(R::NotPublic { host: host("[::1]") })),
            ("https://[::ffff:10.0.0.1]/", Some(R::NotPublic { host: host("[::ffff:a00:1]") })),
            // other ways to write 127.0.0.1
            ("https://2130706433/", Some(R::NotPublic { host: host("127.0.0.1") })),
            ("https://0x7f.1/", Some(R::NotPublic { host: host("127.0.0.1") })),
            ("https://0177.0.0.1/", Some(R::NotPublic { host: host("127.0.0.1") })),
            ("https://①②⑦.0.0.1/", Some(R::NotPublic { host: host("127.0.0.1") })),
        ] {
            assert_eq!(guarded("").address(address).err(), refused, "{address}");
        }
    }

    #[test]
    fn the_sandbox_opens_its_own_address_and_no_other() {
        let guarded = guarded("http://127.0.0.1:4600");
        for address in ["http://127.0.0.1:4600/webhook/a", "http://localhost:4600/webhook/a"] {
            assert!(guarded.address(address).unwrap().in_sandbox, "{address}");
        }
        for address in [
            "http://127.0.0.1:4601/",
            "https://127.0.0.1:4600/",
            "http://10.0.0.1:4600/",
            "http://example.com:4600/",
        ] {
            assert!(guarded.address(address).is_err(), "{address}");
        }
        assert!(!guarded.address("https://hooks.example.com/").unwrap().in_sandbox);
    }

    #[test]
    fn debug_shows_the_host_only() {
        let shown =
            format!("{:?}", guarded("").address("https://hooks.example.com/s3cret?k=s3cret").unwrap());
        assert!(shown.contains("hooks.example.com") && !shown.contains("s3cret"), "{shown}");
    }
}
