//! Local AWS, which ends with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Response;

/// How often the start is checked, every 50 ms.
const CHECKS: usize = 400;

pub(crate) struct Local {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Local {
    /// Starts an empty local AWS. IAM is not a part of the comparison.
    pub(crate) fn start() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let bin = project.join(".local/venv/bin");
        assert!(bin.join("ministack").exists(), "local AWS is not installed: `make stage` installs it");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = project.join(format!(".local/differential-{port}"));
        std::fs::create_dir_all(folder.join("tmp")).unwrap();
        let process = Command::new(bin.join("ministack"))
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()))
            .envs([("LOG_LEVEL", "WARNING"), ("BIND_HOST", "127.0.0.1"), ("IOT_MTLS_ENABLED", "0")])
            .env("GATEWAY_PORT", port.to_string())
            .envs(
                [("TMPDIR", "tmp"), ("STATE_DIR", "state"), ("S3_DATA_DIR", "s3")]
                    .map(|(name, path)| (name, folder.join(path))),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let local = Self { process, port, folder };
        for _ in 0..CHECKS {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return local;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("local AWS did not start");
    }

    pub(crate) fn call(&self, target: &str, body: &Value) -> Response {
        let service = match target.split_once('.').unwrap().0 {
            "DynamoDB_20120810" => "dynamodb",
            "AmazonSQS" => "sqs",
            _ => "kms",
        };
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {service}.us-east-1.amazonaws.com\r\nContent-Type: application/x-amz-json-1.0\r\n\
             X-Amz-Target: {target}\r\nX-Amz-Date: 20260504T100000Z\r\nConnection: close\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260504/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = None;
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = Some(value.trim().parse().unwrap());
            }
        }
        let mut text = vec![0; length.unwrap()];
        reader.read_exact(&mut text).unwrap();
        Response::new(status, &String::from_utf8(text).unwrap())
    }

    /// A call that has to succeed.
    pub(crate) fn create(&self, target: &str, body: &Value) -> Value {
        let response = self.call(target, body);
        assert_eq!(response.status, 200, "{target}: {}", response.body);
        response.body
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
