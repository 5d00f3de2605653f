//! The parsers of texts that come from outside: from merchants, buyers, apps and anyone who calls the API.
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::LazyLock;

use connector::credentials::Credentials;
use connector::http::{Guarded, HttpSettings, Url, retry_after};
use declared::definition::{self, Tree};
use declared::template::Template;
use domain::authorization::LoginId;
use domain::fact::Fact;
use domain::fact::error::MOST_BYTES;
use domain::fact::product::ProductSaved;
use domain::page::{Listing, Position, Wanted};
use httprequest::composed;
use operations::rules::document::{self, Source};
use stack::{Sample, now};

/// A parser. Errors are results too.
pub(super) struct Parser {
    pub(super) name: &'static str,
    /// The size up to which its callers pass a text on, in bytes.
    pub(super) limit: usize,
    /// Inputs to begin with.
    pub(super) starts: fn() -> Vec<String>,
    pub(super) parse: fn(&str),
}

/// A rule's settings have at most this size as JSON.
const SETTING: usize = 16 << 10;
/// API Gateway passes on 10,240 bytes of headers and path.
const HEADER: usize = 10 << 10;

pub(super) const PARSERS: [Parser; 13] = [
    Parser {
        name: "rules, YAML",
        limit: document::LARGEST,
        starts: || vec![file("infra/demo/rules.yaml")],
        parse: |text| rules("rules.yaml", text),
    },
    Parser {
        name: "rules, JSON",
        limit: document::LARGEST,
        starts: || texts(&[r#"{"rules":[{"trigger":"t","integration":"i","settings":{"tag":["a"]}}]}"#]),
        parse: |text| rules("rules.json", text),
    },
    Parser {
        name: "fact",
        limit: MOST_BYTES,
        starts: || {
            ["every-field", "blank-and-long-texts", "two-upsells"]
                .map(|name| fact("order-completed", name))
                .into()
        },
        parse: |text| done(Fact::parse("Order Completed", text)),
    },
    Parser {
        name: "fact of a product",
        limit: MOST_BYTES,
        starts: || vec![fact("product-saved", "live")],
        parse: |text| done(ProductSaved::parse(text)),
    },
    Parser {
        name: "definition of an app",
        limit: definition::LARGEST,
        starts: || {
            ["circle", "slack"]
                .map(|app| file(&format!("functions/connectors/declared/apps/{app}.yaml")))
                .into()
        },
        parse: |text| done(declared::file::read(text)),
    },
    Parser {
        name: "template",
        limit: SETTING,
        starts: || texts(&["{contact.email}", "a {line.name | lower} b"]),
        parse: |text| done(Template::parse(text)),
    },
    Parser {
        name: "body of an HTTP request",
        limit: SETTING,
        starts: || texts(&[r#"{"a": ["{contact.email}", {"$when": {"exists": "line"}, "b": 1}]}"#]),
        parse: |text| done(serde_json::from_str::<Tree>(text)),
    },
    Parser {
        name: "path of an HTTP request",
        limit: SETTING,
        starts: || texts(&["/people/{contact.email}?a={line.name}&b=1"]),
        parse: |text| done(composed::literal(&BASE, text)),
    },
    Parser {
        name: "address of a webhook",
        limit: SETTING,
        starts: || texts(&["https://hooks.example.com/a?b=c", "https://[2001:db8::1]/"]),
        parse: |text| done(GUARDED.address(text)),
    },
    Parser {
        name: "credentials",
        limit: SETTING,
        starts: || texts(&[r#"{"api_key":"0123456789abcdef-us1"}"#]),
        parse: |text| done(Credentials::parse(text.as_bytes())),
    },
    Parser {
        name: "cursor",
        limit: HEADER,
        starts: || texts(&["AAAAAAAA", "c2VjcmV0MjAyNiMx"]),
        parse: |text| {
            let wanted = Wanted { cursor: Some(text), limit: 1 };
            done(Listing::new("events", &["m"]).after::<Position>(wanted));
        },
    },
    Parser {
        name: "state of a login",
        limit: HEADER,
        starts: || texts(&["bQphYmM.AAAA"]),
        parse: |text| done(LoginId::claimed(text)),
    },
    Parser {
        name: "Retry-After",
        limit: HEADER,
        starts: || texts(&["120", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]),
        parse: |text| done(retry_after(text, now())),
    },
];

static BASE: LazyLock<Url> = LazyLock::new(|| Url::parse("https://api.example.com/v1/").expect("an address"));
static GUARDED: LazyLock<Guarded> =
    LazyLock::new(|| Guarded::new(&HttpSettings::default()).expect("an HTTP client"));

/// Keeps the compiler from leaving out a parser whose result is not used.
fn done<T>(result: T) {
    let _result = black_box(result);
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    fs::read_to_string(path).expect("a file of the project")
}

fn fact(kind: &str, name: &str) -> String {
    Sample::read(&format!("{kind}.{name}")).detail.to_string()
}

fn rules(file: &str, text: &str) {
    done(Source::new(file.into(), text.to_owned()).parse());
}
