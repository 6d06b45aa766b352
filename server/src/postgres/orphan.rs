//! What an earlier server left behind: a PostgreSQL that still runs, or only its lock file.
//!
//! When a server is killed, its PostgreSQL lives on. Two of them on one cluster would destroy it,
//! so the old one is stopped in an orderly way before a new one starts. The process number in
//! `postmaster.pid` alone proves nothing (numbers are used again, above all after a restart of the
//! machine or container): where the system tells, a process counts only if it works inside the
//! cluster, as all of PostgreSQL's do.

use std::path::{Path, PathBuf};

use super::{PostgresError, cluster::Cluster, output_of};
use crate::data_directory;

/// What `postmaster.pid` says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PostmasterFile {
    pub(crate) pid: u32,
    pub(crate) sockets: Option<PathBuf>,
}

impl PostmasterFile {
    /// Reads the file; `None` when there is none or it is not complete.
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        // Line 5, counted from 1, is the socket's folder.
        let sockets = lines.nth(3).map(str::trim).filter(|line| !line.is_empty());
        Some(Self {
            pid,
            sockets: sockets.map(PathBuf::from),
        })
    }
}

/// Makes sure that nothing runs on the cluster.
pub(crate) fn settle(cluster: &Cluster) -> Result<(), PostgresError> {
    let Some(left) = PostmasterFile::read(&cluster.path) else {
        return Ok(());
    };
    match processes_in(&cluster.path) {
        Some(found) if found.contains(&left.pid) => stop(cluster, left.pid),
        // Workers whose postmaster was killed; PostgreSQL itself refuses to start beside them,
        // and starting is tried again until they have noticed and gone.
        Some(found) if !found.is_empty() => Ok(()),
        // Nobody works in the cluster, so the file is a leftover. PostgreSQL would take it for
        // valid if the number now belongs to another process of the same account.
        Some(_) => {
            let file = cluster.path.join("postmaster.pid");
            tracing::warn!(
                pid = left.pid,
                "the last PostgreSQL was not stopped in order"
            );
            std::fs::remove_file(&file).map_err(data_directory::io("cannot remove", &file))?;
            Ok(())
        }
        None => {
            let running = output_of("pg_ctl", &mut cluster.pg_ctl("status")).is_ok();
            if running {
                stop(cluster, left.pid)
            } else {
                Ok(())
            }
        }
    }
}

/// Stops an orphan: in order, and if it will not, at once (it then recovers at the next start).
fn stop(cluster: &Cluster, pid: u32) -> Result<(), PostgresError> {
    tracing::warn!(
        pid,
        "stopping the PostgreSQL that an earlier server left running"
    );
    let mut command = cluster.pg_ctl("stop");
    command.args(["-w", "-t", "60", "-m", "fast"]);
    if output_of("pg_ctl", &mut command).is_ok() {
        return Ok(());
    }
    let mut command = cluster.pg_ctl("stop");
    command.args(["-w", "-t", "30", "-m", "immediate"]);
    output_of("pg_ctl", &mut command).map(|_| ())
}

/// The processes whose working directory is the cluster; `None` where the system does not tell.
fn processes_in(cluster: &Path) -> Option<Vec<u32>> {
    let here = cluster.canonicalize().ok()?;
    // Without its own entry this is not the file system of processes.
    std::fs::read_link("/proc/self/cwd").ok()?;
    let pids = std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let cwd = std::fs::read_link(entry.path().join("cwd")).ok()?;
            (cwd == here).then_some(pid)
        });
    Some(pids.collect())
}
