//! The Mailchimp connector's Lambda function.

fn main() -> Result<(), connector::Error> {
    connector::run(mailchimp::Mailchimp::new)
}
