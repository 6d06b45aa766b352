//! The trial of a new program, seen from the new one: a run like any other, which ends by itself as
//! soon as it has shown what it had to.

use std::{io, time::Duration};

use darkreach_protocol::work::HeartbeatRequest;
use tokio::sync::mpsc::UnboundedSender;

use crate::{
    display::{Display, Event, Overview},
    link::{Link, LinkError},
};

/// After so long without trouble a trial has succeeded also if there was nothing to do.
pub const LONG_ENOUGH: Duration = Duration::from_secs(20);

/// What a trial ends its run with.
pub const PASSED: &str = "the end of the trial";

/// Reaches the server as this node.
///
/// # Errors
/// [`LinkError`].
pub async fn reach(link: &Link, cores: u32) -> Result<(), LinkError> {
    link.info().await?;
    let request = HeartbeatRequest {
        client_version: crate::version().to_owned(),
        cores,
        assignments: Vec::new(),
    };
    link.heartbeat(&request).await.map(drop)
}

/// Ends the trial when the old program does, however that ends: it holds the other end of this
/// process's standard input.
pub fn end_with_parent(stop: UnboundedSender<&'static str>) {
    std::thread::spawn(move || {
        let mut byte = [0];
        // Nothing is ever written there.
        while matches!(io::Read::read(&mut io::stdin(), &mut byte), Ok(1..)) {}
        let _ = stop.send("the end of the program before");
    });
}

/// Shows events and ends the run at the first one that says that the new program saved what it
/// computed.
pub struct Watched {
    inner: Box<dyn Display>,
    stop: UnboundedSender<&'static str>,
}

impl Watched {
    /// Around another display.
    pub fn new(inner: Box<dyn Display>, stop: UnboundedSender<&'static str>) -> Self {
        Self { inner, stop }
    }
}

impl Display for Watched {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if matches!(
            event,
            Event::Checkpoint { .. } | Event::Reported { .. } | Event::Receipt { .. }
        ) {
            let _ = self.stop.send(PASSED);
        }
        self.inner.event(event)
    }

    fn overview(&mut self, overview: &Overview<'_>) {
        self.inner.overview(overview);
    }

    fn finish(&mut self) {
        self.inner.finish();
    }
}
