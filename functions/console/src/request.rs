//! The parts of an HTTP API's event (payload format 2.0) that this function reads.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::collections::BTreeMap;

use serde::Deserialize;

/// A request.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "rawPath")]
    path: String,
    /// API Gateway writes the names in lower case.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(rename = "requestContext")]
    context: Context,
}

#[derive(Debug, Deserialize)]
struct Context {
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Http {
    method: String,
}

impl Request {
    /// The HTTP method.
    pub(crate) fn method(&self) -> &str {
        &self.context.http.method
    }

    /// The path, decoded.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// A header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

#[cfg(test)]
impl Request {
    pub(crate) fn new(method: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let headers: BTreeMap<_, _> = headers.iter().copied().collect();
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "ANY /console/{proxy+}", "rawPath": path, "rawQueryString": "",
            "headers": headers, "requestContext": { "http": { "method": method, "path": path } },
        });
        serde_json::from_value(event).unwrap()
    }
}
