//! Reads the call of AWS in a request.
use hyper::Method;
use hyper::header::{AUTHORIZATION, AsHeaderName};
use hyper::http::request::Parts;
use serde_json::Value;

/// One call of one operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The service's name in signatures: dynamodb, sqs, events, kms, scheduler …
    pub(crate) service: String,
    /// The service's name of the operation, or method and path if it has none.
    pub(crate) operation: String,
    /// The kind of item, or empty.
    pub(crate) item: String,
    /// The body, if it is JSON.
    pub(crate) body: Value,
}

impl Call {
    pub(crate) fn read(parts: &Parts, body: &[u8]) -> Self {
        let header = |name: &'static str| text(parts, name);
        let service = scope(text(parts, AUTHORIZATION)).unwrap_or_default().to_owned();
        let operation = match header("x-amz-target").rsplit_once('.') {
            Some((_, operation)) => operation.to_owned(),
            None if header("content-type").starts_with("application/x-www-form-urlencoded") => {
                let mut fields = url::form_urlencoded::parse(body);
                fields
                    .find(|(name, _)| name == "Action")
                    .map(|(_, action)| action.into_owned())
                    .unwrap_or_default()
            }
            None => by_path(&service, &parts.method, parts.uri.path()),
        };
        let body = serde_json::from_slice(body).unwrap_or_default();
        let item = if service == "dynamodb" { kind(&body) } else { String::new() };
        Self { service, operation, item, body }
    }

    /// The number of entries in the call: messages, events.
    pub(crate) fn entries(&self) -> u64 {
        self.body.get("Entries").and_then(Value::as_array).map_or(1, |entries| entries.len() as u64)
    }
}

fn text(parts: &Parts, name: impl AsHeaderName) -> &str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// `…Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, …` → `dynamodb`
fn scope(authorization: &str) -> Option<&str> {
    authorization.split_once("Credential=")?.1.split(',').next()?.split('/').nth(3)
}

/// The operation of a service that identifies it by method and path.
fn by_path(service: &str, method: &Method, path: &str) -> String {
    let first = path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default();
    let known = match (service, method, first) {
        ("scheduler", &Method::POST, "schedules") => "CreateSchedule",
        ("scheduler", &Method::PUT, "schedules") => "UpdateSchedule",
        ("scheduler", &Method::GET, "schedules") => "GetSchedule",
        ("scheduler", &Method::DELETE, "schedules") => "DeleteSchedule",
        _ => return format!("{method} /{first}"),
    };
    known.to_owned()
}

/// The parts of a key in upper case, with the index first if the call uses one: `listing ACTIONS`, `BUYER`.
fn kind(body: &Value) -> String {
    let key = body.get("Item").or_else(|| body.get("Key"));
    let part = |name: &str| key.and_then(|key| key[name]["S"].as_str()).unwrap_or_default();
    let named =
        [asked(body).unwrap_or_default(), part("pk"), part("sk")].iter().find_map(|key| capitals(key));
    let words = [body.get("IndexName").and_then(Value::as_str), named];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn capitals(key: &str) -> Option<&str> {
    let in_capitals = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase());
    key.split('#').find(in_capitals)
}

/// The partition key of a query.
fn asked(body: &Value) -> Option<&str> {
    let condition = body.get("KeyConditionExpression")?.as_str()?;
    let value = condition.split_once('=')?.1.split_whitespace().next()?;
    body.get("ExpressionAttributeValues")?.get(value)?["S"].as_str()
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use serde_json::json;

    use super::*;

    fn call(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Call {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Call::read(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";

    #[test]
    fn a_call_is_known_by_its_signature_and_target() {
        let headers = [("authorization", SIGNED), ("x-amz-target", "DynamoDB_20120810.PutItem")];
        let body = json!({ "Item": { "pk": { "S": "demo#EFFECT#8f" }, "sk": { "S": "CLAIM" } } });
        let put = call("POST", "/", &headers, &body.to_string());
        assert_eq!((&*put.service, &*put.operation, &*put.item), ("dynamodb", "PutItem", "EFFECT"));
    }

    #[test]
    fn a_query_is_known_by_the_key_it_asks_for() {
        let query = json!({
            "IndexName": "due", "KeyConditionExpression": "due_pk = :pk AND due_sk < :now",
            "ExpressionAttributeValues": { ":pk": { "S": "DUE#3" }, ":now": { "S": "2026" } },
        });
        assert_eq!(kind(&query), "due DUE");
        let integration = json!({ "Key": { "pk": { "S": "demo" }, "sk": { "S": "INTEGRATION#int_1" } } });
        assert_eq!(kind(&integration), "INTEGRATION");
    }

    #[test]
    fn form_and_path_protocols_say_their_operation_elsewhere() {
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        assert_eq!(
            call("POST", "/", &form, "Action=GetCallerIdentity&Version=1").operation,
            "GetCallerIdentity"
        );
        let signed = SIGNED.replace("dynamodb", "scheduler");
        let schedule = call("POST", "/schedules/a", &[("authorization", &signed)], "{}");
        assert_eq!((&*schedule.service, &*schedule.operation), ("scheduler", "CreateSchedule"));
    }
}
