//! The clients against real servers on loopback.
#![expect(clippy::unwrap_used, reason = "in a test")]

use std::time::{Duration, Instant};

use connector::http::{
    AddressRefused, Answer, AppHttp, Cause, Guarded, HttpError, HttpSettings, Method, StatusCode,
};
use connector::testing::{NOW, Reply, Stub};
use connector::watch::watched;
use domain::app::App;
use domain::outcome::Setback;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A label longer than DNS allows: no resolver finds it, and none sends a query.
fn nowhere() -> String {
    format!("http://{}.example", "x".repeat(64))
}

async fn stub(reply: Reply) -> Stub {
    Stub::start([reply]).await.unwrap()
}

async fn call_app(stub: &Stub) -> Result<Answer, Cause> {
    let http = AppHttp::new(App::MAILCHIMP, &stub.settings()).unwrap();
    let url = http.origin("https://us6.api.mailchimp.com").unwrap().url(["3.0", "ping"]).unwrap();
    http.send(http.request(Method::GET, url)).await.map_err(|error| error.cause)
}

async fn post_guarded(settings: &HttpSettings, url: &str) -> Result<Answer, Cause> {
    let guarded = Guarded::new(settings).unwrap();
    let to = guarded.address(url).map_err(Cause::RefusedAddress)?;
    let sent = guarded.send(&to, guarded.request(Method::POST, &to).body("{}")).await;
    sent.map_err(|error| error.cause)
}

#[tokio::test]
async fn an_app_is_called_in_the_sandbox_under_its_name_and_told_who_calls() {
    let stub = stub(Reply::json(200, json!({"a": 1}))).await;
    let answer = call_app(&stub).await.unwrap();
    assert_eq!((answer.status, answer.json::<Value>().unwrap()), (StatusCode::OK, json!({"a": 1})));
    let received = &stub.received()[0];
    assert_eq!(received.line(), "GET /mailchimp/3.0/ping");
    assert_eq!(received.header("user-agent"), concat!("integration-engine/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn the_first_call_uses_the_connection_that_was_opened_at_start() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answers = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut methods = Vec::new();
        for _ in 0..2 {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            methods.push(head.iter().take_while(|byte| **byte != b' ').copied().collect::<Vec<_>>());
            socket.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
        methods
    });
    let http = AppHttp::new(App::KIT, &HttpSettings::with_sandbox(&address).unwrap()).unwrap();
    let origin = http.origin("https://api.kit.com").unwrap();
    http.warm(&origin).await;
    let called = http.send(http.request(Method::GET, origin.url(["v4", "tags"]).unwrap())).await;
    assert_eq!(called.unwrap().status, StatusCode::NOT_FOUND);
    assert_eq!(answers.await.unwrap(), [b"HEAD".as_slice(), b"GET"]);
}

#[tokio::test]
async fn a_start_does_not_wait_for_an_app_that_is_silent_or_gone() {
    let warm = async |address: &str| {
        let http = AppHttp::new(App::KIT, &HttpSettings::with_sandbox(address).unwrap()).unwrap();
        let began = Instant::now();
        http.warm(&http.origin("https://api.kit.com").unwrap()).await;
        began.elapsed()
    };
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let waited = warm(&address).await;
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&waited), "{waited:?}");
    drop(silent);
    assert!(warm(&address).await < Duration::from_millis(900));
}

#[tokio::test]
async fn every_way_to_fail_has_its_own_error() {
    assert!(matches!(call_app(&stub(Reply::Silence).await).await, Err(Cause::Timeout(_))));
    assert!(matches!(call_app(&stub(Reply::HangUp).await).await, Err(Cause::Interrupted(_))));
    let page = call_app(&stub(Reply::text(200, "<html>")).await).await.unwrap();
    assert!(matches!(page.json::<Value>(), Err(HttpError { cause: Cause::Unreadable { .. }, .. })));
    let long = stub(Reply::text(200, &"x".repeat((8 << 20) + 1))).await;
    assert!(matches!(call_app(&long).await, Err(Cause::TooLarge(_))));
    let closed = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let gone = post_guarded(&HttpSettings::with_sandbox(&closed).unwrap(), &format!("{closed}/hook")).await;
    assert!(matches!(gone, Err(Cause::Unreachable(_))), "{gone:?}");
    let unknown = post_guarded(&HttpSettings::with_sandbox(&nowhere()).unwrap(), &nowhere()).await;
    assert!(matches!(unknown, Err(Cause::UnknownHost(_))), "{unknown:?}");
}

