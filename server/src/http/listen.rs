//! Accepting connections, plain or TLS, until told to stop; then finishing what has begun.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use axum_server::{Handle, Server, tls_rustls::RustlsConfig};
use hyper_util::rt::TokioTimer;
use rustls::ServerConfig;

/// How long running requests have after the server was told to stop.
const GRACE: Duration = Duration::from_secs(20);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// Binds an address. Connections wait in the kernel from here on, so the address may be announced.
///
/// # Errors
/// The system's: the port is taken, or the address is not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until `stop` is done and the running requests have ended or used up their grace.
///
/// # Errors
/// The listener's.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::new();
    let stopper = tokio::spawn({
        let handle = handle.clone();
        async move {
            stop.await;
            handle.graceful_shutdown(Some(GRACE));
        }
    });
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let result = match tls {
        Some(config) => {
            let config = RustlsConfig::from_config(config);
            let mut server = axum_server::from_tcp_rustls(listener, config)?;
            limit(&mut server);
            server.handle(handle).serve(service).await
        }
        None => {
            // Without TLS nobody negotiates HTTP/2, and guessing it from the first bytes would
            // wait for them without end.
            let mut server = axum_server::from_tcp(listener)?.http1_only();
            limit(&mut server);
            server.handle(handle).serve(service).await
        }
    };
    stopper.abort();
    result
}

/// What one connection may take.
fn limit<A>(server: &mut Server<SocketAddr, A>) {
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Some(HEAD_TIMEOUT));
}
