//! The origin of an app's API.

use domain::app::App;
use url::Url;

use super::error::{Cause, HttpError, HttpSetupError};

/// The origin of an app's API: the vendor's own, or the sandbox's stand-in for it (`{sandbox}/{app}`). The path after
/// it is the same for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    app: App,
    pub(super) url: Url,
    /// The vendor's own origin, which answers name also in the sandbox.
    vendor: Url,
}

impl Origin {
    /// The vendor's origin (such as `https://us6.api.mailchimp.com`), unless a sandbox is configured.
    pub(crate) fn of(app: App, vendor: &str, sandbox: Option<&Url>) -> Result<Self, HttpSetupError> {
        let invalid = || HttpSetupError::InvalidOrigin { app, origin: vendor.to_owned() };
        let vendor = Url::parse(vendor).ok().filter(is_origin).ok_or_else(invalid)?;
        let mut url = sandbox.unwrap_or(&vendor).clone();
        url.set_query(None);
        url.set_fragment(None);
        if sandbox.is_some()
            && let Ok(mut path) = url.path_segments_mut()
        {
            path.pop_if_empty().push(app.key());
        }
        Ok(Self { app, url, vendor })
    }

    /// An address that an answer names, such as a list's next page: `None` unless it is at the vendor's origin. In the
    /// sandbox, the stand-in's address for it.
    pub(super) fn page(&self, address: &str) -> Option<Url> {
        let page = self.vendor.join(address).ok()?;
        if page.origin() != self.vendor.origin() || !page.username().is_empty() {
            return None;
        }
        let mut url = self.url.clone();
        url.set_path(&format!("{}{}", self.url.path().trim_end_matches('/'), page.path()));
        url.set_query(page.query());
        Some(url)
    }

    /// A URL below this origin. Every segment stays one segment: text that a merchant entered (a list's id, a tag) is
    /// percent-encoded, so it cannot change the path.
    ///
    /// # Errors
    /// [`Cause::InvalidPath`] for a segment that encoding cannot keep in place: an empty one, `.` and `..`.
    pub fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Result<Url, HttpError> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            for segment in segments {
                // The URL standard treats `%2e` as a dot as well, but `%` itself is encoded here.
                if matches!(segment, "" | "." | "..") {
                    let (who, segment) = (self.app.label().to_owned(), segment.to_owned());
                    return Err(HttpError { who, cause: Cause::InvalidPath(segment) });
                }
                path.push(segment);
            }
        }
        Ok(url)
    }
}

fn is_origin(url: &Url) -> bool {
    url.scheme() == "https"
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vendor() -> Origin {
        Origin::of(App::MAILCHIMP, "https://us6.api.mailchimp.com", None).unwrap()
    }

    #[test]
    fn the_path_is_the_same_at_the_vendor_and_in_the_sandbox() {
        for sandbox in ["http://127.0.0.1:4600", "http://127.0.0.1:4600/"] {
            let sandbox = sandbox.parse().unwrap();
            let sandbox = Origin::of(App::MAILCHIMP, vendor().url.as_str(), Some(&sandbox)).unwrap();
            let url = sandbox.url(["3.0", "lists", "a1"]).unwrap();
            assert_eq!(url.as_str(), "http://127.0.0.1:4600/mailchimp/3.0/lists/a1");
            for address in
                ["https://us6.api.mailchimp.com/3.0/lists?page%5Bnext%5D=b", "/3.0/lists?page%5Bnext%5D=b"]
            {
                let page = sandbox.page(address).unwrap();
                assert_eq!(page.as_str(), "http://127.0.0.1:4600/mailchimp/3.0/lists?page%5Bnext%5D=b");
            }
        }
        assert_eq!(
            vendor().url(["3.0", "lists", "a1"]).unwrap().as_str(),
            "https://us6.api.mailchimp.com/3.0/lists/a1"
        );
    }

    #[test]
    fn a_setting_cannot_leave_its_segment() {
        for (typed, sent) in [
            ("../../ping", "..%2F..%2Fping"),
            ("a?b=c#d", "a%3Fb=c%23d"),
            ("%2e%2e", "%252e%252e"),
            ("a b", "a%20b"),
            ("naïve", "na%C3%AFve"),
            (r"..\ping", "..%5Cping"),
        ] {
            let url = vendor().url(["3.0", "lists", typed, "members"]).unwrap();
            assert_eq!(url.path(), format!("/3.0/lists/{sent}/members"), "{typed}");
        }
        for typed in ["", ".", ".."] {
            let refused = vendor().url(["3.0", typed]);
            assert!(matches!(refused, Err(HttpError { cause: Cause::InvalidPath(_), .. })), "{typed:?}");
        }
    }

    #[test]
    fn a_page_is_at_the_vendors_origin() {
        assert_eq!(
            vendor().page("/3.0/lists?offset=1").unwrap().as_str(),
            "https://us6.api.mailchimp.com/3.0/lists?offset=1"
        );
        let in_sandbox =
            Origin::of(App::MAILCHIMP, vendor().url.as_str(), "http://127.0.0.1:4600".parse().ok().as_ref());
        for origin in [vendor(), in_sandbox.unwrap()] {
            for address in [
                "https://evil.example/3.0/lists",
                "//evil.example/3.0/lists",
                "http://us6.api.mailchimp.com/3.0/lists",
                "https://us6.api.mailchimp.com:8443/3.0/lists",
                "https://u:p@us6.api.mailchimp.com/3.0/lists",
                "http://127.0.0.1:4600/_control",
                "file:///etc/passwd",
            ] {
                assert_eq!(origin.page(address), None, "{address}");
            }
        }
    }

    #[test]
    fn an_origin_is_https_and_nothing_but_an_origin() {
        for origin in [
            "http://api.example.com",
            "https://u:p@api.example.com",
            "https://api.example.com/v1",
            "https://evil.example/#.api.mailchimp.com",
            "api.example.com",
        ] {
            assert!(Origin::of(App::MAILCHIMP, origin, None).is_err(), "{origin}");
        }
    }
}
