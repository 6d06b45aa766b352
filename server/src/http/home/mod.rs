//! The page for people at `/`: jobs and how far they are, the newest primes, totals.
//!
//! It is written by the server, so it needs no script; a small script only fetches it again while
//! it is open. Nothing is loaded from elsewhere, and the content security policy forbids it. Every
//! text from the database goes through [`Text`], which leaves no character with a meaning in HTML.

use std::{
    fmt::{self, Display, Write},
    sync::LazyLock,
};

use axum::{
    extract::State,
    http::header,
    response::{Html, IntoResponse},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use darkreach_primes::certificate::Proof;
use darkreach_protocol::read::{Block, BlockCounts, Job, JobStatus, Prime, Stats};
use sha2::{Digest, Sha256};

use super::{App, problem::ApiError};
use crate::db::{jobs, primes, stats};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Jobs and primes shown.
const ROWS: u32 = 20;
/// Blocks shown of the job on top.
const BLOCKS: u32 = 600;

/// The policy lets in exactly the style and the script above.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// `GET /`.
pub(crate) async fn show(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let stats = stats::stats(&app.db).await?;
    let jobs = jobs::list(&app.db, None, ROWS).await?.items;
    let primes = primes::page(&app.db, &primes::Filter::default(), None, ROWS)
        .await?
        .items;
    let top = jobs
        .iter()
        .find(|job| job.status == JobStatus::Running)
        .or(jobs.first());
    let blocks = match top {
        Some(job) => {
            jobs::blocks_page(&app.db, job.id, None, BLOCKS)
                .await?
                .items
        }
        None => Vec::new(),
    };
    let page = Page {
        stats: &stats,
        jobs: &jobs,
        blocks: top.map(|job| (job, blocks.as_slice())),
        primes: &primes,
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, Html(page.to_string())))
}

/// Text in HTML, between tags or in a quoted attribute.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A number with its thousands apart, by spaces that do not break.
struct Grouped(u64);

impl Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str("&#8239;")?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}

/// Everything that the page shows.
struct Page<'a> {
    stats: &'a Stats,
    jobs: &'a [Job],
    blocks: Option<(&'a Job, &'a [Block])>,
    primes: &'a [Prime],
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>darkreach</title>\
             <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body>\
             <header><h1>darkreach</h1><p>The hunt for primes on this server.</p></header><main>"
        )?;
        self.totals(f)?;
        self.job_table(f)?;
        self.block_map(f)?;
        self.prime_table(f)?;
        write!(
            f,
            "</main><footer><p id=\"freshness\" role=\"status\"></p><p>darkreach-server {} &middot; \
             <a href=\"/api/v1\">API</a></p></footer><script>{SCRIPT}</script></body></html>",
            crate::VERSION
        )
    }
}

