//! Stop signals: the first one asks for a clean stop, the second one ends the process at once.

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Waits for SIGTERM, SIGINT (Ctrl-C) or, on Windows, Ctrl-C; says which.
pub async fn stop_signal() -> &'static str {
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
