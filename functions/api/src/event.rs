//! The event of an HTTP API (payload format 2.0), sanitized so that `lambda_http` can convert any client's request: it
//! panics if the URL, which includes the headers for host and scheme, is not a valid URI.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use axum::http::{HeaderName, HeaderValue, Method};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::request::LambdaRequest;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The maximum length of the path and of the query, once encoded. The `http` crate accepts 65,534 bytes in total; API
/// Gateway accepts a third of this limit.
const LONGEST: usize = 32 * 1024;
/// Headers that would become part of the URL. API Gateway has the requested domain in the context.
const OF_ADDRESS: [&str; 2] = ["host", "x-forwarded-proto"];

/// A request that can be converted.
#[derive(Debug)]
pub(crate) struct Incoming(pub(crate) LambdaRequest);

impl<'de> Deserialize<'de> for Incoming {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let mut event = Value::deserialize(reader)?;
        if !event["requestContext"].is_object() {
            return Err(D::Error::custom("the event is not one of an HTTP API with payload format 2.0"));
        }
        sanitize(&mut event);
        let request = ApiGatewayV2httpRequest::deserialize(event).map_err(D::Error::custom)?;
        Ok(Self(LambdaRequest::ApiGatewayV2(request)))
    }
}

fn sanitize(event: &mut Value) {
    for text in ["rawPath", "rawQueryString"] {
        let raw = event[text].as_str().unwrap_or_default();
        // `rawPath` has no query, and characters that would end the path are encoded in it already.
        let encoded = if text == "rawPath" {
            format!("/{}", encoded(raw.trim_start_matches('/'), is_of_path))
        } else {
            encoded(raw, is_of_query)
        };
        // No route has a URL of this length.
        event[text] =
            Value::from(encoded).as_str().filter(|text| text.len() <= LONGEST).unwrap_or("/").into();
    }
    if let Some(headers) = event["headers"].as_object_mut() {
        headers.retain(|name, value| {
            let value = value.as_str().map(HeaderValue::from_str);
            HeaderName::try_from(name).is_ok_and(|name| !OF_ADDRESS.contains(&name.as_str()))
                && matches!(value, Some(Ok(_)))
        });
    }
    // The handlers read neither cookies nor decoded parameters.
    for part in ["cookies", "queryStringParameters", "pathParameters", "stageVariables"] {
        event.as_object_mut().map(|event| event.remove(part));
    }
    let http = &mut event["requestContext"]["http"];
    if http["method"].as_str().is_none_or(|method| Method::try_from(method).is_err()) {
        http["method"] = Method::TRACE.as_str().into();
    }
}

/// Percent-encodes every character that is not allowed in this part of a URL.
fn encoded(text: &str, is_of_it: fn(u8) -> bool) -> String {
    let byte = |byte: u8| match byte {
        byte if is_of_it(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// RFC 3986, section 3.3; `%` is kept.
fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte)
}

/// RFC 3986, section 3.4.
fn is_of_query(byte: u8) -> bool {
    is_of_path(byte) || byte == b'?'
}

#[cfg(test)]
mod tests {
    use lambda_http::Request;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(path: &str, query: &str, headers: &Value) -> Value {
        json!({
            "version": "2.0", "routeKey": "ANY /v1/{proxy+}", "rawPath": path, "rawQueryString": query,
            "headers": headers, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "a.execute-api.us-east-1.amazonaws.com",
                "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
                "requestId": "r", "routeKey": "ANY /v1/{proxy+}", "stage": "$default",
                "time": "04/May/2026:10:00:00 +0000", "timeEpoch": 1_777_888_800_000_i64,
            },
        })
    }

    fn request(event: Value) -> Request {
        serde_json::from_value::<Incoming>(event).unwrap().0.into()
    }

    #[test]
    fn an_ordinary_request_arrives_as_it_was_sent() {
        let headers =
            json!({ "authorization": "Bearer x", "host": "api.example.com", "x-forwarded-proto": "https" });
        let read = request(event("/v1/rules/rul_1", "limit=1&q=a%20b&product=%23", &headers));
        assert_eq!(read.uri().path(), "/v1/rules/rul_1");
        assert_eq!(read.uri().query(), Some("limit=1&q=a%20b&product=%23"));
        assert_eq!(read.headers()["authorization"], "Bearer x");
    }

    #[test]
    fn no_raw_character_and_no_odd_header_ends_the_function() {
        for (path, query, headers) in [
            ("/v1/rules", "q=\"<{`|^}>\" \u{e9}\\[]", json!({})),
            ("/v1/rules", "q=#x\u{0}\n", json!({})),
            ("//[", "", json!({ "host": "a b" })),
            ("[::", "%", json!({ "x-forwarded-proto": "ht tp:", "host": "[::1" })),
            ("/v1/rules", "", json!({ "x-forwarded-proto": "", "host": ":::" })),
            ("", "", json!({ "a b": "x", "x": "\u{0}", "\u{e9}": "x", "y": 7, "z": null })),
            (&"/\u{1f600}".repeat(9_000), &"\u{e9}".repeat(60_000), json!({ "cookie": "\n" })),
        ] {
            let mut event = event(path, query, &headers);
            event["cookies"] = json!(["\n"]);
            request(event);
        }
        let mut odd = event("/v1/rules", "", &json!({}));
        odd["requestContext"]["http"]["method"] = json!("G ET");
        assert_eq!(request(odd).method(), Method::TRACE);
    }

    proptest! {
        #[test]
        fn whatever_is_sent_becomes_a_request(path in ".*", query in ".*", name in ".*", value in ".*", host in ".*") {
            let headers = json!({ name: value, "host": host, "x-forwarded-proto": path, "X-Forwarded-Proto": query });
            request(event(&path, &query, &headers));
        }
    }
}
