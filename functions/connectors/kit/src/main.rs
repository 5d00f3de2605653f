//! The Kit connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(kit::Kit::new)
}
