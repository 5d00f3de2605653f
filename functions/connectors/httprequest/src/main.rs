//! The HTTP request connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(httprequest::HttpRequest::new)
}