impl Page<'_> {
    fn totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = self.stats;
        f.write_str("<section aria-label=\"Totals\"><dl class=\"totals\">")?;
        for (name, value) in [
            ("primes", stats.primes),
            ("digits of the largest", stats.largest_digits),
            ("candidates decided", stats.candidates),
            ("blocks validated", stats.blocks_validated),
            ("nodes at work", stats.nodes),
        ] {
            write!(f, "<div><dt>{name}</dt><dd>{}</dd></div>", Grouped(value))?;
        }
        f.write_str("</dl></section>")
    }

    fn job_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<section><h2>Jobs</h2>")?;
        if self.jobs.is_empty() {
            return f.write_str(
                "<p class=\"empty\">No search yet. Start one with <code>darkreach-server job \
                 create kbn --k 1..300 --n 1000 --c 1</code>.</p></section>",
            );
        }
        f.write_str(
            "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Job</th>\
             <th scope=\"col\">Search</th><th scope=\"col\">State</th>\
             <th scope=\"col\">Blocks validated</th><th scope=\"col\" class=\"number\">Tested</th>\
             <th scope=\"col\" class=\"number\">Primes</th></tr></thead><tbody>",
        )?;
        for job in self.jobs {
            let BlockCounts {
                total,
                validated,
                failed,
                ..
            } = job.blocks;
            let state = status(job.status);
            let failures = match failed {
                0 => String::new(),
                _ => format!(" <span class=\"failed\">{failed} failed</span>"),
            };
            write!(
                f,
                "<tr><td><a href=\"/api/v1/jobs/{id}\">{id}</a></td><td>{search}</td>\
                 <td><span class=\"state {state}\">{state}</span></td>\
                 <td><progress max=\"{max}\" value=\"{validated}\" \
                 aria-label=\"blocks of job {id} validated\"></progress> {validated} of {total}\
                 {failures}</td><td class=\"number\">{tested}</td>\
                 <td class=\"number\"><a href=\"/api/v1/primes?job={id}\">{primes}</a></td></tr>",
                id = job.id,
                search = Text(&job.description),
                max = total.max(1),
                tested = Grouped(job.tested),
                primes = Grouped(job.primes),
            )?;
        }
        f.write_str(
            "</tbody></table></div><p class=\"links\">Every candidate's fate: \
             <a href=\"/api/v1/results\">JSON</a> <a href=\"/api/v1/results?format=csv\">CSV</a> \
             &middot; <a href=\"/api/v1/jobs\">jobs</a> <a href=\"/api/v1/stats\">totals</a></p>\
             </section>",
        )
    }

    fn block_map(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((job, blocks)) = self.blocks else {
            return Ok(());
        };
        write!(
            f,
            "<section><h2>Blocks of job {}</h2><p>{}</p><ul class=\"blocks\">",
            job.id,
            Text(&job.description)
        )?;
        for block in blocks {
            let (state, percent) = (Text(&block.status), (block.progress * 100.0).round());
            write!(
                f,
                "<li class=\"{state}\" title=\"{start}..{end}: {state}, {percent} %\">\
                 <span class=\"hidden\">{start}..{end}: {state}</span></li>",
                start = block.start,
                end = block.end,
            )?;
        }
        f.write_str("</ul>")?;
        if job.blocks.total > blocks.len() as u64 {
            write!(
                f,
                "<p>The first {} of {} blocks; <a href=\"/api/v1/jobs/{}/blocks\">all</a>.</p>",
                blocks.len(),
                Grouped(job.blocks.total),
                job.id
            )?;
        }
        f.write_str("<p class=\"legend\" aria-hidden=\"true\">")?;
        for state in [
            "available",
            "leased",
            "reported",
            "validated",
            "failed",
            "cancelled",
        ] {
            write!(f, "<span><i class=\"{state}\"></i>{state}</span>")?;
        }
        f.write_str("</p></section>")
    }

    fn prime_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<section><h2>Newest primes</h2>")?;
        if self.primes.is_empty() {
            return f.write_str("<p class=\"empty\">None yet.</p></section>");
        }
        f.write_str(
            "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">Prime</th>\
             <th scope=\"col\" class=\"number\">Digits</th><th scope=\"col\">Proof</th>\
             <th scope=\"col\">Job</th><th scope=\"col\">Found</th></tr></thead><tbody>",
        )?;
        for prime in self.primes {
            let job = prime.job_id.map(|id| id.to_string()).unwrap_or_default();
            write!(
                f,
                "<tr><td class=\"expression\">{}</td><td class=\"number\">{}</td>\
                 <td>{}</td><td>{job}</td>\
                 <td><time datetime=\"{}\">{}</time></td></tr>",
                Text(&prime.expression),
                Grouped(prime.digits),
                Text(&proofs(prime)),
                prime.found_at.to_rfc3339(),
                prime.found_at.format("%Y-%m-%d %H:%M UTC"),
            )?;
        }
        f.write_str(
            "</tbody></table></div><p class=\"links\">All of them: <a href=\"/api/v1/primes\">JSON\
             </a> <a href=\"/api/v1/primes?format=csv\">CSV</a></p></section>",
        )
    }
}

/// The proofs of a prime in words.
fn proofs(prime: &Prime) -> String {
    let words: Vec<String> = [&prime.proof, &prime.second]
        .into_iter()
        .flatten()
        .map(proof)
        .collect();
    words.join("; ")
}

/// Longer fields of a proof are left to the JSON of the list.
const LONGEST_FIELD: usize = 100;

/// A proof in words: the theorem and what it needs to be verified, for example `proth, a = 3`.
fn proof(proof: &Proof) -> String {
    let mut words = proof.theorem().to_owned();
    if let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(proof) {
        for (name, value) in fields.iter().filter(|(name, _)| *name != "theorem") {
            let value = value.to_string();
            // A whole step of a certificate is for machines.
            if value.len() <= LONGEST_FIELD {
                let _ = write!(words, ", {name} = {value}");
            }
        }
    }
    words
}

/// The state of a job as the page and its style name it.
fn status(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Running => "running",
        JobStatus::Paused => "paused",
        JobStatus::Cancelled => "cancelled",
        JobStatus::Validated => "validated",
    }
}

#[cfg(test)]
mod tests {
    use super::{Grouped, Page, Text, proof};
    use darkreach_primes::certificate::Proof;
    use darkreach_protocol::read::{Block, Stats};

    #[test]
    fn no_text_can_become_markup() {
        let hostile = "<script>alert('1')</script>\" onload=\"x&";
        let text = Text(hostile).to_string();
        assert!(!text.contains(['<', '>', '"', '\'']), "{text}");
        assert_eq!(text.matches("&amp;").count(), 1);
    }

    #[test]
    fn a_proof_says_what_verifies_it() {
        assert_eq!(proof(&Proof::Proth { a: 13 }), "proth, a = 13");
        assert_eq!(proof(&Proof::Small), Proof::Small.theorem());
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(Grouped(number).to_string().replace("&#8239;", " "), text);
        }
    }

    #[test]
    fn a_server_without_any_job_says_how_to_start_one() {
        let page = Page {
            stats: &Stats::default(),
            jobs: &[],
            blocks: None::<(_, &[Block])>,
            primes: &[],
        };
        let page = page.to_string();
        assert!(page.contains("job create kbn") && page.contains("</html>"));
    }
}
