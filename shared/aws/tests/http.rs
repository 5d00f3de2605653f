//! The HTTP client as the SDK uses it: what it returns, and which failures are tried again.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use aws::clients;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};

const ANSWER: &str = r#"{"TableNames":["engine"]}"#;

/// A server whose connections are handled in turn; returns the number of the requests that it read.
fn server(connections: &'static [fn(&mut TcpStream) -> usize]) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = move || connections.iter().map(|handle| handle(&mut listener.accept().unwrap().0)).sum();
    (address, thread::spawn(serve))
}

/// Reads one request.
fn read(connection: &mut TcpStream) -> bool {
    let mut text = Vec::new();
    let mut part = [0; 4096];
    while !text.ends_with(b"{}") {
        match connection.read(&mut part).unwrap() {
            0 => return false,
            length => text.extend_from_slice(&part[..length]),
        }
    }
    true
}

fn hang_up(connection: &mut TcpStream) -> usize {
    usize::from(read(connection))
}

fn answer_all(connection: &mut TcpStream) -> usize {
    let mut count = 0;
    while read(connection) {
        count += 1;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length";
        write!(connection, "{head}: {}\r\n\r\n{ANSWER}", ANSWER.len()).unwrap();
    }
    count
}

fn client(address: SocketAddr, attempts: u32) -> Client {
    let credentials = Credentials::new("id", "secret", None, None, "test");
    let sdk = clients::of_function("us-east-1".to_owned(), Some(format!("http://{address}")), credentials);
    let retries = RetryConfig::standard().with_max_attempts(attempts);
    Client::from_conf(Builder::from(&sdk).retry_config(retries).build())
}

async fn tables(client: &Client) -> Vec<String> {
    let answer = client.list_tables().send().await;
    answer.unwrap_or_else(|error| panic!("{}", DisplayErrorContext(error))).table_names.unwrap()
}

#[tokio::test]
async fn requests_in_sequence_share_a_connection() {
    let (address, server) = server(&[answer_all]);
    let client = client(address, 1);
    for _ in 0..3 {
        assert_eq!(tables(&client).await, ["engine"]);
    }
    drop(client);
    assert_eq!(tokio::task::spawn_blocking(|| server.join().unwrap()).await.unwrap(), 3);
}

#[tokio::test]
async fn a_request_whose_connection_is_closed_is_sent_again() {
    let (address, _server) = server(&[hang_up, answer_all]);
    assert_eq!(tables(&client(address, 2)).await, ["engine"]);
}

#[tokio::test]
async fn a_server_that_refuses_connections_is_a_failure_of_the_network() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = client(address, 1).list_tables().send().await.unwrap_err();
    assert!(matches!(&error, SdkError::DispatchFailure(failure) if failure.is_io()), "{error:?}");
}
