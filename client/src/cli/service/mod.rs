//! `darkreach service`: the worker as a service of the system, started with it and kept running: by
//! systemd or launchd, for the system (as root) or for the user. On Windows the installer makes the
//! service, and this is what it starts.

mod launchd;
mod systemd;
#[cfg(windows)]
mod windows;

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
    /// Work as Windows asks its services to; Windows itself starts this
    #[cfg(windows)]
    #[command(hide = true)]
    Dispatch,
}

/// Where the unit goes.
#[derive(Clone, Debug, Args)]
struct Place {
    /// The folder for the unit [default: the system's own, as root, or the user's]
    #[arg(long, value_name = "DIR")]
    unit_dir: Option<PathBuf>,
    /// Only write or remove the unit, start and stop nothing
    #[arg(long)]
    no_start: bool,
}

/// What a unit starts, by absolute paths.
struct Worker {
    program: PathBuf,
    data: PathBuf,
    config: Option<PathBuf>,
}

/// A program that keeps services running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Systemd,
    Launchd,
}

impl Manager {
    /// The one of this system.
    fn here() -> Result<Self, Error> {
        if cfg!(target_os = "linux") {
            Ok(Self::Systemd)
        } else if cfg!(target_os = "macos") {
            Ok(Self::Launchd)
        } else {
            Err(Error::other(
                "this program installs services of systemd and launchd only",
                "on this system, the installer makes the service",
            ))
        }
    }

    /// The unit's file.
    fn file(self, place: &Place, system: bool) -> Result<PathBuf, Error> {
        let (folder, name) = match self {
            Self::Systemd => (systemd::folder(system), systemd::UNIT),
            Self::Launchd => (launchd::folder(system), launchd::UNIT),
        };
        let folder = place.unit_dir.clone().or(folder).ok_or_else(|| {
            Error::other(
                "this user has no home directory",
                "name a folder with --unit-dir",
            )
        })?;
        Ok(folder.join(name))
    }

    /// The unit.
    fn unit(self, worker: &Worker, system: bool) -> Result<String, Error> {
        match self {
            Self::Systemd => systemd::unit(worker, system),
            Self::Launchd => launchd::unit(worker),
        }
    }

    /// What is run once the unit is there.
    fn start(self, file: &Path, system: bool) -> Vec<Process> {
        match self {
            Self::Systemd => systemd::start(system),
            Self::Launchd => launchd::start(file, system),
        }
    }

    /// What is run before the unit goes, and after.
    fn stop(self, system: bool) -> (Vec<Process>, Vec<Process>) {
        match self {
            Self::Systemd => systemd::stop(system),
            Self::Launchd => (launchd::stop(system), Vec::new()),
        }
    }
}

impl Service {
    pub(super) fn execute(&self, context: &Context) -> Result<(), Error> {
        match &self.command {
            Command::Install(place) => install(place, context),
            Command::Uninstall(place) => uninstall(place, context),
            #[cfg(windows)]
            Command::Dispatch => windows::dispatch(),
        }
    }
}

fn install(place: &Place, context: &Context) -> Result<(), Error> {
    let (manager, system) = (Manager::here()?, is_root());
    let file = manager.file(place, system)?;
    let absolute =
        |path: PathBuf| std::path::absolute(&path).map_err(StateError::io("find", &path));
    let worker = Worker {
        program: std::env::current_exe()
            .map_err(StateError::io("find", Path::new("this program")))?,
        data: absolute(context.config.data_dir()?)?,
        config: context.config.file.clone().map(absolute).transpose()?,
    };
    let unit = manager.unit(&worker, system)?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(StateError::io("create", folder))?;
    }
    files::replace(&files::Disk, &file, unit.as_bytes())?;
    if !place.no_start {
        control(manager.start(&file, system))?;
    }
    tell(context, "installed", &file)
}

fn uninstall(place: &Place, context: &Context) -> Result<(), Error> {
    let (manager, system) = (Manager::here()?, is_root());
    let file = manager.file(place, system)?;
    if !file.exists() {
        return Err(Error::other(
            format!("there is no {}", file.display()),
            "nothing is to be removed",
        ));
    }
    let (before, after) = manager.stop(system);
    if !place.no_start {
        control(before)?;
    }
    files::remove(&files::Disk, &file)?;
    if !place.no_start {
        control(after)?;
    }
    tell(context, "removed", &file)?;
    let data = context.config.data_dir()?;
    if context.json {
        return Ok(());
    }
    Ok(print_line(&format!(
        "work and results stay in {}",
        data.display()
    ))?)
}

fn tell(context: &Context, what: &str, path: &Path) -> Result<(), Error> {
    if context.json {
        return Ok(print_json(&json!({"service": what, "unit": path}))?);
    }
    Ok(print_line(&format!("{what}: {}", path.display()))?)
}

/// A path as it can stand in a unit.
fn plain(path: &Path) -> Result<&str, Error> {
    let text = path.to_str().filter(|t| !t.chars().any(char::is_control));
    text.ok_or_else(|| {
        Error::other(
            format!("{} cannot stand in the unit of a service", path.display()),
            "use a folder whose name is plain text",
        )
    })
}

/// Runs commands of the manager, up to the first that fails.
fn control(commands: Vec<Process>) -> Result<(), Error> {
    for mut command in commands {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
        let words = words.join(" ");
        let failed = |how: String| {
            Error::other(
                format!("{words} {how}"),
                "--no-start writes or removes the unit, and leaves the rest to you",
            )
        };
        match command.status() {
            Ok(status) if status.success() => {}
            Ok(status) => return Err(failed(format!("failed ({status})"))),
            Err(error) => return Err(failed(format!("does not start: {error}"))),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
