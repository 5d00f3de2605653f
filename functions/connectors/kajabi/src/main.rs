//! The Kajabi connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(kajabi::Kajabi::new)
}
