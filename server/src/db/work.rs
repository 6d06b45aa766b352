//! Leases: claiming blocks, reporting on them, checkpoints, handing back, reclaiming.

use chrono::{DateTime, Utc};
use darkreach_primes::spec::{SearchSpec, Span};
use darkreach_protocol::work::{
    Assignment, AssignmentOrder, CheckpointInfo, ClaimRequest, ClaimResponse, HeartbeatRequest,
    HeartbeatResponse, NoWork, Order, ReleaseReason, ReleaseRequest,
};
use sqlx::{PgConnection, types::Json};

use super::{Db, DbError, Role, nodes, plain, retry::retrying, unsigned};

/// Blocks in one claim.
const MAX_BLOCKS: u32 = 64;

/// Assignments in one request.
const MAX_HELD: usize = 4096;

/// When a node without work should ask again, in seconds.
const RETRY_SECONDS: u32 = 15;

/// After how many seconds of silence a lease without a deadline of its own ends: one that was
/// taken with `claim_work_block` alone.
const SILENCE_SECONDS: f64 = 3600.0;

/// Leases blocks to a node; its live leases that it does not hold come first.
///
/// # Errors
/// [`DbError::Invalid`] for a number of blocks or a speed out of bounds.
pub async fn claim(db: &Db, node: &str, request: &ClaimRequest) -> Result<ClaimResponse, DbError> {
    if !(1..=MAX_BLOCKS).contains(&request.max_blocks) {
        return Err(DbError::Invalid(format!(
            "max_blocks: {} is not between 1 and {MAX_BLOCKS}",
            request.max_blocks
        )));
    }
    if request.holding.len() > MAX_HELD {
        return Err(DbError::Invalid(format!(
            "holding: at most {MAX_HELD} assignments"
        )));
    }
    if request
        .speed
        .is_some_and(|speed| !(speed.is_finite() && speed > 0.0))
    {
        return Err(DbError::Invalid(
            "speed: must be a positive number".to_owned(),
        ));
    }

    retrying(|| claim_once(db, node, request)).await
}

async fn claim_once(db: &Db, node: &str, request: &ClaimRequest) -> Result<ClaimResponse, DbError> {
    let mut tx = db.begin(Role::Service).await?;
    let claimed = claim_in(&mut tx, node, request).await;
    tx.end(claimed).await
}

async fn claim_in(
    tx: &mut PgConnection,
    node: &str,
    request: &ClaimRequest,
) -> Result<ClaimResponse, DbError> {
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM claim_assignments($1, $2, $3, $4)")
        .bind(node)
        .bind(request.max_blocks.cast_signed())
        .bind(&request.holding)
        .bind(request.speed)
        .fetch_all(&mut *tx)
        .await?;
    // A statement of its own: it sees what the function has just written.
    let rows: Vec<LeaseRow> = sqlx::query_as(
        "SELECT a.id, b.search_job_id AS job_id, b.id AS block_id, j.params, b.block_start,
                b.block_end, b.cost, b.lease_deadline AS deadline,
                extract(epoch FROM b.lease_deadline - now())::float8 AS seconds,
                octet_length(c.bytes)::bigint AS checkpoint_size,
                c.node_id = a.node_id AS checkpoint_own
         FROM unnest($1::bigint[]) WITH ORDINALITY AS given (id, place)
         JOIN assignments AS a ON a.id = given.id
         JOIN work_blocks AS b ON b.id = a.block_id
         JOIN search_jobs AS j ON j.id = b.search_job_id
         LEFT JOIN LATERAL block_checkpoint(b.id) AS c ON true
         ORDER BY given.place",
    )
    .bind(&ids)
    .fetch_all(&mut *tx)
    .await?;
    let assignments: Vec<Assignment> = rows
        .into_iter()
        .map(Assignment::try_from)
        .collect::<Result<_, _>>()?;
    let reason = if assignments.is_empty() {
        let running: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM search_jobs WHERE status = 'running')")
                .fetch_one(&mut *tx)
                .await?;
        Some(if running {
            NoWork::AllBlocksTaken
        } else {
            NoWork::NoRunningJob
        })
    } else {
        None
    };
    Ok(ClaimResponse {
        assignments,
        reason,
        retry_after_seconds: reason.map(|_| RETRY_SECONDS),
    })
}

/// A lease with what its holder must know.
#[derive(sqlx::FromRow)]
struct LeaseRow {
    id: i64,
    job_id: i64,
    block_id: i64,
    params: Json<SearchSpec>,
    block_start: i64,
    block_end: i64,
    cost: f64,
    deadline: DateTime<Utc>,
    seconds: f64,
    checkpoint_size: Option<i64>,
    checkpoint_own: Option<bool>,
}

impl TryFrom<LeaseRow> for Assignment {
    type Error = DbError;

    fn try_from(row: LeaseRow) -> Result<Self, DbError> {
        let checkpoint = match (row.checkpoint_size, row.checkpoint_own) {
            (Some(size), Some(own)) => Some(CheckpointInfo {
                size: unsigned(size)?,
                own,
            }),
            _ => None,
        };
        Ok(Self {
            id: row.id,
            job_id: row.job_id,
            block_id: row.block_id,
            spec: block_spec(&row.params, row.block_start, row.block_end)?,
            cost: row.cost,
            deadline: row.deadline,
            lease_seconds: whole_seconds(row.seconds),
            checkpoint,
        })
    }
}

/// The search over one block of a job.
pub(super) fn block_spec(job: &SearchSpec, start: i64, end: i64) -> Result<SearchSpec, DbError> {
    let range = Span {
        start: unsigned(start)?,
        end: unsigned(end)?,
    };
    job.over(range)
        .map_err(|error| DbError::Internal(format!("block {start}..{end}: {error}")))
}

