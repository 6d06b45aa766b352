//! What became of every candidate, read page by page from the packed ledgers of validated results.
//!
//! A ledger is unpacked where it is read, so a candidate costs a few bytes in the database and not
//! a row. A page goes through the results by block and value; with a filter that leaves out most
//! candidates it may come back short, or empty, with a cursor to go on from: the work behind one
//! request is bounded.

use darkreach_primes::{
    search::{
        ledger::Outcome,
        report::{Row, rows},
    },
    spec::SearchSpec,
};
use darkreach_protocol::read::{CandidateOutcome, CandidateResult, Page};
use sqlx::{PgConnection, types::Json};

use super::{Db, DbError, MAX_PAGE, Role, cursor, work::block_spec};

/// How many candidates one request may look at.
const MAX_SCANNED: usize = 2_000_000;

/// How many results one request may open.
const MAX_RESULTS: usize = 500;

/// The base of the Fermat test behind every residue.
const FERMAT_BASE: u32 = 3;

/// Which candidates to read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this form.
    pub form: Option<String>,
    /// Only this job.
    pub job: Option<i64>,
    /// Only this outcome.
    pub outcome: Option<CandidateOutcome>,
}

/// A validated result as it is stored.
#[derive(sqlx::FromRow)]
struct Packed {
    block_id: i64,
    job_id: i64,
    form: String,
    params: Json<SearchSpec>,
    block_start: i64,
    block_end: i64,
    ledger: Vec<u8>,
}

/// One page of candidates of validated results, by block and value.
///
/// # Errors
/// [`DbError::Invalid`] for a cursor that is not one of ours.
pub async fn candidates_page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<CandidateResult>, DbError> {
    let limit = limit.clamp(1, MAX_PAGE) as usize;
    let [block, from] = match cursor {
        Some(text) => cursor::decode('r', text)?,
        None => [0, 0],
    };
    let mut tx = db.begin(Role::Anon).await?;
    let page = page_in(&mut tx, filter, [block, from], limit).await;
    tx.end(page).await
}

async fn page_in(
    tx: &mut PgConnection,
    filter: &Filter,
    [mut block, mut from]: [i64; 2],
    limit: usize,
) -> Result<Page<CandidateResult>, DbError> {
    let mut items = Vec::new();
    let mut scanned = 0;
    for _ in 0..MAX_RESULTS {
        let Some(packed) = next_result(tx, filter, block).await? else {
            return Ok(Page { items, next: None });
        };
        if packed.block_id != block {
            from = 0;
        }
        // Without a filter only as many as still fit are unpacked, and one more to see the end.
        let room = limit - items.len();
        let wanted = if filter.outcome.is_some() {
            usize::MAX
        } else {
            room + 1
        };
        let (packed, unpacked) = unpack(packed, from, wanted).await?;
        scanned += unpacked.len();
        for row in unpacked {
            if filter
                .outcome
                .is_some_and(|wanted| wanted != kind(row.outcome))
            {
                continue;
            }
            if items.len() == limit {
                let next = cursor::encode('r', [packed.block_id, row.at.cast_signed()]);
                return Ok(Page {
                    items,
                    next: Some(next),
                });
            }
            items.push(candidate(&packed, row));
        }
        (block, from) = (packed.block_id + 1, 0);
        if scanned >= MAX_SCANNED {
            break;
        }
    }
    Ok(Page {
        items,
        next: Some(cursor::encode('r', [block, from])),
    })
}

/// The first validated result at or after a block that can hold what the filter wants.
async fn next_result(
    connection: &mut PgConnection,
    filter: &Filter,
    block: i64,
) -> Result<Option<Packed>, DbError> {
    let row = sqlx::query_as(
        "SELECT r.block_id, r.job_id, j.search_type AS form, j.params, b.block_start, b.block_end, r.ledger
         FROM results AS r JOIN work_blocks AS b ON b.id = r.block_id JOIN search_jobs AS j ON j.id = r.job_id
         WHERE r.status = 'validated' AND r.replica = 0 AND r.block_id >= $1
           AND ($2::bigint IS NULL OR r.job_id = $2)
           AND ($3::text IS NULL OR j.search_type = $3)
           AND ($4::text IS DISTINCT FROM 'prime' OR r.primes_found > 0)
           AND ($4::text IS DISTINCT FROM 'probable_prime' OR r.probable > 0)
           AND ($4::text IS DISTINCT FROM 'factor' OR r.sieved > 0)
         ORDER BY r.block_id LIMIT 1",
    )
    .bind(block)
    .bind(filter.job)
    .bind(filter.form.as_deref())
    .bind(filter.outcome.map(|outcome| match outcome {
        CandidateOutcome::Prime => "prime",
        CandidateOutcome::ProbablePrime => "probable_prime",
        CandidateOutcome::Factor => "factor",
        CandidateOutcome::Composite | CandidateOutcome::BelowTwo | CandidateOutcome::Algebraic => {
            "any"
        }
    }))
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

/// Unpacks a ledger away from the threads that serve requests.
async fn unpack(packed: Packed, from: i64, limit: usize) -> Result<(Packed, Vec<Row>), DbError> {
    let spec = block_spec(&packed.params, packed.block_start, packed.block_end)?;
    let unpacked = tokio::task::spawn_blocking(move || {
        let from = from.cast_unsigned().max(spec.range.start);
        let unpacked = rows(&spec, &packed.ledger, from, limit);
        (packed, unpacked)
    });
    let (packed, unpacked) = unpacked
        .await
        .map_err(|error| DbError::Internal(format!("unpacking a ledger: {error}")))?;
    let unpacked = unpacked.map_err(|error| {
        DbError::Internal(format!("the ledger of block {}: {error}", packed.block_id))
    })?;
    Ok((packed, unpacked))
}

fn kind(outcome: Outcome) -> CandidateOutcome {
    match outcome {
        Outcome::Factor(_) => CandidateOutcome::Factor,
        Outcome::Composite { .. } => CandidateOutcome::Composite,
        Outcome::Prime => CandidateOutcome::Prime,
        Outcome::BelowTwo => CandidateOutcome::BelowTwo,
        Outcome::ProbablePrime => CandidateOutcome::ProbablePrime,
        Outcome::Algebraic => CandidateOutcome::Algebraic,
    }
}

fn candidate(packed: &Packed, row: Row) -> CandidateResult {
    let factor = match row.outcome {
        Outcome::Factor(p) => Some(p.to_string()),
        _ => None,
    };
    let res64 = match row.outcome {
        Outcome::Composite { res64 } => Some(format!("{res64:016X}")),
        _ => None,
    };
    let fermat = res64.is_some();
    CandidateResult {
        job_id: packed.job_id,
        block_id: packed.block_id,
        form: packed.form.clone(),
        expression: row.expression,
        outcome: kind(row.outcome),
        factor,
        res64,
        test: fermat.then(|| "fermat".to_owned()),
        test_base: fermat.then_some(FERMAT_BASE),
    }
}
