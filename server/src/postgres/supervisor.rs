//! Keeps one PostgreSQL process running: starts it, waits until it takes connections, starts it
//! again when it dies, stops it when told.
//!
//! A PostgreSQL that dies at once every time (a full disk, a damaged cluster) is not started for
//! ever: after [`MAX_DEATHS`] deaths with no [`CALM`] period between them the supervisor gives up,
//! and says so through [`Supervisor::gave_up`].

use std::{collections::VecDeque, process::Stdio, sync::Arc, time::Duration};

use sqlx::{Connection, PgConnection};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStderr},
    sync::{Mutex, watch},
    task::JoinHandle,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    PostgresError, cluster::Cluster, orphan, orphan::PostmasterFile, output_of,
    running::Connections,
};

/// Deaths in a row after which it is not started again.
pub(crate) const MAX_DEATHS: u32 = 8;
/// Living this long ends a row of deaths.
const CALM: Duration = Duration::from_secs(60);
/// The first wait before it is started again; doubled with each death in a row.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// How long an orderly stop may take.
const STOP_SECONDS: u64 = 30;
/// Lines kept for error messages.
const TAIL: usize = 12;

/// The end of what PostgreSQL printed.
type Tail = Arc<Mutex<VecDeque<String>>>;

/// A watched PostgreSQL.
#[derive(Debug)]
pub(crate) struct Supervisor {
    stop: CancellationToken,
    gave_up: watch::Receiver<Option<u32>>,
    restarts: watch::Receiver<u32>,
    tail: Tail,
    task: JoinHandle<()>,
}

impl Supervisor {
    /// Starts PostgreSQL and returns once it takes connections.
    pub(crate) async fn start(
        cluster: Cluster,
        connections: Connections,
    ) -> Result<Self, PostgresError> {
        let tail = Tail::default();
        let mut child = spawn(&cluster, &tail)?;
        if let Err(error) = ready(&mut child, &cluster, &connections, &tail).await {
            end(&cluster, &mut child).await;
            return Err(error);
        }
        let stop = CancellationToken::new();
        let (give_up, gave_up) = watch::channel(None);
        let (restarted, restarts) = watch::channel(0);
        let watched = Watched {
            cluster,
            connections,
            tail: tail.clone(),
            stopping: stop.clone(),
            give_up,
            restarted,
        };
        let task = tokio::spawn(watched.run(child));
        Ok(Self {
            stop,
            gave_up,
            restarts,
            tail,
            task,
        })
    }

    /// Stops PostgreSQL in order and waits for its end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }

    /// Ends the watching without stopping PostgreSQL, for where nothing can be awaited.
    pub(crate) fn abandon(&self) {
        self.stop.cancel();
        self.task.abort();
    }

    /// Returns when PostgreSQL ended so often that it is not started again.
    pub(crate) async fn gave_up(&self) -> PostgresError {
        let mut gave_up = self.gave_up.clone();
        match gave_up.wait_for(Option::is_some).await {
            Ok(times) => {
                let times = times.unwrap_or_default();
                let output = last_words(&self.tail).await;
                PostgresError::GaveUp { times, output }
            }
            // The task ended without giving up: it was told to stop.
            Err(_) => std::future::pending().await,
        }
    }

    /// Counts the times it was started again and took connections.
    pub(crate) fn restarts(&self) -> watch::Receiver<u32> {
        self.restarts.clone()
    }
}

/// What the watching task owns.
struct Watched {
    cluster: Cluster,
    connections: Connections,
    tail: Tail,
    stopping: CancellationToken,
    give_up: watch::Sender<Option<u32>>,
    restarted: watch::Sender<u32>,
}

