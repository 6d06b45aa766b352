//! `darkreach-server serve`: everything started in order, and stopped in the reverse one.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use rustls::ServerConfig;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tokio_util::sync::CancellationToken;

use super::{
    CliError,
    database::{self, Database, Settings, Source},
};
use crate::{
    db::{Db, results},
    duties,
    events::{Event, Events},
    http::{App, ReleaseStore, StoreError, listen, router, tls},
    postgres::Private,
};

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7770")]
    pub listen: SocketAddr,
    /// Serve HTTPS with the certificates in this PEM file; it may be replaced at any time
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the first certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front of this server, whose X-Forwarded-For is believed; may be repeated
    #[arg(long, value_name = "IP")]
    pub trusted_proxy: Vec<IpAddr>,
    /// Where the files of releases lie [default: releases in the data directory, if there is one]
    #[arg(long, value_name = "DIR", env = "DARKREACH_RELEASE_DIR")]
    pub release_dir: Option<PathBuf>,
    /// The key that dates release documents again; readable by this user alone
    #[arg(long, value_name = "FILE", env = "DARKREACH_FRESHNESS_KEY")]
    pub freshness_key: Option<PathBuf>,
}

/// Why serving failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The certificate.
    #[error("TLS cannot be served")]
    Tls(#[from] tls::TlsError),
    /// Files of releases.
    #[error(transparent)]
    Releases(#[from] StoreError),
    /// The database has another schema.
    #[error(
        "the database's schema is missing or not the one of this program; run \
         `darkreach-server migrate` with the same DATABASE_URL"
    )]
    Schema,
    /// The system refused something while serving.
    #[error("the server broke off")]
    Io(#[from] io::Error),
    /// The accepting task panicked.
    #[error("the server broke off: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Serves until a signal comes.
///
/// # Errors
/// [`CliError`]; whatever was started is stopped again.
pub async fn run(serve: Serve, settings: Settings, json: bool) -> Result<(), CliError> {
    let events = Events { json };
    let signals = Signals::listen().map_err(ServeError::Io)?;
    tls::install_provider();
    let tls = serve.tls()?;
    // First, because it fails at once where another server has the port.
    let listener = listen::bind(serve.listen).map_err(|source| ServeError::Bind {
        address: serve.listen,
        source,
    })?;
    let address = listener.local_addr().map_err(ServeError::Io)?;
    if tls.is_none() && !address.ip().is_loopback() {
        tracing::warn!(
            "{address} is reachable from other machines without TLS: tokens can be read on the \
             way; use --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy"
        );
    }
    let database = match &settings.source {
        Source::Private(path) => Database::start_private(path.clone()).await?,
        Source::Url { .. } => Database::open(&settings).await?,
    };
    let opened = open(&database, &settings).await;
    // After the database, which decides whether the data directory is ours.
    let opened = opened.and_then(|db| Ok((db, serve.releases(&settings.source)?)));
    let served = match opened {
        Ok((db, releases)) => {
            let server = Server {
                listener,
                url: url(address, tls.is_some()),
                tls,
                app: App::new(db, serve.trusted_proxy).with_releases(releases),
                events,
            };
            server.run(signals, database.private.as_ref()).await
        }
        Err(error) => Err(error),
    };
    database.close().await;
    served
}

impl Serve {
    fn releases(&self, source: &Source) -> Result<ReleaseStore, ServeError> {
        let own = match source {
            Source::Private(data) => Some(data.join("releases")),
            Source::Url { .. } => None,
        };
        let folder = self.release_dir.clone().or(own);
        let key = self.freshness_key.as_deref();
        Ok(ReleaseStore::open(folder.as_deref(), key)?)
    }

    fn tls(&self) -> Result<Option<Arc<ServerConfig>>, ServeError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(tls::configuration(certificate, key)?)),
            _ => Ok(None),
        }
    }
}

async fn open(database: &Database, settings: &Settings) -> Result<Db, CliError> {
    let db = Db::connect(database.app.clone(), settings.max_connections).await?;
    database::current(&db).await?;
    if database.private.is_some() {
        // Nobody else uses this database: what a killed server was checking, nobody checks now.
        results::unreserve(&db, None).await?;
    }
    Ok(db)
}

/// The URL to open: an address that stands for all of this machine's is shown as the local one.
fn url(address: SocketAddr, tls: bool) -> String {
    let mut shown = address;
    if address.ip().is_unspecified() {
        shown.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{}://{shown}", if tls { "https" } else { "http" })
}

/// Everything that runs while serving.
struct Server {
    listener: std::net::TcpListener,
    tls: Option<Arc<ServerConfig>>,
    url: String,
    app: App,
    events: Events,
}

impl Server {
    async fn run(self, mut signals: Signals, private: Option<&Private>) -> Result<(), CliError> {
        let Self {
            listener,
            tls,
            url,
            app,
            events,
        } = self;
        let (accepting, working) = (CancellationToken::new(), CancellationToken::new());
        let mut duties = duties::start(&app, events, &working);
        if let Some(private) = private {
            duties.spawn(tell_restarts(private.restarts(), events, working.clone()));
        }
        let stop = accepting.clone().cancelled_owned();
        let mut server = tokio::spawn(listen::serve(listener, tls, router(app.clone()), stop));
        events.emit(&Event::Listening { url });
        let ended = tokio::select! {
            ended = &mut server => ended.map_err(ServeError::Task)?.map_err(|e| ServeError::Io(e).into()),
            () = signals.next() => Ok(()),
            error = gave_up(private) => Err(error),
        };
        events.emit(&Event::Stopping);
        accepting.cancel();
        if !server.is_finished() {
            // A second signal does not wait for the slow.
            tokio::select! {
                _ = &mut server => {}
                () = signals.next() => server.abort(),
            }
        }
        working.cancel();
        while duties.join_next().await.is_some() {}
        app.db.close().await;
        ended
    }
}

async fn gave_up(private: Option<&Private>) -> CliError {
    match private {
        Some(private) => private.gave_up().await.into(),
        None => std::future::pending().await,
    }
}

async fn tell_restarts(
    mut restarts: watch::Receiver<u32>,
    events: Events,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = restarts.changed() => match changed {
                Ok(()) => events.emit(&Event::PostgresRestarted),
                Err(_) => return,
            },
        }
    }
}

/// The two signals that end a server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on the signals are ours; before, they would end the process at once.
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
