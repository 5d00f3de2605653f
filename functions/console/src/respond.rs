//! The response to a request.

use crate::encoding::Encoding;
use crate::files::{File, Site};
use crate::request::Request;
use crate::response::{Policy, Response};

/// The path that all files are below.
const ROOT: &str = "/console";
/// A page that opens pop-ups for logins keeps its reference to them, whatever page the app shows there.
const OPENS_POPUPS: &str = "same-origin-allow-popups";
/// The page in the pop-up. Any other value would cut its reference to the page that opened it.
const IS_POPUP: &str = "unsafe-none";
const POPUP: &str = "login.html";

/// Responds to a request.
pub(crate) fn to(request: &Request, site: &Site, policy: &Policy) -> Response {
    let response = match request.path().strip_prefix(ROOT) {
        // Relative, because a gateway may serve the API below a path of its own.
        Some("") => Response::empty(302).with("location", "console/").with("cache-control", "no-cache"),
        Some(path) => match path.strip_prefix('/').and_then(|path| site.at(path)) {
            Some(file) => serve(file, request),
            None => not_found(),
        },
        None => not_found(),
    };
    policy.on(match request.method() {
        "GET" => response,
        "HEAD" => response.without_body(),
        _ if response.status_code == 404 => response,
        _ => Response::empty(405).with("allow", "GET, HEAD"),
    })
}

