//! The Thinkific connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(thinkific::Thinkific::new)
}
