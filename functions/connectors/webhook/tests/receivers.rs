//! Verifies messages with the README's code and with the library of Standard Webhooks.
#![expect(clippy::expect_used, reason = "in a test")]

use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use webhook::signature::Signer;

const BODY: &[u8] = br#"{"type":"test","data":{}}"#;

/// Secrets of each length that base64 pads differently, with and without padding.
fn secrets() -> Vec<String> {
    let secrets =
        [24, 25, 32, 47, 64].map(|bytes| format!("whsec_{}", BASE64_STANDARD.encode(vec![0xfb_u8; bytes])));
    secrets.iter().flat_map(|secret| [secret.clone(), secret.trim_end_matches('=').to_owned()]).collect()
}

/// Whether the README's code accepts a message that was sent at that time.
fn readme_takes(secret: &str, signatures: &str, sent_at: &str, body: &str) -> bool {
    let readme = include_str!("../README.md");
    let (_, code) = readme.split_once("```python").expect("it has Python");
    let (code, _) = code.split_once("```").expect("it ends");
    let call = "import sys\nheaders = {'webhook-id': 'job_1', 'webhook-timestamp': str(int(time.time()) if sys.argv[3] == 'now' else sys.argv[3]), 'webhook-signature': sys.argv[2]}\nprint(verify(sys.argv[1], headers, sys.argv[4].encode()))";
    let run = Command::new("python3")
        .args(["-c", &format!("{code}\n{call}"), secret, signatures, sent_at, body])
        .output()
        .expect("Python runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    run.stdout.starts_with(b"True")
}

#[test]
fn the_standards_library_and_the_readme_take_what_the_engine_signs() {
    let now = std::process::Command::new("date").arg("+%s").output().expect("date runs").stdout;
    let now = String::from_utf8(now).expect("text").trim().to_owned();
    let seconds: i64 = now.parse().expect("a number");
    let body = std::str::from_utf8(BODY).expect("text");
    for secret in secrets() {
        let signature = Signer::new(&secret).expect("a secret").sign("job_1", seconds, BODY);
        assert!(readme_takes(&secret, &signature, &now, body), "{secret}");
        // One valid signature of two is enough, while a secret is changed.
        assert!(readme_takes(&secret, &format!("v1,AAAA {signature}"), &now, body), "{secret}");
        assert!(!readme_takes(&secret, &signature, &now, "{}"), "{secret}");
        assert!(!readme_takes(&secret, &signature, "1614265330", body), "{secret}");
        // The library requires padding.
        let padded = format!("{secret}{}", "=".repeat((4 - (secret.len() - 6) % 4) % 4));
        let library = standardwebhooks::Webhook::new(&padded).expect("a secret");
        assert_eq!(library.sign("job_1", seconds, BODY).expect("signed"), signature, "{secret}");
    }
}
