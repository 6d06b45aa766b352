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
    /// Whether it takes connections.
    pub(crate) ready: bool,
}

impl PostmasterFile {
    /// Reads the file; `None` when there is none or it is not complete.
    pub(crate) fn read(cluster: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok()?;
        // Line 5, counted from 1, is the socket's folder, line 8 the state.
        let sockets = lines.nth(3).map(str::trim).filter(|line| !line.is_empty());
        let ready = lines.nth(2).is_some_and(|line| line.trim() == "ready");
        Some(Self {
            pid,
            sockets: sockets.map(PathBuf::from),
            ready,
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

#[cfg(test)]
mod tests {
    use super::PostmasterFile;
    use std::path::PathBuf;

    #[test]
    fn the_file_is_read_as_postgresql_writes_it_also_when_it_is_not_complete() {
        let folder = tempfile::tempdir().unwrap();
        let text = "4711\n/data\n1763700000\n5432\n/data/run\n\n  7340034   65536\nready   \n";
        let whole = PostmasterFile {
            pid: 4711,
            sockets: Some(PathBuf::from("/data/run")),
            ready: true,
        };
        let read = |length: usize| {
            std::fs::write(folder.path().join("postmaster.pid"), &text[..length]).unwrap();
            PostmasterFile::read(folder.path())
        };
        assert_eq!(read(text.len()), Some(whole));
        assert_eq!(read(text.len() - 9).map(|file| file.ready), Some(false));
        assert_eq!(read(5).and_then(|file| file.sockets), None);
        assert_eq!(read(0), None);
        std::fs::write(
            folder.path().join("postmaster.pid"),
            text.replace("ready", "starting"),
        )
        .unwrap();
        assert_eq!(
            PostmasterFile::read(folder.path()).map(|file| file.ready),
            Some(false)
        );
    }
}
