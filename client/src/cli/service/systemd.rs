//! The unit of systemd.

use std::{
    path::{Path, PathBuf},
    process::Command as Process,
};

use super::{Worker, plain};
use crate::error::Error;

pub(super) const UNIT: &str = "darkreach.service";

/// Where it goes, if there is a place.
pub(super) fn folder(system: bool) -> Option<PathBuf> {
    if system {
        return Some(PathBuf::from("/etc/systemd/system"));
    }
    let base = directories::BaseDirs::new()?;
    Some(base.config_dir().join("systemd/user"))
}

/// The unit. A stop is a clean one: the worker gets the time to save everything.
pub(super) fn unit(worker: &Worker, system: bool) -> Result<String, Error> {
    let (program, data) = (quoted(&worker.program)?, quoted(&worker.data)?);
    let mut run = format!("{program} run --data-dir {data}");
    if let Some(config) = &worker.config {
        run.push_str(&format!(" --config {}", quoted(config)?));
    }
    let target = if system {
        "multi-user.target"
    } else {
        "default.target"
    };
    Ok(format!(
        "[Unit]\n\
         Description=darkreach, the volunteer's worker\n\
         Wants=network-online.target\n\
         After=network-online.target\n\
         \n\
         [Service]\n\
         ExecStart={run}\n\
         Restart=on-failure\n\
         RestartSec=30\n\
         TimeoutStopSec=60\n\
         Nice=19\n\
         CPUSchedulingPolicy=idle\n\
         NoNewPrivileges=yes\n\
         \n\
         [Install]\n\
         WantedBy={target}\n"
    ))
}

/// What is run once the unit is there.
pub(super) fn start(system: bool) -> Vec<Process> {
    vec![
        systemctl(system, &["daemon-reload"]),
        systemctl(system, &["enable", "--now", UNIT]),
    ]
}

/// What is run before the unit goes, and after.
pub(super) fn stop(system: bool) -> (Vec<Process>, Vec<Process>) {
    (
        vec![systemctl(system, &["disable", "--now", UNIT])],
        vec![systemctl(system, &["daemon-reload"])],
    )
}

fn systemctl(system: bool, arguments: &[&str]) -> Process {
    let mut command = Process::new("systemctl");
    if !system {
        command.arg("--user");
    }
    command.args(arguments);
    command
}

/// A path as systemd reads it: in quotes, with its own signs doubled.
fn quoted(path: &Path) -> Result<String, Error> {
    let text = plain(path)?
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    Ok(format!("\"{text}\""))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Worker, quoted, unit};

    #[test]
    fn odd_paths_are_read_back_by_systemd() {
        for (path, expected) in [
            ("/opt/dark reach", "\"/opt/dark reach\""),
            ("/a/50%$x", "\"/a/50%%$$x\""),
            ("/a/\"b\\", "\"/a/\\\"b\\\\\""),
        ] {
            assert_eq!(quoted(Path::new(path)).unwrap(), expected);
        }
        assert!(quoted(Path::new("/a/\nb")).is_err());
    }

    #[test]
    fn a_unit_names_program_data_and_configuration() {
        let worker = Worker {
            program: "/usr/bin/darkreach".into(),
            data: "/var/lib/darkreach".into(),
            config: Some("/etc/darkreach.toml".into()),
        };
        let unit = unit(&worker, true).unwrap();
        assert!(unit.contains(
            "ExecStart=\"/usr/bin/darkreach\" run --data-dir \"/var/lib/darkreach\" \
             --config \"/etc/darkreach.toml\"\n"
        ));
        assert!(unit.ends_with("WantedBy=multi-user.target\n"));
    }
}
