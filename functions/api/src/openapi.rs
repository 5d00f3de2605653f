//! The OpenAPI document. Each handler documents its own behaviour. This module adds what all routes share:
//! authentication, error responses and the patterns of ids.

mod examples;
mod ids;
pub(crate) mod words;

use std::io::Read;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::read::GzDecoder;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::server::{Server, ServerBuilder, ServerVariableBuilder};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Required, Response as Documented, ResponseBuilder,
};

use crate::live;
use crate::problem::Problem;

/// The path parameters whose name is not enough, with their description.
const IN_PATHS: [(&str, &str); 2] =
    [("app", "The app's key"), ("list", "The key of an option list of the app's manifest")];

/// The responses that all routes of a kind have in common.
const OF_ALL: [(&str, &str); 3] = [
    ("405", "The path does not support this method"),
    ("429", "Rate limit exceeded"),
    ("503", "The service is temporarily unavailable; try again"),
];
const OF_MERCHANTS: [(&str, &str); 2] = [
    ("401", "The portal token is missing or not valid"),
    ("403", "The portal token does not permit this request"),
];
const OF_PATHS: [(&str, &str); 1] = [("404", "Not found")];
const OF_QUERIES: [(&str, &str); 1] = [("400", "A parameter is not valid")];
const OF_PAGES: [(&str, &str); 1] = [("422", "The cursor belongs to another list or to other filters")];
const OF_VERSIONS: [(&str, &str); 2] =
    [("412", "The resource has changed since it was read"), ("428", "If-Match header is required")];
const OF_KEYS: [(&str, &str); 1] =
    [("409", "The key was used for another request, or its first request is still in progress")];
const OF_BODIES: [(&str, &str); 4] = [
    ("400", "The request cannot be read"),
    ("413", "The body is too large"),
    ("415", "The body is not JSON"),
    ("422", "Fields of the body are not valid"),
];

/// The committed document, compressed by `build.rs`.
const COMMITTED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

/// `GET /openapi.json`, which requires no authentication.
pub(crate) fn route() -> Router {
    Router::new().route("/openapi.json", get(show))
}

