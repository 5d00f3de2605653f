//! The server, and the handle of a running proxy.
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::control;
use crate::forward::Line;

/// A proxy that serves as long as this handle exists.
#[must_use = "the proxy ends when its handle is dropped"]
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    server: JoinHandle<io::Result<()>>,
}

/// Serves on a bound listener, inside the current Tokio runtime; `to` is the address of local AWS.
pub fn serve(listener: TcpListener, to: SocketAddr) -> io::Result<Proxy> {
    let address = listener.local_addr()?;
    let server = tokio::spawn(accept(listener, Arc::new(Line::new(to))));
    Ok(Proxy { address, server })
}

async fn accept(listener: TcpListener, line: Arc<Line>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // Without it, a small response may wait for the client's delayed acknowledgement. A failure to set it only
        // causes that wait.
        stream.set_nodelay(true).ok();
        let line = Arc::clone(&line);
        tokio::spawn(async move {
            let service = service_fn(|request| control::answer(Arc::clone(&line), request));
            // It ends with an error if a fault closes the connection, which the client notices.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
        });
    }
}

impl Proxy {
    /// Its origin, e.g. `http://127.0.0.1:4590`, which the functions use as AWS's endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the proxy stops.
    pub async fn wait(mut self) -> io::Result<()> {
        (&mut self.server).await.map_err(io::Error::other)?
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}
