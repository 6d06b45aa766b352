//! `darkreach service`: the worker as a service of the system, started with it and kept running.
//! systemd for the system (as root) or for the user.

use std::{
    path::{Path, PathBuf},
    process::Command as Process,
};

use clap::{Args, Subcommand};
use serde_json::json;

use super::Context;
use crate::{
    display::{print_json, print_line},
    error::Error,
    state::{StateError, files},
};

/// Arguments of `service`.
#[derive(Debug, Args)]
pub(super) struct Service {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install and start it
    Install(Place),
    /// Stop and remove it; work and results stay where they are
    Uninstall(Place),
}

/// Where the unit goes.
#[derive(Clone, Debug, Args)]
struct Place {
    /// The folder for the unit [default: systemd's own for the system, as root, or for the user]
    #[arg(long, value_name = "DIR")]
    unit_dir: Option<PathBuf>,
    /// Only write or remove the unit, start and stop nothing
    #[arg(long)]
    no_start: bool,
}

const UNIT: &str = "darkreach.service";

impl Service {
    pub(super) fn execute(&self, context: &Context) -> Result<(), Error> {
        let (Command::Install(place) | Command::Uninstall(place)) = &self.command;
        if cfg!(not(target_os = "linux")) {
            return Err(Error::other(
                "this program installs services of systemd only",
                "on this system, use the service file of the installer",
            ));
        }
        let system = is_root();
        let folder = match &place.unit_dir {
            Some(folder) => folder.clone(),
            None if system => PathBuf::from("/etc/systemd/system"),
            None => user_units()?,
        };
        let path = folder.join(UNIT);
        let control = |arguments: &[&str]| -> Result<(), Error> {
            if place.no_start {
                return Ok(());
            }
            systemctl(system, arguments)
        };
        match &self.command {
            Command::Install(_) => {
                let exe = std::env::current_exe()
                    .map_err(StateError::io("find", Path::new("this program")))?;
                let unit = unit(
                    &exe,
                    &context.config.data_dir()?,
                    context.config.file.as_deref(),
                    system,
                )?;
                std::fs::create_dir_all(&folder).map_err(StateError::io("create", &folder))?;
                files::replace(&files::Disk, &path, unit.as_bytes())?;
                control(&["daemon-reload"])?;
                control(&["enable", "--now", UNIT])?;
                tell(context, "installed", &path)
            }
            Command::Uninstall(_) => {
                if !path.exists() {
                    return Err(Error::other(
                        format!("there is no {}", path.display()),
                        "nothing is to be removed",
                    ));
                }
                control(&["disable", "--now", UNIT])?;
                files::remove(&files::Disk, &path)?;
                control(&["daemon-reload"])?;
                tell(context, "removed", &path)?;
                let data = context.config.data_dir()?;
                if context.json {
                    return Ok(());
                }
                Ok(print_line(&format!(
                    "work and results stay in {}",
                    data.display()
                ))?)
            }
        }
    }
}

fn tell(context: &Context, what: &str, path: &Path) -> Result<(), Error> {
    if context.json {
        return Ok(print_json(&json!({"service": what, "unit": path}))?);
    }
    Ok(print_line(&format!("{what}: {}", path.display()))?)
}

/// The unit. A stop is a clean one: the worker gets the time to save everything.
fn unit(exe: &Path, data: &Path, config: Option<&Path>, system: bool) -> Result<String, Error> {
    let mut run = format!("{} run --data-dir {}", quoted(exe)?, quoted(data)?);
    if let Some(config) = config {
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

/// A path as systemd reads it: in quotes, with its own signs doubled.
fn quoted(path: &Path) -> Result<String, Error> {
    let absolute = std::path::absolute(path).map_err(StateError::io("find", path))?;
    let text = absolute
        .to_str()
        .filter(|t| !t.chars().any(char::is_control));
    let text = text.ok_or_else(|| {
        Error::other(
            format!("{} cannot stand in a unit of systemd", path.display()),
            "use a folder whose name is plain text",
        )
    })?;
    let text = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    Ok(format!("\"{text}\""))
}

fn user_units() -> Result<PathBuf, Error> {
    let base = directories::BaseDirs::new().ok_or_else(|| {
        Error::other(
            "this user has no home directory",
            "name a folder with --unit-dir",
        )
    })?;
    Ok(base.config_dir().join("systemd/user"))
}

fn systemctl(system: bool, arguments: &[&str]) -> Result<(), Error> {
    let mut command = Process::new("systemctl");
    if !system {
        command.arg("--user");
    }
    let status = command.args(arguments).status();
    let failed = |how: String| {
        Error::other(
            format!("systemctl {} {how}", arguments.join(" ")),
            "is systemd running here? --no-start writes the unit and leaves the rest to you",
        )
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("failed ({status})"))),
        Err(error) => Err(failed(format!("does not start: {error}"))),
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::{quoted, unit};
    use std::path::Path;

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
        let unit = unit(
            Path::new("/usr/bin/darkreach"),
            Path::new("/var/lib/darkreach"),
            Some(Path::new("/etc/darkreach.toml")),
            true,
        )
        .unwrap();
        assert!(unit.contains(
            "ExecStart=\"/usr/bin/darkreach\" run --data-dir \"/var/lib/darkreach\" \
             --config \"/etc/darkreach.toml\"\n"
        ));
        assert!(unit.ends_with("WantedBy=multi-user.target\n"));
    }
}
