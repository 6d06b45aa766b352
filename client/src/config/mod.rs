//! The settings and where each comes from: command line, then environment, then file, then default.
//!
//! A mistake is never passed over: an unknown key, a wrong type or a value that makes no sense is an
//! error that names file, line and column, or the variable, or the flag.

mod file;
mod settings;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::Duration,
};

use directories::ProjectDirs;

pub use settings::{KEYS, OnStop, Partial, Settings, UpdateMode};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can not be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file has a mistake.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong and what would be right.
        message: String,
    },
    /// A variable or flag has a mistake.
    #[error("{name}: {message}")]
    Value {
        /// `DARKREACH_...` or `--...`.
        name: String,
        /// What is wrong and what would be right.
        message: String,
    },
    /// The system names no home directory.
    #[error("this user has no home directory, so there is no place for {0}")]
    NoHome(&'static str),
}

impl ConfigError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("name another file with --config".to_owned()),
            Self::Mistake { .. } => Some("`darkreach config --help` lists the keys".to_owned()),
            Self::NoHome(_) => Some("name one with --data-dir".to_owned()),
            Self::Value { .. } => None,
        }
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The file.
    File,
    /// A `DARKREACH_` variable.
    Environment,
    /// A flag.
    CommandLine,
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// The values.
    pub settings: Settings,
    /// Where each comes from, by key.
    pub origins: HashMap<&'static str, Origin>,
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
}

/// Puts the settings together. `path` is `--config`; without it the platform's file is read if it
/// is there. `variable` looks up the environment.
///
/// # Errors
/// [`ConfigError`].
pub fn load(
    path: Option<&Path>,
    flags: Partial,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Config, ConfigError> {
    let named = path
        .map(Path::to_owned)
        .or_else(|| variable("DARKREACH_CONFIG").map(PathBuf::from));
    let file = match named {
        Some(path) => Some(path),
        None => default_file().filter(|path| path.exists()),
    };
    let from_file = match &file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.clone(),
                source,
            })?;
            file::parse(path, &text)?
        }
        None => Partial::default(),
    };
    let from_environment = Partial::from_environment(variable)?;
    flags.check().map_err(|(key, message)| ConfigError::Value {
        name: format!("--{}", key.replace('_', "-")),
        message,
    })?;
    let mut origins = HashMap::new();
    let mut together = Partial::default();
    for (layer, origin) in [
        (from_file, Origin::File),
        (from_environment, Origin::Environment),
        (flags, Origin::CommandLine),
    ] {
        together.take(layer, origin, &mut origins);
    }
    Ok(Config {
        settings: Settings::from(together),
        origins,
        file,
    })
}

/// Makes an empty configuration file, with its folder, where there is none.
///
/// # Errors
/// [`ConfigError::Read`].
pub fn ensure(file: &Path) -> Result<(), ConfigError> {
    let failed = |source| ConfigError::Read {
        path: file.to_owned(),
        source,
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let opened = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file);
    opened.map(drop).map_err(failed)
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "darkreach")
}

/// The platform's place for the configuration.
pub fn default_file() -> Option<PathBuf> {
    Some(project()?.config_dir().join("config.toml"))
}

impl Config {
    /// The data directory.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`].
    pub fn data_dir(&self) -> Result<PathBuf, ConfigError> {
        if let Some(path) = &self.settings.data_dir {
            return Ok(path.clone());
        }
        project()
            .map(|p| p.data_local_dir().to_owned())
            .ok_or(ConfigError::NoHome("the data directory"))
    }

    /// Where what may be lost is kept: beside the data directory if that was chosen, else the platform's
    /// place; `None` where there is none.
    pub fn cache_dir(&self) -> Option<PathBuf> {
        match &self.settings.data_dir {
            Some(path) => {
                let mut name = path.as_os_str().to_owned();
                name.push(".cache");
                Some(name.into())
            }
            None => project().map(|p| p.cache_dir().to_owned()),
        }
    }

    /// Seconds between checkpoints.
    pub fn checkpoint_interval(&self) -> Duration {
        Duration::from_secs_f64(self.settings.checkpoint_seconds)
    }

    /// Computing threads: as configured, or one per logical processor that we may use.
    pub fn threads(&self) -> usize {
        match self.settings.threads {
            Some(threads) => threads as usize,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}
