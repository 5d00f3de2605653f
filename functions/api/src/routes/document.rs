//! What goes for every route, said once in the OpenAPI document: who may call, what every request can be answered with, and
//! what an id looks like. A handler documents what is its own.

use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::words;

/// The ids in paths, and what each matches. Those that are not here are texts.
const IDS: [(&str, &str); 7] = [
    ("integration", "^int_[A-Za-z0-9_]{1,60}$"),
    ("rule", "^rul_[A-Za-z0-9_]{1,60}$"),
    ("session", "^ses_[A-Za-z0-9_]{1,60}$"),
    ("event", "^evt_[A-Za-z0-9_]{1,120}$"),
    ("job", "^job_[A-Za-z0-9_]{1,120}$"),
    ("marketplace", "^[A-Za-z0-9._-]{1,64}$"),
    ("email", "^[A-Za-z0-9._+-]{1,64}@[a-z0-9-]{1,60}\\.[a-z]{2,10}$"),
];

/// What a request to any route of the kind can be answered with.
const OF_ALL: [(&str, &str); 3] = [
    ("405", "The address does not take this method"),
    ("429", "It is called too often"),
    ("503", "Try again"),
];
const OF_MERCHANTS: [(&str, &str); 2] =
    [("401", "There is no good portal token"), ("403", "The portal token does not allow it")];
const OF_PATHS: [(&str, &str); 1] = [("404", "There is no such thing here")];
const OF_QUERIES: [(&str, &str); 1] = [("400", "A parameter is not valid")];
const OF_PAGES: [(&str, &str); 1] = [("422", "The cursor is of another list, or of other filters")];
const OF_BODIES: [(&str, &str); 4] = [
    ("400", "The request cannot be read"),
    ("413", "The body is too large"),
    ("415", "The body is not JSON"),
    ("422", "Fields of the body are not valid"),
];

/// Completes what the handlers say.
pub(crate) fn finished(mut document: OpenApi) -> OpenApi {
    let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("portal", SecurityScheme::Http(bearer));
    components.add_security_scheme("iam", SecurityScheme::ApiKey(ApiKey::Header(signature())));
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            complete(path, operation);
        }
    }
    document
}

/// OpenAPI has no scheme for SigV4; this is how API Gateway itself writes it down.
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
    let has = |place: &ParameterIn| {
        let inline = |parameter: &RefOr<Parameter>| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == *place,
            RefOr::Ref(_) => false,
        };
        operation.parameters.iter().flatten().any(inline)
    };
    if has(&ParameterIn::Path) {
        answers.extend(OF_PATHS);
    }
    if has(&ParameterIn::Query) {
        answers.extend(OF_QUERIES);
    }
    if pages(operation) {
        answers.extend(OF_PAGES);
    }
    if operation.request_body.is_some() {
        answers.extend(OF_BODIES);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            describe(parameter);
        }
    }
    for (status, description) in answers {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let answer = answer(description, "application/problem+json", problem);
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(answer));
    }
}

fn answer(description: &str, content_type: &str, content: Content) -> Response {
    ResponseBuilder::new().description(description).content(content_type, content).build()
}

/// API Gateway answers this in its own way: the request does not reach us.
fn not_signed() -> Response {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let body = ObjectBuilder::new().property("message", text).required("message");
    let content = ContentBuilder::new().schema(Some(body)).build();
    answer("The request is not signed, or IAM does not let its signer call this", "application/json", content)
}

/// Whether it is a list that comes in pages.
fn pages(operation: &Operation) -> bool {
    let is_cursor = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.name == "cursor",
        RefOr::Ref(_) => false,
    };
    operation.parameters.iter().flatten().any(is_cursor)
}

/// What a parameter of a path looks like.
fn describe(parameter: &mut Parameter) {
    if parameter.parameter_in != ParameterIn::Path {
        return;
    }
    let id = IDS.iter().find(|(name, _)| *name == parameter.name);
    let schema = match id {
        Some((_, pattern)) => ObjectBuilder::new().schema_type(Type::String).pattern(Some(*pattern)).build(),
        None if parameter.name == "app" => words::app(),
        None => return,
    };
    parameter.schema = Some(RefOr::T(Schema::Object(schema)));
}
