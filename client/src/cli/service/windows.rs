//! The worker as a service of Windows. Windows starts `darkreach service dispatch` with the flags that
//! `run` would get, and talks with it: this passes a stop on to the worker, which gets its time to save
//! everything, and tells Windows how the worker ended.

use std::{
    ffi::OsString,
    sync::mpsc::{Sender, channel},
    thread,
    time::Duration,
};

use clap::Parser;
use windows_service::{
    define_windows_service,
    service::{
        ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus,
        ServiceType,
    },
    service_control_handler::{self, ServiceControlHandlerResult},
    service_dispatcher,
};

use crate::{cli::Cli, error::Error};

/// Its name; a service with a process of its own may have any.
const NAME: &str = "darkreach";

/// How long Windows may wait for the next word while the worker saves.
const SAVING: Duration = Duration::from_secs(60);

/// What happens while it runs.
enum Happening {
    /// Windows wants it to end.
    Stop,
    /// The worker ended, with this exit status.
    Ended(u8),
}

define_windows_service!(entry, main);

/// Hands this process to Windows until the service has stopped.
///
/// # Errors
/// Nobody but Windows may start this.
pub(super) fn dispatch() -> Result<(), Error> {
    service_dispatcher::start(NAME, entry).map_err(|error| {
        Error::other(
            format!("Windows did not start this as a service: {error}"),
            "to work without a service: darkreach run",
        )
    })
}

fn main(_arguments: Vec<OsString>) {
    if let Err(error) = serve() {
        tracing::error!("the service: {error}");
    }
}

fn serve() -> windows_service::Result<()> {
    let (sender, happenings) = channel();
    let stop = sender.clone();
    let status = service_control_handler::register(NAME, move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            // Nobody listens once the worker has ended.
            let _ = stop.send(Happening::Stop);
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    })?;
    let tell = |state, exit_code| {
        let controls_accepted = if state == ServiceState::Running {
            ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN
        } else {
            ServiceControlAccept::empty()
        };
        status.set_service_status(ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted,
            exit_code,
            checkpoint: 0,
            wait_hint: if state == ServiceState::StopPending {
                SAVING
            } else {
                Duration::ZERO
            },
            process_id: None,
        })
    };
    tell(ServiceState::Running, ServiceExitCode::NO_ERROR)?;
    thread::spawn(move || work(&sender));
    loop {
        match happenings.recv() {
            Ok(Happening::Stop) => {
                tell(ServiceState::StopPending, ServiceExitCode::NO_ERROR)?;
                crate::run::ask_to_stop();
            }
            Ok(Happening::Ended(0)) => {
                return tell(ServiceState::Stopped, ServiceExitCode::NO_ERROR);
            }
            Ok(Happening::Ended(exit)) => {
                let exit = ServiceExitCode::ServiceSpecific(exit.into());
                return tell(ServiceState::Stopped, exit);
            }
            // The worker's thread is gone without a word: it panicked.
            Err(_) => return tell(ServiceState::Stopped, ServiceExitCode::ServiceSpecific(101)),
        }
    }
}

/// Works as `darkreach run` would with the flags after `service dispatch`.
fn work(ended: &Sender<Happening>) {
    let mut words: Vec<OsString> = std::env::args_os().take(1).collect();
    words.push("run".into());
    words.extend(std::env::args_os().skip(3));
    let exit = match Cli::try_parse_from(words) {
        Ok(cli) => match crate::cli::execute(cli) {
            Ok(()) => 0,
            Err(error) => {
                tracing::error!("{error}");
                error.status()
            }
        },
        Err(error) => {
            tracing::error!("{error}");
            2
        }
    };
    // Windows may have given up on us.
    let _ = ended.send(Happening::Ended(exit));
}