/// The same body as API Gateway's for a path without a route: this function receives those too.
fn not_found() -> Response {
    Response::empty(404)
        .with("cache-control", "no-cache")
        .with("content-type", "application/json")
        .body(br#"{"message":"Not Found"}"#)
}

fn serve(file: &File, request: &Request) -> Response {
    let etag = file.etag();
    let is_known = request.header("if-none-match").is_some_and(|tags| names(tags, &etag));
    let encoding = Encoding::accepted(request.header("accept-encoding"))
        .into_iter()
        .find(|encoding| file.encoded(*encoding).is_some())
        // RFC 9110 permits a response in an encoding that the request excludes.
        .unwrap_or(Encoding::Identity);

    let mut response = Response::empty(if is_known { 304 } else { 200 })
        .with("etag", etag)
        .with("vary", "accept-encoding")
        .with(
            "cache-control",
            if file.is_hashed() { "public, max-age=31536000, immutable" } else { "no-cache" },
        );
    if file.is_page() {
        let opener = if file.name == POPUP { IS_POPUP } else { OPENS_POPUPS };
        response = response.with("cross-origin-opener-policy", opener);
    }
    // A 304 has the type too: API Gateway would add its own, and a browser then refuses the script that it has stored.
    if let Some(media_type) = file.media_type() {
        response = response.with("content-type", media_type);
    }
    if is_known {
        return response;
    }
    if let Some(name) = encoding.name() {
        response = response.with("content-encoding", name);
    }
    response.body(file.encoded(encoding).unwrap_or(file.plain))
}

/// Whether an `if-none-match` header has the tag. The comparison is weak (RFC 9110, section 8.8.3.2).
fn names(tags: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    tags.split(',').any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: &[File] = &[
        File { name: "assets/app-0a1B2c3D.js", plain: b"app();", brotli: Some(b"br"), gzip: Some(b"gz") },
        File { name: "embed.js", plain: b"embed();", brotli: Some(b"eb"), gzip: None },
        File { name: "index.html", plain: b"<p>", brotli: None, gzip: None },
        File { name: "login.html", plain: b"<p>back", brotli: None, gzip: None },
    ];

    fn get(path: &str, headers: &[(&str, &str)]) -> Response {
        send("GET", path, headers)
    }

    fn send(method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        to(&Request::new(method, path, headers), &Site::of(FILES), &Policy::new("https://shop.example.com"))
    }

    #[test]
    fn every_response_has_the_policies() {
        for (method, path, status) in [
            ("GET", "/console", 302),
            ("GET", "/console/", 200),
            ("GET", "/console/assets/app-0a1B2c3D.js", 200),
            ("GET", "/console/none.js", 404),
            ("POST", "/console/", 405),
        ] {
            let Response { status_code, headers, .. } = send(method, path, &[]);
            assert_eq!(status_code, status, "{path}");
            assert_eq!(
                headers["content-security-policy"],
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors https://shop.example.com"
            );
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["referrer-policy"], "no-referrer");
            assert!(headers["permissions-policy"].contains("camera=()"));
        }
    }

    #[test]
    fn the_page_is_at_the_folder_and_the_address_without_a_slash_leads_there() {
        assert_eq!(get("/console", &[]).headers["location"], "console/");
        let page = get("/console/", &[]);
        assert_eq!(
            (page.content(), page.headers["content-type"].as_str()),
            (b"<p>".to_vec(), "text/html; charset=utf-8")
        );
    }

    #[test]
    fn nothing_but_a_file_of_the_web_app_is_found() {
        for path in [
            "/",
            "/consoles",
            "/console/../x",
            "/console//",
            "/console/assets",
            "/console/assets/",
            "/v1/console/",
            "console/",
        ] {
            let response = get(path, &[]);
            assert_eq!(
                (response.status_code, response.content()),
                (404, br#"{"message":"Not Found"}"#.to_vec()),
                "{path}"
            );
        }
        assert_eq!(send("POST", "/v2/rules", &[]).status_code, 404);
    }

    #[test]
    fn a_hashed_file_is_kept_for_a_year_and_any_other_is_asked_for_again() {
        let year = "public, max-age=31536000, immutable";
        assert_eq!(get("/console/assets/app-0a1B2c3D.js", &[]).headers["cache-control"], year);
        for path in ["/console/", "/console/embed.js", "/console/login.html", "/console/none"] {
            assert_eq!(get(path, &[]).headers["cache-control"], "no-cache", "{path}");
        }
    }

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let first = get("/console/embed.js", &[]);
        let etag = first.headers["etag"].clone();
        for seen in [etag.clone(), format!("\"other\", {etag}"), etag.replace("W/", ""), "*".to_owned()] {
            let again = get("/console/embed.js", &[("if-none-match", &seen), ("accept-encoding", "br")]);
            assert_eq!((again.status_code, again.content()), (304, vec![]), "{seen}");
            assert_eq!(again.headers["etag"], etag);
            assert_eq!(again.headers["vary"], "accept-encoding");
            assert_eq!(again.headers["content-type"], first.headers["content-type"]);
        }
        assert_eq!(get("/console/embed.js", &[("if-none-match", "\"other\"")]).status_code, 200);
        assert_ne!(get("/console/", &[]).headers["etag"], etag);
    }

    #[test]
    fn the_smallest_accepted_copy_is_sent() {
        let sent = |path: &str, accepts: &str| {
            let response = get(path, &[("accept-encoding", accepts)]);
            (response.headers.get("content-encoding").cloned(), response.content())
        };
        let app = "/console/assets/app-0a1B2c3D.js";
        assert_eq!(sent(app, "gzip, deflate, br"), (Some("br".to_owned()), b"br".to_vec()));
        assert_eq!(sent(app, "br;q=0.1, gzip"), (Some("gzip".to_owned()), b"gz".to_vec()));
        assert_eq!(sent(app, "deflate"), (None, b"app();".to_vec()));
        assert_eq!(sent(app, "identity;q=0"), (None, b"app();".to_vec()), "nothing else is left");
        assert_eq!(sent("/console/embed.js", "gzip"), (None, b"embed();".to_vec()), "it has no copy in gzip");
    }

    #[test]
    fn head_has_the_headers_of_get() {
        for path in ["/console", "/console/", "/console/embed.js", "/console/none"] {
            let accepts = [("accept-encoding", "br")];
            let (head, get) = (send("HEAD", path, &accepts), get(path, &accepts));
            assert_eq!(head.content(), b"");
            assert_eq!((head.status_code, head.headers), (get.status_code, get.headers), "{path}");
        }
    }

    #[test]
    fn a_login_in_a_pop_up_can_reach_the_page_that_opened_it() {
        let opener = |path: &str| get(path, &[]).headers.get("cross-origin-opener-policy").cloned();
        assert_eq!(opener("/console/").as_deref(), Some("same-origin-allow-popups"));
        assert_eq!(opener("/console/login.html").as_deref(), Some("unsafe-none"));
        assert_eq!(opener("/console/embed.js"), None);
    }

    #[test]
    fn a_binary_without_the_web_app_says_how_to_build_it() {
        let request = Request::new("GET", "/console/", &[]);
        let page = to(&request, &Site::UNBUILT, &Policy::new("'none'"));
        assert_eq!(page.status_code, 200);
        assert!(String::from_utf8(page.content()).unwrap().contains("make console"));
    }
}
