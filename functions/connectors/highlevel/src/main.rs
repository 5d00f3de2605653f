//! The HighLevel connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(highlevel::HighLevel::new)
}
