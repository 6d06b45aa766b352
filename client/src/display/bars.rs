//! Progress bars on a terminal, one per block that is computing. Above them stand the lines that the
//! bars cannot show: primes, finished blocks, and whatever is not as it should be.

use std::{collections::BTreeMap, io, time::Duration, time::Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Display, Event, HeldProgress, Overview, duration, plain};

const STEPS: u64 = 1000;

#[derive(Default)]
pub(super) struct Bars {
    screen: MultiProgress,
    blocks: BTreeMap<i64, Bar>,
    total: Option<ProgressBar>,
}

struct Bar {
    bar: ProgressBar,
    since: Instant,
    tested: u64,
}

impl Display for Bars {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match plain::line(event) {
            Some(line) if !shown_by_bars(event) => self.screen.println(line),
            _ => Ok(()),
        }
    }

    fn overview(&mut self, overview: &Overview<'_>) {
        let begun: Vec<_> = overview
            .blocks
            .iter()
            .filter(|b| b.progress.fraction > 0.0)
            .collect();
        self.blocks.retain(|id, bar| {
            let keep = begun.iter().any(|b| b.assignment == *id);
            if !keep {
                bar.bar.finish_and_clear();
            }
            keep
        });
        for block in &begun {
            let bar = self
                .blocks
                .entry(block.assignment)
                .or_insert_with(|| Bar::new(&self.screen, block));
            bar.show(block, overview.speed);
        }
        let total = self.total.get_or_insert_with(|| {
            let line = self.screen.add(ProgressBar::new_spinner());
            line.enable_steady_tick(Duration::from_millis(250));
            line
        });
        total.set_message(match overview.speed {
            Some(speed) => format!(
                "{} blocks held, {speed:.2} reference cores, {} of work",
                overview.blocks.len(),
                duration(rest(overview.blocks) / speed)
            ),
            None => format!("{} blocks held, measuring the speed", overview.blocks.len()),
        });
    }

    fn finish(&mut self) {
        for bar in self.blocks.values() {
            bar.bar.finish_and_clear();
        }
        if let Some(total) = &self.total {
            total.finish_and_clear();
        }
    }
}

impl Bar {
    fn new(screen: &MultiProgress, block: &HeldProgress) -> Self {
        let bar = screen.insert(0, ProgressBar::new(STEPS));
        let style = ProgressStyle::with_template("{prefix} [{bar:24}] {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(block.description.clone());
        Self {
            bar,
            since: Instant::now(),
            tested: block.progress.tested,
        }
    }

    fn show(&self, block: &HeldProgress, speed: Option<f64>) {
        let progress = &block.progress;
        self.bar
            .set_position((progress.fraction.clamp(0.0, 1.0) * STEPS as f64) as u64);
        let seconds = self.since.elapsed().as_secs_f64().max(1.0);
        let rate = progress.tested.saturating_sub(self.tested) as f64 / seconds;
        let eta = speed.map_or_else(String::new, |speed| {
            let rest = rest(std::slice::from_ref(block)) / speed;
            format!(", {} to go", duration(rest))
        });
        self.bar.set_message(format!(
            "{} {}, {rate:.1} tests/s, {} primes{eta}",
            match progress.phase {
                darkreach_primes::search::Phase::Sieving => "sieving",
                _ => "testing",
            },
            super::percent(progress.fraction),
            progress.primes,
        ));
    }
}

/// What the bars show anyway: as lines it would push the primes off the screen.
fn shown_by_bars(event: &Event) -> bool {
    match event {
        Event::Claimed { resumed, .. } => !resumed,
        Event::Phase { .. } | Event::Receipt { .. } => true,
        _ => false,
    }
}

/// Reference core seconds left.
fn rest(blocks: &[HeldProgress]) -> f64 {
    blocks
        .iter()
        .map(|b| b.cost * (1.0 - b.progress.fraction))
        .sum()
}
