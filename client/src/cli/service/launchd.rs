//! The property list of launchd, on macOS.

use std::{
    path::{Path, PathBuf},
    process::Command as Process,
};

use super::{Worker, plain};
use crate::error::Error;

/// By this name launchd knows it.
const LABEL: &str = "darkreach.worker";

pub(super) const UNIT: &str = "darkreach.worker.plist";

/// Where it goes, if there is a place: daemons work without anybody logged in, agents for their user.
pub(super) fn folder(system: bool) -> Option<PathBuf> {
    if system {
        return Some(PathBuf::from("/Library/LaunchDaemons"));
    }
    let base = directories::BaseDirs::new()?;
    Some(base.home_dir().join("Library/LaunchAgents"))
}

/// The list. A worker that ends by itself, or by a signal, is not started again; one that fails is,
/// after half a minute. A stop gives it a minute to save everything.
pub(super) fn unit(worker: &Worker) -> Result<String, Error> {
    let mut words = vec![plain(&worker.program)?, "run"];
    words.extend(["--data-dir", plain(&worker.data)?]);
    if let Some(config) = &worker.config {
        words.extend(["--config", plain(config)?]);
    }
    let words: String = words
        .iter()
        .map(|word| format!("        <string>{}</string>\n", escaped(word)))
        .collect();
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n\
         <dict>\n    \
         <key>Label</key>\n    <string>{LABEL}</string>\n    \
         <key>ProgramArguments</key>\n    <array>\n{words}    </array>\n    \
         <key>RunAtLoad</key>\n    <true/>\n    \
         <key>KeepAlive</key>\n    <dict>\n        <key>SuccessfulExit</key>\n        <false/>\n    </dict>\n    \
         <key>ThrottleInterval</key>\n    <integer>30</integer>\n    \
         <key>ExitTimeOut</key>\n    <integer>60</integer>\n    \
         <key>ProcessType</key>\n    <string>Background</string>\n    \
         <key>Nice</key>\n    <integer>19</integer>\n\
         </dict>\n\
         </plist>\n"
    ))
}

/// What is run once the list is there.
pub(super) fn start(file: &Path, system: bool) -> Vec<Process> {
    let mut command = Process::new("launchctl");
    command.args(["bootstrap", &domain(system)]).arg(file);
    vec![command]
}

/// What is run before the list goes.
pub(super) fn stop(system: bool) -> Vec<Process> {
    let mut command = Process::new("launchctl");
    command.args(["bootout", &format!("{}/{LABEL}", domain(system))]);
    vec![command]
}

/// Whose services: the system's, or those of the user's session.
fn domain(system: bool) -> String {
    if system {
        return "system".to_owned();
    }
    #[cfg(unix)]
    let user = rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    let user = 0;
    format!("gui/{user}")
}

/// Text as it stands in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Worker, start, stop, unit};

    #[test]
    fn a_list_names_every_word_alone() {
        let worker = Worker {
            program: "/opt/a & b/darkreach".into(),
            data: "/Users/ann/Library/Application Support/darkreach".into(),
            config: Some("/tmp/<x>.toml".into()),
        };
        let list = unit(&worker).unwrap();
        let words: Vec<&str> = list
            .split("<array>")
            .nth(1)
            .and_then(|rest| rest.split("</array>").next())
            .unwrap()
            .lines()
            .filter_map(|line| {
                line.trim()
                    .strip_prefix("<string>")?
                    .strip_suffix("</string>")
            })
            .collect();
        assert_eq!(
            words,
            [
                "/opt/a &amp; b/darkreach",
                "run",
                "--data-dir",
                "/Users/ann/Library/Application Support/darkreach",
                "--config",
                "/tmp/&lt;x&gt;.toml"
            ]
        );
        for element in ["dict", "array", "key", "string", "integer"] {
            assert_eq!(
                list.matches(&format!("<{element}>")).count(),
                list.matches(&format!("</{element}>")).count(),
                "{element}"
            );
        }
        let odd = Worker {
            program: "/a\nb".into(),
            ..worker
        };
        assert!(unit(&odd).is_err());
    }

    #[test]
    fn it_is_put_into_the_domain_of_its_owner() {
        let words = |command: &std::process::Command| -> Vec<String> {
            let args = command.get_args().map(|word| word.to_string_lossy());
            args.map(|word| word.into_owned()).collect()
        };
        let started = start(Path::new("/x.plist"), true);
        assert_eq!(words(&started[0]), ["bootstrap", "system", "/x.plist"]);
        let stopped = stop(false);
        assert!(words(&stopped[0])[1].starts_with("gui/"));
        assert!(words(&stopped[0])[1].ends_with("/darkreach.worker"));
    }
}
