//! The webhook connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(webhook::Webhook::new)
}
