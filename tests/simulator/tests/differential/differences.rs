//! Where local AWS differs from AWS. The documentation of AWS is right, and the AWS in memory follows it.
//! README.md lists the rows.

use serde_json::Value;

use crate::Response;

/// Requests that AWS refuses and local AWS accepts or judges by the item, each as a part of the request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>
const ACCEPTED: &[&str] = &[
    "\"n = n\"",
    "\"n < :b\"",
    "\"unheard(n)\"",
    "\"attribute_type(#t, :s)\"",
    "\"SET n = :n SET o = :n\"",
    "\"SET n = :n,\"",
    "\"REMOVE m.a\"",
    "\"REMOVE l[0]\"",
    "\"SET l[9] = :n\"",
    "\"SET #t = list_append(#t, :l)\"",
    "\"pk = :s OR sk = :s\"",
    "\"pk = :s AND sk <> :s\"",
    "\"ProjectionExpression\":\"\"",
    "\"ProjectionExpression\":\"n,\"",
];

/// Whether two responses, the first from memory, differ as it is known.
pub(crate) fn is_known(target: &str, request: &Value, memory: &Response, local: &Response) -> bool {
    let text = request.to_string();
    let refused = memory.code() == "ValidationException";
    let accepts = refused && ACCEPTED.iter().any(|part| text.contains(part));
    // A transaction names other reasons beside that of a write that is not valid, or none.
    let invalid =
        |response: &Response| response.body["CancellationReasons"].to_string().contains("ValidationError");
    let reasons = target.ends_with(".TransactWriteItems")
        && memory.code() == "TransactionCanceledException"
        && (invalid(memory) || invalid(local) || local.code() == "ValidationException");
    // The function is false for an attribute that is neither text nor binary.
    let prefix = text.contains("begins_with(#t")
        && local.code() == "ValidationException"
        && memory.code().starts_with("Conditional");
    // A wrong receipt with a wrong time: either may be the error.
    let order = target.ends_with(".ChangeMessageVisibility") && memory.status >= 400 && local.status >= 400;
    // The limit is 12 hours.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
    let hours = target.ends_with(".ChangeMessageVisibility") && request["VisibilityTimeout"] == 43_201;
    // The limit is 4096 bytes. https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
    let long = target.ends_with(".Encrypt") && refused && local.status == 200;
    accepts || reasons || prefix || order || hours || long
}