async fn show() -> Result<Response, Problem> {
    let mut text = String::new();
    let read = GzDecoder::new(COMMITTED).read_to_string(&mut text);
    read.map_err(|error| Problem::unavailable(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// Completes the document of the handlers.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("portal", SecurityScheme::Http(bearer));
    ids::in_bodies(components);
    components.add_security_scheme("iam", SecurityScheme::ApiKey(ApiKey::Header(signature())));
    document.servers = Some(servers());
    for (path, item) in &mut document.paths.paths {
        if let Some(read) = &mut item.get {
            live(path, read);
        }
        for operation in operations(item) {
            ids::in_parameters(operation);
            complete(path, operation);
        }
    }
    examples::add(&mut document);
    document
}

/// The API that serves the document, and a template for the URL of any other.
fn servers() -> Vec<Server> {
    let deployed = ServerBuilder::new()
        .url("https://{api}.execute-api.{region}.amazonaws.com")
        .description(Some("A deployed stack: the output ApiUrl"))
        .parameter(
            "api",
            ServerVariableBuilder::new().default_value("abcdefghij").description(Some("The output ApiId")),
        )
        .parameter("region", ServerVariableBuilder::new().default_value("us-east-1"));
    let own = ServerBuilder::new().url("/").description(Some("The API that serves this document"));
    vec![own.build(), deployed.build()]
}

/// Responses without a version have an ETag of their content, for `If-None-Match`.
fn live(path: &str, read: &mut Operation) {
    let Some(RefOr::T(answer)) = read.responses.responses.get_mut("200") else { return };
    if !live::is_live(path) || answer.headers.contains_key("ETag") {
        return;
    }
    let text = || ObjectBuilder::new().schema_type(Type::String);
    answer.headers.insert("ETag".to_owned(), RefOr::T(HeaderBuilder::new().schema(Some(text())).build()));
    let seen = ParameterBuilder::new().name("if-none-match").parameter_in(ParameterIn::Header);
    let seen = seen.required(Required::False).schema(Some(text()));
    let seen = seen
        .description(Some("The ETag of an earlier response; if the response is unchanged, 304 is returned"))
        .build();
    read.parameters.get_or_insert_default().push(RefOr::T(seen));
    let same = ResponseBuilder::new()
        .description("The response is unchanged: it has the ETag of If-None-Match")
        .build();
    read.responses.responses.insert("304".to_owned(), RefOr::T(same));
}

/// OpenAPI has no security scheme for SigV4. This is the representation that API Gateway exports.
fn signature() -> ApiKeyValue {
    let mut value = ApiKeyValue::with_description("Authorization", "The request is signed with IAM (SigV4).");
    value.extensions = Some(Extensions::builder().add("x-amazon-apigateway-authtype", "awsSigv4").build());
    value
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn complete(path: &str, operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    let handler = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{tag}_{handler}"));

    let mut answers: Vec<(&str, &str)> = Vec::new();
    if path.starts_with("/v1/") {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("portal", [])]);
        answers.extend(OF_MERCHANTS);
        answers.extend(OF_ALL);
    }
    if path.starts_with("/operator/") {
        operation.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("iam", [])]);
        operation.responses.responses.insert("403".to_owned(), RefOr::T(not_signed()));
        answers.extend(OF_ALL);
    }
    let stated = operation.parameters.take().unwrap_or_default();
    let parameters: Vec<_> = in_path(path).chain(stated).collect();
    let has = |wanted: &dyn Fn(&Parameter) -> bool| {
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if wanted(parameter)))
    };
    if has(&|parameter| parameter.parameter_in == ParameterIn::Path) {
        answers.extend(OF_PATHS);
    }
    if has(&|parameter| parameter.parameter_in == ParameterIn::Query) {
        answers.extend(OF_QUERIES);
    }
    if has(&|parameter| parameter.name == "cursor") {
        answers.extend(OF_PAGES);
    }
    if has(&|parameter| parameter.name == "if-match") {
        answers.extend(OF_VERSIONS);
    }
    if has(&|parameter| parameter.name == "idempotency-key") {
        answers.extend(OF_KEYS);
    }
    if operation.request_body.is_some() {
        answers.extend(OF_BODIES);
    }
    operation.parameters = (!parameters.is_empty()).then_some(parameters);
    let responses = &mut operation.responses.responses;
    for (status, description) in answers {
        let answer = ResponseBuilder::new().description(description).build();
        responses.entry(status.to_owned()).or_insert(RefOr::T(answer));
    }
    // The handlers list their error responses; the body is the same everywhere.
    for (status, answer) in responses {
        if let RefOr::T(answer) = answer
            && status.starts_with(['4', '5'])
            && answer.content.is_empty()
        {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            answer.content.insert("application/problem+json".to_owned(), RefOr::T(problem));
        }
    }
}

/// API Gateway returns this response in a format of its own: the request does not reach the function.
fn not_signed() -> Documented {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let body = ObjectBuilder::new().property("message", text).required("message");
    let content = ContentBuilder::new().schema(Some(body)).build();
    let answer =
        ResponseBuilder::new().description("The request is not signed, or IAM does not authorize the caller");
    answer.content("application/json", content).build()
}

/// The parameters of a path.
fn in_path(path: &str) -> impl Iterator<Item = RefOr<Parameter>> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        let description = IN_PATHS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        let schema = match name {
            "app" => words::app(),
            _ => ObjectBuilder::new().schema_type(Type::String).pattern(ids::pattern(name)).build(),
        };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        let parameter = parameter.required(Required::True).description(description);
        RefOr::T(parameter.schema(Some(Schema::Object(schema))).build())
    })
}