impl Watched {
    async fn run(self, mut child: Child) {
        let mut deaths = 0;
        let mut since = Instant::now();
        loop {
            let status = tokio::select! {
                () = self.stopping.cancelled() => {
                    end(&self.cluster, &mut child).await;
                    return;
                }
                status = child.wait() => status,
            };
            deaths = if since.elapsed() > CALM {
                1
            } else {
                deaths + 1
            };
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            tracing::error!(%status, deaths, "PostgreSQL ended by itself");
            loop {
                if deaths >= MAX_DEATHS {
                    let _ = self.give_up.send(Some(deaths));
                    return;
                }
                let wait = FIRST_WAIT * 2_u32.saturating_pow(deaths - 1);
                tokio::select! {
                    () = self.stopping.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
                since = Instant::now();
                match self.again().await {
                    Ok(new) => {
                        child = new;
                        self.restarted.send_modify(|count| *count += 1);
                        tracing::warn!("PostgreSQL was started again");
                        break;
                    }
                    Err(error) => {
                        deaths += 1;
                        tracing::error!(%error, deaths, "PostgreSQL could not be started again");
                    }
                }
            }
        }
    }

    async fn again(&self) -> Result<Child, PostgresError> {
        let cluster = self.cluster.clone();
        let settled = tokio::task::spawn_blocking(move || orphan::settle(&cluster)).await;
        settled.unwrap_or(Ok(()))?;
        let mut child = spawn(&self.cluster, &self.tail)?;
        match ready(&mut child, &self.cluster, &self.connections, &self.tail).await {
            Ok(()) => Ok(child),
            Err(error) => {
                end(&self.cluster, &mut child).await;
                Err(error)
            }
        }
    }
}

/// Starts the process, apart from this one's terminal, so that Ctrl-C reaches the server alone and
/// the database is stopped only after the last request.
fn spawn(cluster: &Cluster, tail: &Tail) -> Result<Child, PostgresError> {
    let mut command = tokio::process::Command::from(cluster.postgres());
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| PostgresError::Program {
            program: "postgres",
            output: error.to_string(),
        })?;
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(log(stderr, tail.clone()));
    }
    Ok(child)
}

/// Passes on what PostgreSQL prints.
async fn log(stderr: ChildStderr, tail: Tail) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.starts_with("ERROR:") || line.starts_with("FATAL:") || line.starts_with("PANIC:") {
            tracing::warn!(target: "postgres", "{line}");
        } else {
            tracing::debug!(target: "postgres", "{line}");
        }
        let mut tail = tail.lock().await;
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    }
}

/// Waits until PostgreSQL takes connections, for as long as its process lives: recovery after a
/// crash may take minutes, and giving up in the middle would only start it anew.
async fn ready(
    child: &mut Child,
    cluster: &Cluster,
    connections: &Connections,
    tail: &Tail,
) -> Result<(), PostgresError> {
    let mut pause = Duration::from_millis(10);
    loop {
        // Its own file says when it is worth asking; asking earlier would fill its log.
        let file = PostmasterFile::read(&cluster.path);
        if file.is_some_and(|file| file.ready && Some(file.pid) == child.id()) {
            match PgConnection::connect_with(&connections.maintenance()).await {
                Ok(connection) => {
                    let _ = connection.close().await;
                    return Ok(());
                }
                Err(error) if is_starting(&error) => {}
                Err(error) => return Err(PostgresError::Unusable(error)),
            }
        }
        tokio::select! {
            _ = child.wait() => {
                let output = last_words(tail).await;
                return Err(PostgresError::EndedEarly { output });
            }
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(Duration::from_millis(250)),
        }
    }
}

/// Whether the error is what a starting server gives: no socket yet, or "the database system is
/// starting up" (57P03).
fn is_starting(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => error.code().as_deref() == Some("57P03"),
        _ => false,
    }
}

/// Stops in order (clients are disconnected, everything is written); if that takes too long, at
/// once; in any case the process is gone afterwards.
async fn end(cluster: &Cluster, child: &mut Child) {
    for mode in ["fast", "immediate"] {
        if matches!(child.try_wait(), Ok(Some(_))) {
            return;
        }
        let mut command = cluster.pg_ctl("stop");
        command.args(["-W", "-m", mode]);
        let sent = tokio::task::spawn_blocking(move || output_of("pg_ctl", &mut command)).await;
        if matches!(sent, Ok(Ok(_))) {
            let patience = Duration::from_secs(STOP_SECONDS);
            if tokio::time::timeout(patience, child.wait()).await.is_ok() {
                return;
            }
        }
    }
    tracing::error!("PostgreSQL does not stop and is killed; it recovers at its next start");
    let _ = child.kill().await;
}

async fn last_words(tail: &Tail) -> String {
    let tail = tail.lock().await;
    if tail.is_empty() {
        return "nothing".to_owned();
    }
    tail.iter().cloned().collect::<Vec<_>>().join(" | ")
}
