//! Jobs and their blocks: creating, reading, pausing, resuming, cancelling.

use chrono::{DateTime, Utc};
use darkreach_primes::spec::{SearchSpec, Span};
use darkreach_protocol::read::{Block, BlockCounts, Job, JobStatus, Page};
use sqlx::types::Json;

use super::{Db, DbError, Role, cursor, page, page_rows, signed, unsigned};

/// What a block costs by default, in reference core seconds.
const BLOCK_SECONDS: f64 = 60.0;

/// How many blocks a job may have.
const MAX_BLOCKS: u64 = 1_000_000;

/// How many values of the running variable a block may have: its ledger, ten bytes a candidate at
/// worst and then in base64, must fit into one report.
const MAX_BLOCK_VALUES: u64 = 4_000_000;

/// For how many blocks of a job the cost is estimated; those between share their estimate.
const COST_SAMPLES: u64 = 1000;

/// Creates a running job and cuts its range into blocks. Without `block_size` a block costs about
/// a minute of a reference core.
///
/// # Errors
/// [`DbError::Invalid`] if the spec does not validate, or would give too many blocks or too large
/// ones.
pub async fn create(db: &Db, spec: &SearchSpec, block_size: Option<u64>) -> Result<Job, DbError> {
    spec.validate()
        .map_err(|error| DbError::Invalid(error.to_string()))?;
    let size = block_size_of(spec, block_size)?;
    let range_start = signed(spec.range.start, "range")?;
    let range_end = signed(spec.range.end, "range")?;
    let estimated = spec.clone();
    let costs = tokio::task::spawn_blocking(move || costs(&estimated, size))
        .await
        .map_err(|error| DbError::Internal(format!("estimating a job: {error}")))??;

    let block_size = signed(size, "block_size")?;
    let create = || {
        sqlx::query_scalar("SELECT create_search_job($1, $2, $3, $4, $5, $6)")
            .bind(spec.form_name())
            .bind(Json(spec))
            .bind(range_start)
            .bind(range_end)
            .bind(block_size)
            .bind(&costs)
    };
    let id: i64 = db.scalar(Role::ServiceAtLength, create).await?;
    show(db, id).await
}

/// The block size asked for, or the default, within the bounds.
fn block_size_of(spec: &SearchSpec, wish: Option<u64>) -> Result<u64, DbError> {
    let refuse = |reason: String| Err(DbError::Invalid(format!("block_size: {reason}")));
    let values = spec.range.end - spec.range.start;
    let fewest = values.div_ceil(MAX_BLOCKS);
    if fewest > MAX_BLOCK_VALUES {
        return Err(DbError::Invalid(format!(
            "range: {values} values are too many for one job, at most {} fit; create several jobs",
            MAX_BLOCKS * MAX_BLOCK_VALUES
        )));
    }
    let size = match wish {
        Some(0) => return refuse("must be at least 1".to_owned()),
        // A block as large as the whole range is one block; more would only overflow.
        Some(size) => size.min(values),
        None => spec
            .block_size_for(BLOCK_SECONDS)
            .clamp(fewest, MAX_BLOCK_VALUES),
    };
    let blocks = values.div_ceil(size);
    if blocks > MAX_BLOCKS {
        return refuse(format!(
            "{size} cuts the range into {blocks} blocks, at most {MAX_BLOCKS} are allowed; choose \
             at least {fewest}"
        ));
    }
    if size > MAX_BLOCK_VALUES {
        return refuse(format!(
            "{size} is too large for one report; choose at most {MAX_BLOCK_VALUES}"
        ));
    }
    Ok(size)
}

/// The estimated cost of each block.
fn costs(spec: &SearchSpec, size: u64) -> Result<Vec<f64>, DbError> {
    let Span { start, end } = spec.range;
    let group = (end - start).div_ceil(size).div_ceil(COST_SAMPLES);
    let mut costs = Vec::new();
    let mut estimate = 0.0;
    let mut at = start;
    while at < end {
        let next = at.saturating_add(size).min(end);
        let block = spec
            .over(Span { start: at, end: next })
            .and_then(|block| block.validate().map(|()| block))
            .map_err(|error| {
                DbError::Invalid(format!(
                    "the block {at}..{next} cannot be searched ({error}); choose another block_size or range"
                ))
            })?;
        // The last block may be shorter than the others of its group.
        if (costs.len() as u64).is_multiple_of(group) || next == end {
            estimate = block.cost();
        }
        costs.push(estimate);
        at = next;
    }
    Ok(costs)
}

