//! The Circle connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(circle::Circle::new)
}
