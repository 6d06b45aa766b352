//! `darkreach status`: what the worker of this computer does, from what it left on disk.

use darkreach_primes::search::Progress;
use serde::Serialize;

use super::Context;
use crate::{
    display::{duration, percent, print_json, print_line},
    error::Error,
    state::{directory::DataDir, lock, node, status},
};

/// The answer; without a server the computer is not attached.
#[derive(Serialize)]
struct Report {
    attached: bool,
    running: bool,
    pid: Option<u32>,
    server: Option<String>,
    node: Option<String>,
    name: Option<String>,
    since: Option<chrono::DateTime<chrono::Utc>>,
    updated: Option<chrono::DateTime<chrono::Utc>>,
    threads: Option<usize>,
    speed: Option<f64>,
    waiting: Option<String>,
    blocks: Vec<Block>,
    outbox: usize,
    refused: usize,
    data_dir: std::path::PathBuf,
}

#[derive(Serialize)]
struct Block {
    assignment: i64,
    job: i64,
    description: String,
    progress: Option<Progress>,
}

pub(super) fn execute(context: &Context) -> Result<(), Error> {
    let report = match context.existing_data()? {
        Some(data) => gather(&data)?,
        None => nothing(context.config.data_dir()?),
    };
    if context.json {
        return Ok(print_json(&report)?);
    }
    for line in lines(&report) {
        print_line(&line)?;
    }
    Ok(())
}

fn nothing(data_dir: std::path::PathBuf) -> Report {
    Report {
        attached: false,
        running: false,
        pid: None,
        server: None,
        node: None,
        name: None,
        since: None,
        updated: None,
        threads: None,
        speed: None,
        waiting: None,
        blocks: Vec::new(),
        outbox: 0,
        refused: 0,
        data_dir,
    }
}

fn gather(data: &DataDir) -> Result<Report, Error> {
    let mut report = nothing(data.root().to_owned());
    if let Some(node) = node::load(data)? {
        report.attached = true;
        report.server = Some(node.server);
        report.node = Some(node.node_id);
        report.name = node.name;
    }
    report.pid = lock::holder(data)?;
    report.running = report.pid.is_some();
    let status = status::load(data)?;
    if report.running
        && let Some(status) = &status
    {
        report.since = Some(status.since);
        report.updated = Some(status.at);
        report.threads = Some(status.threads);
        report.speed = status.speed;
        report.waiting.clone_from(&status.waiting);
    }
    let known = status.map(|s| s.blocks).unwrap_or_default();
    let (held, damaged) = data.held().peek()?;
    for damage in damaged {
        eprintln!("warning: {damage}");
    }
    report.blocks = held
        .into_iter()
        .map(|assignment| Block {
            assignment: assignment.id,
            job: assignment.job_id,
            description: assignment.spec.describe(),
            progress: known
                .iter()
                .find(|b| b.assignment == assignment.id)
                .map(|b| b.progress),
        })
        .collect();
    report.outbox = data.outbox().list()?.len();
    report.refused = data.outbox().refused()?.len();
    Ok(report)
}

fn lines(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    lines.push(match (&report.server, &report.node) {
        (Some(server), Some(node)) => format!("attached to {server} as node {node}"),
        _ => "not attached (darkreach attach URL)".to_owned(),
    });
    lines.push(match (report.running, report.since) {
        (true, Some(since)) => {
            let seconds = (chrono::Utc::now() - since).num_milliseconds() as f64 / 1000.0;
            format!(
                "running for {} (process {})",
                duration(seconds),
                report.pid.unwrap_or(0)
            )
        }
        (true, None) => "starting".to_owned(),
        (false, _) => "not running (darkreach run)".to_owned(),
    });
    if let Some(speed) = report.speed {
        lines.push(format!("speed {speed:.2} reference cores"));
    }
    if let Some(waiting) = &report.waiting {
        lines.push(format!("waiting: {waiting}"));
    }
    for block in &report.blocks {
        let progress = block.progress.map_or("not begun".to_owned(), |p| {
            format!("{}, {} primes", percent(p.fraction), p.primes)
        });
        let (id, what) = (block.assignment, &block.description);
        lines.push(format!(
            "block {id} of job {}: {what}: {progress}",
            block.job
        ));
    }
    lines.push(format!("{} results to deliver", report.outbox));
    if report.refused > 0 {
        lines.push(format!(
            "{} results were refused, see {}",
            report.refused,
            report.data_dir.join("outbox/refused").display()
        ));
    }
    lines
}