#[tokio::test]
async fn what_passes_by_itself_is_the_same_for_every_app() {
    let said = async |reply: Reply| {
        let answer = call_app(&stub(reply).await).await.unwrap();
        answer.passing(NOW, SignedDuration::from_secs(30))
    };
    let until = |seconds| {
        let until = NOW + SignedDuration::from_secs(seconds);
        Some(Setback::rate_limited(until, "Mailchimp's rate limit allows no more calls for now."))
    };
    assert_eq!(said(Reply::status(429)).await, until(30));
    for status in [429, 503] {
        assert_eq!(said(Reply::status(status).header("retry-after", "120")).await, until(120));
    }
    for status in [408, 500, 502, 503, 504, 522] {
        let passing = matches!(said(Reply::status(status)).await, Some(Setback::Transient { .. }));
        assert!(passing, "{status}");
    }
    for status in [200, 302, 400, 401, 403, 404, 422] {
        assert_eq!(said(Reply::status(status).header("retry-after", "120")).await, None, "{status}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let target = stub(Reply::status(200)).await;
        let moved = stub(Reply::status(status).header("location", target.address())).await;
        assert_eq!(call_app(&moved).await.unwrap().status, status);
        let moved = stub(Reply::status(status).header("location", target.address())).await;
        let answer = post_guarded(&moved.settings(), &format!("{}/hook", moved.address())).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(target.received().is_empty());
    }
}

#[tokio::test]
async fn a_name_that_leads_to_loopback_is_refused_before_anything_is_sent() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // A sandbox at another address does not allow this one.
    for settings in [HttpSettings::default(), HttpSettings::with_sandbox("http://127.0.0.1:9").unwrap()] {
        let refused = post_guarded(&settings, &format!("https://localhost:{port}/hook?token=s3cret")).await;
        let Err(Cause::RefusedAddress(AddressRefused::NotPublic { host })) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(host, "localhost");
    }
    let connected = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
    assert!(connected.is_err(), "the client connected");
}

#[tokio::test]
async fn of_a_receivers_answer_64_kb_are_read_and_the_status_counts() {
    let endless = stub(Reply::text(200, &"x".repeat(10 << 20))).await;
    let answer = post_guarded(&endless.settings(), &format!("{}/hook", endless.address())).await.unwrap();
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.excerpt(usize::MAX).len(), 64 << 10);
}

#[tokio::test]
async fn an_answer_that_stops_half_way_counts_for_a_receiver_and_not_for_an_app() {
    let receiver = stub(Reply::Trickle).await;
    let began = Instant::now();
    let answer = post_guarded(&receiver.settings(), &format!("{}/hook", receiver.address())).await.unwrap();
    assert_eq!((answer.status, answer.excerpt(200).as_str()), (StatusCode::OK, "begin"));
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(matches!(call_app(&stub(Reply::Trickle).await).await, Err(Cause::Timeout(_))));
}

#[tokio::test]
async fn no_error_shows_more_of_an_address_than_its_host() {
    let stub = stub(Reply::HangUp).await;
    let address = format!("{}/s3cret/hook?token=s3cret#s3cret", stub.address());
    let broken = post_guarded(&stub.settings(), &address).await.unwrap_err();
    let settings = HttpSettings::with_sandbox(&nowhere()).unwrap();
    let unknown = post_guarded(&settings, &format!("{}/s3cret?s3cret", nowhere())).await;
    let refused = post_guarded(&HttpSettings::default(), "http://u:s3cret@a.example/s3cret?s3cret").await;
    for error in [broken, unknown.unwrap_err(), refused.unwrap_err()] {
        let mut shown = vec![format!("{error:?} {error}")];
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            shown.push(error.to_string());
            source = error.source();
        }
        let shown = shown.join(" ");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn plain_http_behind_https_is_an_insecure_connection() {
    // The sandbox's address may be https too: then TLS is used, and a server without TLS is refused.
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let result = post_guarded(&HttpSettings::with_sandbox(&address).unwrap(), &address).await;
    assert!(matches!(result, Err(Cause::Insecure(_))), "{result:?}");
    server.await.unwrap();
}

#[tokio::test]
async fn whoever_watches_a_call_sees_requests_and_answers_without_secrets() {
    let stub =
        stub(Reply::json(401, json!({"message": "No key s3c/ret here", "keys": ["s3c/ret", 7]}))).await;
    let http = AppHttp::new(App::MAILCHIMP, &stub.settings()).unwrap();
    let url = http.origin("https://us6.api.mailchimp.com").unwrap().url(["3.0", "ping"]).unwrap();
    let request = http
        .request(Method::POST, url)
        .query(&[("key", "s3c/ret"), ("page", "2")])
        .basic_auth("me", Some("s3c/ret"))
        .form(&[("key", "s3c/ret"), ("email", "ada@example.com")]);
    let (answer, exchanges) = watched(&["s3c/ret".into()], http.send(request)).await;
    assert_eq!(answer.unwrap().status, StatusCode::UNAUTHORIZED);
    let [exchange] = exchanges.as_slice() else { panic!("{exchanges:?}") };
    assert!(exchange.request.url.ends_with("/mailchimp/3.0/ping?key=[hidden]&page=2"), "{exchange:?}");
    assert_eq!(exchange.request.body, Some(json!({"key": "[hidden]", "email": "ada@example.com"})));
    let answered = exchange.answer.as_ref().unwrap();
    assert_eq!(answered.body, json!({"message": "No key [hidden] here", "keys": ["[hidden]", 7]}));
    assert!(!format!("{exchanges:?}").contains("s3c"), "{exchanges:?}");
}