/// One page of jobs, newest first.
///
/// # Errors
/// [`DbError::Invalid`] for a cursor that is not one of ours.
pub async fn list(db: &Db, cursor: Option<&str>, limit: u32) -> Result<Page<Job>, DbError> {
    let [before] = match cursor {
        Some(text) => cursor::decode('j', text)?,
        None => [i64::MAX],
    };
    let list = || {
        sqlx::query_as("SELECT * FROM job_overview WHERE id < $1 ORDER BY id DESC LIMIT $2")
            .bind(before)
            .bind(page_rows(limit))
    };
    let rows: Vec<JobRow> = db.rows(Role::Anon, list).await?;
    let jobs = rows
        .into_iter()
        .map(Job::try_from)
        .collect::<Result<_, _>>()?;
    Ok(page(jobs, limit, |job: &Job| cursor::encode('j', [job.id])))
}

/// One job.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn show(db: &Db, id: i64) -> Result<Job, DbError> {
    let find = || sqlx::query_as("SELECT * FROM job_overview WHERE id = $1").bind(id);
    let row: Option<JobRow> = db.row(Role::Anon, find).await?;
    row.ok_or(DbError::NotFound("job"))?.try_into()
}

/// Stops handing out blocks; running ones are told to stop at their next heartbeat.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if the job is already at an end.
pub async fn pause(db: &Db, id: i64) -> Result<Job, DbError> {
    set_status(db, id, "paused").await
}

/// Hands out blocks again.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if the job is already at an end.
pub async fn resume(db: &Db, id: i64) -> Result<Job, DbError> {
    set_status(db, id, "running").await
}

/// Ends a job before it is finished. What was validated stays.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if the job is already validated.
pub async fn cancel(db: &Db, id: i64) -> Result<Job, DbError> {
    set_status(db, id, "cancelled").await
}

async fn set_status(db: &Db, id: i64, status: &str) -> Result<Job, DbError> {
    let set = || {
        sqlx::query("SELECT set_job_status($1, $2)")
            .bind(id)
            .bind(status)
    };
    db.execute(Role::ServiceAtLength, set).await?;
    show(db, id).await
}

/// One page of a job's blocks, ascending.
///
/// # Errors
/// [`DbError::NotFound`] for the job; [`DbError::Invalid`] for the cursor.
pub async fn blocks_page(
    db: &Db,
    job: i64,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Block>, DbError> {
    let [from] = match cursor {
        Some(text) => cursor::decode('b', text)?,
        None => [0],
    };
    let known =
        || sqlx::query_scalar("SELECT EXISTS (SELECT FROM search_jobs WHERE id = $1)").bind(job);
    if !db.scalar(Role::Anon, known).await? {
        return Err(DbError::NotFound("job"));
    }
    let blocks = || {
        sqlx::query_as(
            "SELECT id, block_start, block_end, status, cost, progress FROM work_blocks
             WHERE search_job_id = $1 AND block_start >= $2 ORDER BY block_start LIMIT $3",
        )
        .bind(job)
        .bind(from)
        .bind(page_rows(limit))
    };
    let rows: Vec<(i64, i64, i64, String, f64, f64)> = db.rows(Role::Anon, blocks).await?;
    let blocks = rows
        .into_iter()
        .map(|(id, start, end, status, cost, progress)| {
            Ok(Block {
                id,
                start: unsigned(start)?,
                end: unsigned(end)?,
                status,
                cost,
                progress,
            })
        })
        .collect::<Result<_, DbError>>()?;
    // Not the end of the last block: were there an overlap, it would hide the blocks inside.
    Ok(page(blocks, limit, |block: &Block| {
        cursor::encode('b', [(block.start + 1).cast_signed()])
    }))
}

/// A row of `job_overview`.
#[derive(sqlx::FromRow)]
struct JobRow {
    id: i64,
    status: String,
    params: Json<SearchSpec>,
    block_size: i64,
    blocks: i64,
    available: i64,
    leased: i64,
    reported: i64,
    validated: i64,
    failed: i64,
    total_candidates: i64,
    total_tested: i64,
    total_found: i64,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    covered: bool,
}

impl TryFrom<JobRow> for Job {
    type Error = DbError;

    fn try_from(row: JobRow) -> Result<Self, DbError> {
        let status = match row.status.as_str() {
            "running" => JobStatus::Running,
            "paused" => JobStatus::Paused,
            "cancelled" => JobStatus::Cancelled,
            "validated" => JobStatus::Validated,
            other => return Err(DbError::Internal(format!("job {} is {other}", row.id))),
        };
        Ok(Self {
            id: row.id,
            status,
            description: row.params.describe(),
            spec: row.params.0,
            block_size: unsigned(row.block_size)?,
            blocks: BlockCounts {
                total: unsigned(row.blocks)?,
                available: unsigned(row.available)?,
                leased: unsigned(row.leased)?,
                reported: unsigned(row.reported)?,
                validated: unsigned(row.validated)?,
                failed: unsigned(row.failed)?,
            },
            candidates: unsigned(row.total_candidates)?,
            tested: unsigned(row.total_tested)?,
            primes: unsigned(row.total_found)?,
            created_at: row.created_at,
            finished_at: row.finished_at,
            covered: row.covered,
        })
    }
}
