//! Stop signals: the first one asks for a clean stop, the second one ends the process at once.

use tokio::sync::{
    Notify,
    mpsc::{UnboundedReceiver, unbounded_channel},
};

/// Told by [`ask_to_stop`].
static ASKED: Notify = Notify::const_new();

/// Asks for a clean stop as a signal does, where a system asks in another way.
pub fn ask_to_stop() {
    ASKED.notify_one();
}

/// Waits for SIGTERM, SIGINT (Ctrl-C) or, on Windows, Ctrl-C, or for [`ask_to_stop`]; says which.
pub async fn stop_signal() -> &'static str {
    tokio::select! {
        name = system_signal() => name,
        () = ASKED.notified() => "a request to stop",
    }
}

async fn system_signal() -> &'static str {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut int)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::interrupt()),
        ) {
            return tokio::select! {
                _ = term.recv() => "SIGTERM",
                _ = int.recv() => "SIGINT",
            };
        }
    }
    match tokio::signal::ctrl_c().await {
        Ok(()) => "Ctrl-C",
        // Without signals the process can still be ended from outside; this one waits for ever.
        Err(_) => std::future::pending().await,
    }
}

/// A channel with one message per stop signal; after the second the process is gone.
pub fn listen() -> UnboundedReceiver<&'static str> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let first = stop_signal();
        tokio::pin!(first);
        let name = first.await;
        let second = stop_signal();
        if sender.send(name).is_err() {
            return;
        }
        second.await;
        eprintln!("stopped at once; the last checkpoint stays");
        std::process::exit(130);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::{ask_to_stop, listen};

    #[tokio::test]
    async fn a_request_stops_like_a_signal() {
        let mut stop = listen();
        ask_to_stop();
        assert_eq!(stop.recv().await, Some("a request to stop"));
    }
}
