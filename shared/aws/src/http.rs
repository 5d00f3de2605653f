//! The HTTP client of the SDK's clients: one for all of them, so that they share its connections.
//!
//! The SDK's own reads the system's root certificates for each client of a service, decodes them in constant time, and
//! contains HTTP/2, which the engine's services do not need. That took most of a function's start.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{CaptureConnection, HttpConnector as Tcp, capture_connection};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::tls;

/// How long a connection may take, without TLS, which is part of a try.
const CONNECT: Duration = Duration::from_secs(2);

/// The client. Clones share its connections.
#[derive(Debug, Clone)]
struct Http(Client<HttpsConnector<Tcp>, SdkBody>);

/// A new client without connections.
pub fn client() -> SharedHttpClient {
    let mut tcp = Tcp::new();
    tcp.set_nodelay(true);
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT));
    let https = HttpsConnectorBuilder::new().with_tls_config(tls::client_config());
    let https = https.https_or_http().enable_http1().wrap_connector(tcp);
    let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(https);
    SharedHttpClient::new(Http(client))
}

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || described(&connection));
        }
        let response = self.0.request(request);
        HttpConnectorFuture::new(async {
            let response = response.await.map_err(failed)?.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The connection of a request, which the SDK closes after a failure that may be the connection's.
fn described(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    let proxied = connection.connection_metadata().as_ref()?.is_proxied();
    let connection = connection.clone();
    let close = move || {
        if let Some(connection) = connection.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(proxied).poison_fn(close).build())
}

/// The kind of a failure, which decides whether the SDK tries again.
fn failed(error: legacy::Error) -> ConnectorError {
    let of_http = cause::<hyper::Error>(&error);
    let is = |is: fn(&hyper::Error) -> bool| of_http.is_some_and(is);
    let kind: fn(Box<legacy::Error>) -> ConnectorError = if error.is_connect() {
        |error| ConnectorError::io(error)
    } else if is(hyper::Error::is_timeout) {
        |error| ConnectorError::timeout(error)
    } else if is(hyper::Error::is_user) {
        |error| ConnectorError::user(error)
    } else if is(hyper::Error::is_closed)
        || is(hyper::Error::is_canceled)
        || cause::<io::Error>(&error).is_some()
    {
        |error| ConnectorError::io(error)
    } else if is(hyper::Error::is_incomplete_message) {
        |error| ConnectorError::other(error, Some(ErrorKind::TransientError))
    } else {
        |error| ConnectorError::other(error, None)
    };
    kind(Box::new(error))
}

/// The first cause of this type.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}
