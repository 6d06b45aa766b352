//! The screen of `status`: what is offered, who runs what, how it goes, who did what.

use std::fmt::Write;

use clap::Args;
use darkreach_protocol::release::{AuditEntry, ReleaseStatus};

use crate::{error::ReleaseError, server::Server};

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Print the server's answer as JSON
    #[arg(long)]
    json: bool,
    /// How many lines of the audit trail to show
    #[arg(long, default_value_t = 20)]
    trail: usize,
    #[command(flatten)]
    server: Server,
}

impl Status {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let status = self.server.client()?.status()?;
        if self.json {
            let text = serde_json::to_string_pretty(&status)
                .map_err(|e| ReleaseError::other(e.to_string()))?;
            println!("{text}");
        } else {
            print!("{}", screen(&status, self.trail));
        }
        Ok(())
    }
}

/// The screen, with so many lines of the audit trail.
fn screen(status: &ReleaseStatus, trail: usize) -> String {
    let mut text = match status.root_version {
        Some(version) => format!("root: version {version}\n"),
        None => "root: none yet; publish one first\n".to_owned(),
    };
    let offered = status.channels.iter().map(|c| {
        [
            c.channel.clone(),
            c.version.clone(),
            format!("{} %", c.rollout_percent),
            format!("{}.{}", c.epoch, c.sequence),
            c.held
                .as_ref()
                .map_or("given away".to_owned(), |why| format!("HELD: {why}")),
        ]
    });
    table(
        &mut text,
        ["channel", "offers", "to", "document", ""],
        offered.collect(),
    );
    let nodes = status.adoption.iter().map(|a| {
        let name = a.channel.clone();
        [
            name,
            a.version.clone(),
            a.nodes.to_string(),
            a.failed.to_string(),
        ]
    });
    table(
        &mut text,
        ["nodes of", "that run", "", "with trouble"],
        nodes.collect(),
    );
    let tried = status.outcomes.iter().map(|o| {
        let all = o.healthy + o.failed;
        let percent = (o.failed * 100).checked_div(all).unwrap_or(0);
        [
            o.version.clone(),
            o.healthy.to_string(),
            o.failed.to_string(),
            format!("{percent} %"),
        ]
    });
    table(
        &mut text,
        ["tried", "works on", "not on", "failed"],
        tried.collect(),
    );
    let done = status.audit.iter().take(trail).map(line);
    table(&mut text, ["when", "who", "what", ""], done.collect());
    // What nodes and maintainers wrote must not steer the terminal.
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { '?' } else { c })
        .collect()
}

fn line(entry: &AuditEntry) -> [String; 4] {
    let detail = match entry.detail.as_object() {
        Some(fields) => fields
            .iter()
            .map(|(name, value)| match value.as_str() {
                Some(text) => format!("{name} {text}"),
                None => format!("{name} {value}"),
            })
            .collect::<Vec<_>>()
            .join(", "),
        None => entry.detail.to_string(),
    };
    let by = entry.by.clone().unwrap_or("the server".to_owned());
    [entry.at.clone(), by, entry.action.clone(), detail]
}

/// A table below an empty line; nothing where there are no rows.
fn table<const N: usize>(text: &mut String, head: [&str; N], rows: Vec<[String; N]>) {
    if rows.is_empty() {
        return;
    }
    let mut all = vec![head.map(str::to_owned)];
    all.extend(rows);
    let width = |column: usize| {
        let widths = all.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    text.push('\n');
    for row in &all {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use darkreach_protocol::release::{
        Adoption, AuditEntry, ChannelStatus, Outcomes, ReleaseStatus,
    };
    use serde_json::json;

    use super::screen;

    #[test]
    fn the_screen_is_a_screen() {
        let channel = |name: &str, percent, held: Option<&str>| ChannelStatus {
            channel: name.to_owned(),
            epoch: 1,
            sequence: 12,
            version: "1.4.0".to_owned(),
            rollout_percent: percent,
            held: held.map(str::to_owned),
        };
        let status = ReleaseStatus {
            root_version: Some(2),
            channels: vec![
                channel("stable", 10, Some("it \u{1b}[2Jcrashes")),
                channel("nightly", 100, None),
            ],
            adoption: vec![Adoption {
                channel: "stable".to_owned(),
                version: "1.3.0".to_owned(),
                nodes: 1200,
                failed: 3,
            }],
            outcomes: vec![Outcomes {
                version: "1.4.0".to_owned(),
                healthy: 9,
                failed: 3,
            }],
            audit: vec![
                AuditEntry {
                    at: "2026-11-21T20:00:00Z".to_owned(),
                    by: None,
                    action: "hold".to_owned(),
                    detail: json!({"channel": "stable", "sequence": 12}),
                };
                3
            ],
        };
        let expected = "\
root: version 2

channel  offers  to     document  
stable   1.4.0   10 %   1.12      HELD: it ?[2Jcrashes
nightly  1.4.0   100 %  1.12      given away

nodes of  that run        with trouble
stable    1.3.0     1200  3

tried  works on  not on  failed
1.4.0  9         3       25 %

when                  who         what  
2026-11-21T20:00:00Z  the server  hold  channel stable, sequence 12
2026-11-21T20:00:00Z  the server  hold  channel stable, sequence 12
";
        let expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
        assert_eq!(screen(&status, 2).lines().collect::<Vec<_>>(), expected);
        let nothing = ReleaseStatus {
            root_version: None,
            channels: Vec::new(),
            adoption: Vec::new(),
            outcomes: Vec::new(),
            audit: Vec::new(),
        };
        assert_eq!(screen(&nothing, 9), "root: none yet; publish one first\n");
    }
}
