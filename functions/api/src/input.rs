//! Request parsing. An error names the field and the value, and how to correct it.

pub(crate) mod bounds;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri, header};
use serde::de::DeserializeOwned;
use url::form_urlencoded;
use utoipa::IntoParams;

pub use bounds::{Limit, Text};

use crate::problem::Problem;

/// A JSON body.
#[derive(Debug)]
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            return Err(Problem::unsupported_media_type());
        }
        let body =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::content_too_large(),
                _ => Problem::malformed_request("The body is incomplete."),
            })?;
        read(&body).map(Self)
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde would accept an array of the field values in order in place of the object.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::invalid("", "It must be an object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (pointer, inner) = (pointer(error.path()), error.into_inner());
        match inner.classify() {
            serde_json::error::Category::Data => {
                let message = said(&inner, is_secret(&pointer));
                Problem::invalid(pointer, message)
            }
            _ => Problem::malformed_request(format!(
                "The body is not valid JSON: {}.",
                placeless(&inner.to_string())
            )),
        }
    })?;
    reader.end().map_err(|_| Problem::malformed_request("The body has text after the JSON."))?;
    Ok(value)
}

/// Whether the pointer refers to a credential, or to a value in place of the credentials.
fn is_secret(pointer: &str) -> bool {
    pointer.split('/').any(|name| name == "credentials")
}

/// The error message for a value. It omits the value that serde would quote if the value can be a credential.
fn said(error: &serde_json::Error, is_secret: bool) -> String {
    let text = error.to_string();
    let text = placeless(&text);
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant "];
    if !is_secret && !quotes.iter().any(|start| text.starts_with(start)) {
        return text.to_owned();
    }
    match text.rsplit_once(", expected ") {
        // "a map" and "struct" are Rust's terms for a JSON object.
        Some((_, expected)) if expected == "a map" || expected.starts_with("struct ") => {
            "It must be an object.".to_owned()
        }
        Some((_, expected)) => format!("It must be {expected}."),
        None => "The value is not valid.".to_owned(),
    }
}

/// Removes the line and column, because the JSON pointer names the place.
fn placeless(text: &str) -> &str {
    text.rsplit_once(" at line ").map_or(text, |(said, _)| said)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// The query parameters. Unknown parameters are rejected, because a misspelt filter would not filter.
#[derive(Debug)]
pub struct Params<T>(pub T);

/// Two independent groups of query parameters, such as a filter and a page.
#[derive(Debug)]
pub struct Both<A, B>(pub A, pub B);

/// A group of query parameters.
pub trait QueryParams: Sized {
    /// The names of the parameters.
    fn names() -> Vec<String>;

    /// Reads the parameters of this group.
    ///
    /// # Errors
    /// 400: a value is not valid.
    fn read(uri: &Uri) -> Result<Self, Problem>;
}

impl<T: DeserializeOwned + IntoParams> QueryParams for T {
    fn names() -> Vec<String> {
        T::into_params(|| None).into_iter().map(|parameter| parameter.name).collect()
    }

    fn read(uri: &Uri) -> Result<Self, Problem> {
        Query::try_from_uri(uri).map(|Query(value)| value).map_err(|rejection| {
            let text = rejection.body_text();
            let said = text.split_once("query string: ").map_or(text.as_str(), |(_, said)| said);
            let missing = said.strip_prefix("missing field `").and_then(|said| said.strip_suffix('`'));
            let (field, message) = match missing {
                Some(field) => (field, "It is required."),
                None => said.split_once(": ").unwrap_or(("query", said)),
            };
            Problem::parameter(field, message)
        })
    }
}

impl<A: QueryParams, B: QueryParams> QueryParams for Both<A, B> {
    fn names() -> Vec<String> {
        [A::names(), B::names()].concat()
    }

    fn read(uri: &Uri) -> Result<Self, Problem> {
        Ok(Self(A::read(uri)?, B::read(uri)?))
    }
}

impl<T: QueryParams, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let known = T::names();
        let given = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        for (name, _) in given {
            if !known.contains(&name.to_string()) {
                return Err(Problem::parameter(
                    &name,
                    format!("There is none of this name; there are {}.", known.join(", ")),
                ));
            }
        }
        T::read(&parts.uri).map(Self)
    }
}