/// Rounded down, so that nobody relies on a second that the lease does not have.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped before"
)]
fn whole_seconds(seconds: f64) -> u32 {
    seconds.clamp(0.0, f64::from(u32::MAX)) as u32
}

/// Assignment, verdict and seconds left; or, in a row of its own, a command.
type OrderRow = (Option<i64>, Option<String>, Option<f64>, Option<String>);

/// Takes note of progress, extends the leases that go on, and says what to do with each.
///
/// # Errors
/// [`DbError::Invalid`] for numbers out of bounds.
pub async fn heartbeat(
    db: &Db,
    node: &str,
    request: &HeartbeatRequest,
) -> Result<HeartbeatResponse, DbError> {
    let held = &request.assignments;
    if held.len() > MAX_HELD {
        return Err(DbError::Invalid(format!("assignments: at most {MAX_HELD}")));
    }
    if held
        .iter()
        .any(|a| !(0.0..=1.0).contains(&a.progress.fraction))
    {
        return Err(DbError::Invalid(
            "fraction: must be between 0 and 1".to_owned(),
        ));
    }
    let sum = |count: fn(&darkreach_primes::search::Progress) -> u64| {
        let total = held
            .iter()
            .fold(0_u64, |sum, a| sum.saturating_add(count(&a.progress)));
        i64::try_from(total).unwrap_or(i64::MAX)
    };
    let ids: Vec<i64> = held.iter().map(|a| a.id).collect();
    let fractions: Vec<f64> = held.iter().map(|a| a.progress.fraction).collect();
    let progress: Vec<_> = held.iter().map(|a| a.progress).collect();

    let version = plain(&request.client_version, "client_version", 64)?;
    let cores = nodes::cores(request.cores)?;
    let beat = || {
        sqlx::query_as(
            "SELECT assignment_id, verdict, seconds_left, command
             FROM node_heartbeat($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(node)
        .bind(version)
        .bind(cores)
        .bind(sum(|progress| progress.tested))
        .bind(sum(|progress| progress.primes))
        .bind(&ids)
        .bind(&fractions)
        .bind(Json(&progress))
    };
    // A heartbeat that a crash forgets is one that got lost on the way: the next one comes long
    // before any deadline.
    let rows: Vec<OrderRow> = db.rows(Role::ServiceInPassing, beat).await?;

    let mut response = HeartbeatResponse {
        orders: Vec::new(),
        command: None,
    };
    for row in rows {
        match row {
            (Some(id), Some(verdict), seconds, _) => {
                let order = match verdict.as_str() {
                    "continue" => Order::Continue,
                    "stop" => Order::Stop,
                    "abandon" => Order::Abandon,
                    other => return Err(DbError::Internal(format!("order {other}"))),
                };
                response.orders.push(AssignmentOrder {
                    id,
                    order,
                    lease_seconds: seconds.map(whole_seconds),
                });
            }
            (.., command) => response.command = command,
        }
    }
    Ok(response)
}

/// Stores the newest checkpoint of an assignment.
///
/// # Errors
/// [`DbError::NotLeased`]; [`DbError::Invalid`] when this node's checkpoints take too much room.
pub async fn put_checkpoint(
    db: &Db,
    node: &str,
    assignment: i64,
    bytes: &[u8],
) -> Result<(), DbError> {
    let put = || {
        sqlx::query("SELECT put_checkpoint($1, $2, $3)")
            .bind(node)
            .bind(assignment)
            .bind(bytes)
    };
    db.execute(Role::Service, put).await
}

/// The checkpoint from which an assignment is to go on.
///
/// # Errors
/// [`DbError::NotLeased`]; [`DbError::NotFound`] where there is none.
pub async fn get_checkpoint(db: &Db, node: &str, assignment: i64) -> Result<Vec<u8>, DbError> {
    let find = || {
        sqlx::query_as(
            "SELECT c.bytes FROM assignments AS a LEFT JOIN LATERAL block_checkpoint(a.block_id) AS c ON true
             WHERE a.id = $1 AND a.node_id = $2 AND a.status = 'live'",
        )
        .bind(assignment)
        .bind(node)
    };
    let row: Option<(Option<Vec<u8>>,)> = db.row(Role::Service, find).await?;
    let (bytes,) = row.ok_or(DbError::NotLeased)?;
    bytes.ok_or(DbError::NotFound("checkpoint"))
}

/// Takes a lease back; the block becomes available. A failure counts against block and node.
///
/// # Errors
/// [`DbError::NotLeased`].
pub async fn release(
    db: &Db,
    node: &str,
    assignment: i64,
    request: &ReleaseRequest,
) -> Result<(), DbError> {
    let detail = request.detail.as_deref();
    let release = || {
        sqlx::query("SELECT release_assignment($1, $2, $3, $4)")
            .bind(node)
            .bind(assignment)
            .bind(request.reason == ReleaseReason::Failed)
            .bind(detail.map(|text| text.replace('\0', " ")))
    };
    db.execute(Role::Service, release).await
}

/// Ends every lease whose deadline has passed. Returns how many blocks became available. Several
/// processes may call it at once.
///
/// # Errors
/// [`DbError`].
pub async fn reclaim_stale(db: &Db) -> Result<u64, DbError> {
    let reclaim = || sqlx::query_scalar("SELECT reclaim_stale_blocks($1)").bind(SILENCE_SECONDS);
    unsigned(db.scalar(Role::Service, reclaim).await?)
}