/// The ids in the path. An id that is not valid is answered with 404.
#[derive(Debug)]
pub struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<T>::from_request_parts(parts, state).await;
        read.map(|Path(value)| Self(value)).map_err(|_| Problem::no_such_path(&parts.uri))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::Request;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::page::PageQuery;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[serde(rename = "app")]
        _app: domain::app::App,
        #[serde(rename = "credentials")]
        _credentials: BTreeMap<String, String>,
    }

    #[test]
    fn no_value_is_quoted_whatever_it_is_and_wherever_it_stands() {
        let key = "MY-KEY, expected a map at line 1";
        let said = |wrong: serde_json::Value| {
            let problem = super::read::<Body>(wrong.to_string().as_bytes()).unwrap_err();
            let said = serde_json::to_value(problem).unwrap();
            assert!(!said.to_string().contains("MY-KEY"), "{wrong}: {said}");
            said["errors"][0].clone()
        };
        for (credentials, field, message) in [
            (json!(key), "/credentials", "It must be an object."),
            (json!([key]), "/credentials", "It must be an object."),
            (json!({ "api_key": [key] }), "/credentials/api_key", "It must be a string."),
        ] {
            let said = said(json!({ "app": "kit", "credentials": credentials }));
            assert_eq!(said, json!({ "field": field, "message": message }));
        }
        for app in [json!(key), json!([key]), json!({ "credentials": key })] {
            said(json!({ "app": app, "credentials": {} }));
        }
        said(json!(key));
        said(json!(["kit", {}]));
        // The name of a field is no value.
        let unknown = super::read::<Body>(br#"{"colour": 1}"#).unwrap_err();
        let said = serde_json::to_value(unknown).unwrap();
        assert!(said["errors"][0]["message"].as_str().unwrap().contains("unknown field `colour`"), "{said}");
    }

    #[tokio::test]
    async fn bodies_and_queries_that_are_made_to_take_long_are_refused() {
        let full = |start: &str, part: &str, end: &str| {
            format!("{start}{}{end}", part.repeat((bounds::LARGEST_BODY - 100) / part.len()))
        };
        for body in [
            full("", "[", ""),
            full("{\"credentials\":", "[", ""),
            full("", "{\"credentials\":", ""),
            full("{\"", "k", "\":1}"),
            full("{\"app\":\"", "\\u0041", "\"}"),
            full("{", "\"app\":\"kit\",", "\"app\":\"kit\"}"),
            full("{\"app\":", "9", "}"),
            full("{\"app\":\"kit\",\"credentials\":{", "\"k\":\"v\",", "\"k\":1}}"),
        ] {
            assert!(super::read::<Body>(body.as_bytes()).is_err(), "{}", &body[..40]);
        }
        for part in ["limit=1&", "&", "%", "%41", "q=a&", "a=", "limit=99999999999999999999&"] {
            let query = part.repeat(30_000 / part.len());
            assert!(read(&query).await.is_err() || part == "&", "{part}");
        }
    }

    #[derive(Debug, Deserialize, IntoParams)]
    struct Filter {
        q: Option<String>,
    }

    async fn read(query: &str) -> Result<Both<Filter, PageQuery>, Problem> {
        let request = Request::get(format!("/v1/things?{query}")).body(()).unwrap();
        let read =
            Params::<Both<Filter, PageQuery>>::from_request_parts(&mut request.into_parts().0, &()).await;
        read.map(|Params(asked)| asked)
    }

    #[derive(Debug, Deserialize, IntoParams)]
    struct Needed {
        #[serde(rename = "email")]
        _email: String,
    }

    #[tokio::test]
    async fn a_parameter_that_is_missing_is_named() {
        let mut parts = Request::get("/v1/things?limit=1").body(()).unwrap().into_parts().0;
        let read = Params::<Both<Needed, PageQuery>>::from_request_parts(&mut parts, &()).await;
        let problem = serde_json::to_value(read.unwrap_err()).unwrap();
        assert_eq!(problem["errors"][0], json!({ "field": "email", "message": "It is required." }));
    }

    #[tokio::test]
    async fn a_filter_and_a_page_stand_behind_one_question_mark() {
        let Both(filter, ask) = read("limit=7&q=a%20b").await.unwrap();
        assert_eq!((filter.q.as_deref(), ask.wanted().limit, ask.wanted().cursor), (Some("a b"), 7, None));
        assert_eq!(read("").await.unwrap().1.wanted().limit, 25);
    }

    #[tokio::test]
    async fn what_is_misspelt_or_beyond_its_bounds_is_named() {
        for (query, field) in [("limits=7", "limits"), ("limit=0", "limit"), ("q=a&limit=x", "limit")] {
            let problem = serde_json::to_value(read(query).await.unwrap_err()).unwrap();
            assert_eq!(
                (&problem["status"], &problem["errors"][0]["field"]),
                (&400.into(), &field.into()),
                "{query}"
            );
        }
    }
}
