//! Claiming: nothing twice, nobody in another's way, and no dearer for what is done already.

use std::collections::HashSet;

use darkreach_protocol::work::{ClaimRequest, NoWork};
use darkreach_server::db::{DbError, jobs, work};
use sqlx::{Connection, PgConnection};

use crate::bench::{Bench, scenarios};

scenarios! {
    claimers_at_once_never_get_the_same_block_and_together_get_all,
    the_index_refuses_a_second_live_lease_whatever_the_functions_do,
    an_open_claim_stands_in_nobodys_way,
    the_lowest_start_of_the_oldest_running_job_comes_first,
    blocks_of_paused_and_cancelled_jobs_are_not_handed_out,
    a_lease_whose_answer_was_lost_is_handed_out_again_first,
    nonsense_in_a_claim_is_refused_and_an_unknown_node_gets_nothing,
    a_claim_touches_no_finished_block,
}

fn wants(blocks: u32) -> ClaimRequest {
    ClaimRequest {
        max_blocks: blocks,
        holding: Vec::new(),
        speed: None,
    }
}

async fn claimers_at_once_never_get_the_same_block_and_together_get_all(bench: Bench) {
    let blocks = 600;
    let job = bench.job(blocks, 1).await;
    assert_eq!(job.blocks.total, blocks);
    let mut claimers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let node = format!("node-{number}");
        bench.register(&node).await;
        let db = bench.db.clone();
        claimers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                // Sizes differ, so that claims interleave; what it has it says, so that each
                // answer holds new blocks only.
                let mut request = wants(1 + number % 3);
                request.holding = mine.iter().map(|&(assignment, _)| assignment).collect();
                let answer = work::claim(&db, &node, &request).await.unwrap();
                if answer.assignments.is_empty() {
                    assert_eq!(answer.reason, Some(NoWork::AllBlocksTaken));
                    return mine;
                }
                mine.extend(
                    answer
                        .assignments
                        .iter()
                        .map(|lease| (lease.id, lease.block_id)),
                );
            }
        });
    }
    let claimed: Vec<(i64, i64)> = claimers.join_all().await.into_iter().flatten().collect();
    let distinct: HashSet<i64> = claimed.iter().map(|&(_, block)| block).collect();
    assert_eq!(claimed.len() as u64, blocks);
    assert_eq!(distinct.len() as u64, blocks);
    let live = "SELECT count(*) FROM assignments WHERE status = 'live'";
    assert_eq!(bench.value::<i64>(live).await as u64, blocks);
}

async fn the_index_refuses_a_second_live_lease_whatever_the_functions_do(bench: Bench) {
    bench.job(1, 1).await;
    bench.register("a").await;
    bench.claim("a", 1).await;
    let mut connection = bench.connect().await;
    let again =
        "INSERT INTO assignments (block_id, node_id) SELECT block_id, node_id FROM assignments";
    let error = sqlx::query(again)
        .execute(&mut connection)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("assignments_one_live"),
        "{error}"
    );
    // A lease that has ended is in nobody's way.
    sqlx::query("UPDATE assignments SET status = 'expired'")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query(again).execute(&mut connection).await.unwrap();
}

/// While one claim is still open, the next one of the same job gets the next block at once.
async fn an_open_claim_stands_in_nobodys_way(bench: Bench) {
    let job = bench.job(2, 1).await;
    let mut first = bench.connect().await;
    let mut second = bench.connect().await;
    sqlx::raw_sql("SET lock_timeout = '1ms'")
        .execute(&mut second)
        .await
        .unwrap();
    let mut open = first.begin().await.unwrap();
    let claim = "SELECT block_start FROM claim_work_block($1, $2)";
    let one: i64 = sqlx::query_scalar(claim)
        .bind(job.id)
        .bind("one")
        .fetch_one(&mut *open)
        .await
        .unwrap();
    let two: i64 = sqlx::query_scalar(claim)
        .bind(job.id)
        .bind("two")
        .fetch_one(&mut second)
        .await
        .unwrap();
    assert_eq!((one, two), (1, 2));
    open.rollback().await.unwrap();
    // What was not committed is available again.
    let again: i64 = sqlx::query_scalar(claim)
        .bind(job.id)
        .bind("two")
        .fetch_one(&mut second)
        .await
        .unwrap();
    assert_eq!(again, 1);
}

async fn the_lowest_start_of_the_oldest_running_job_comes_first(bench: Bench) {
    let first = bench.job(3, 1).await;
    let second = bench.job(2, 1).await;
    bench.register("a").await;
    let starts: Vec<(i64, u64)> = bench
        .claim("a", 64)
        .await
        .iter()
        .map(|lease| (lease.job_id, lease.spec.range.start))
        .collect();
    let expected = [
        (first.id, 1),
        (first.id, 2),
        (first.id, 3),
        (second.id, 1),
        (second.id, 2),
    ];
    assert_eq!(starts, expected);
}

async fn blocks_of_paused_and_cancelled_jobs_are_not_handed_out(bench: Bench) {
    bench.register("a").await;
    let job = bench.job(4, 1).await;
    jobs::pause(&bench.db, job.id).await.unwrap();
    let answer = work::claim(&bench.db, "a", &wants(4)).await.unwrap();
    assert_eq!(answer.reason, Some(NoWork::NoRunningJob));
    assert!(answer.retry_after_seconds.is_some());
    jobs::resume(&bench.db, job.id).await.unwrap();
    assert_eq!(bench.claim("a", 1).await.len(), 1);
    jobs::cancel(&bench.db, job.id).await.unwrap();
    assert!(bench.claim("a", 4).await.is_empty());
    let mut connection = bench.connect().await;
    let direct: Option<i64> = sqlx::query_scalar("SELECT id FROM claim_work_block($1, 'a')")
        .bind(job.id)
        .fetch_optional(&mut connection)
        .await
        .unwrap();
    assert_eq!(direct, None);
}

async fn a_lease_whose_answer_was_lost_is_handed_out_again_first(bench: Bench) {
    bench.register("a").await;
    bench.job(4, 1).await;
    let lost = bench.claim("a", 2).await;
    let answer = work::claim(&bench.db, "a", &wants(3))
        .await
        .unwrap()
        .assignments;
    let ids: Vec<i64> = answer.iter().map(|lease| lease.id).collect();
    assert_eq!(ids[..2], [lost[0].id, lost[1].id]);
    assert_eq!(ids.len(), 3);
    assert_eq!(answer[2].spec.range.start, 3);
    // One that it names is not sent twice.
    let known = bench.claim_holding("a", 1, lost[1].id..=i64::MAX).await;
    assert_eq!(known[0].id, lost[0].id);
}

async fn nonsense_in_a_claim_is_refused_and_an_unknown_node_gets_nothing(bench: Bench) {
    bench.register("a").await;
    bench.job(4, 1).await;
    for blocks in [0, 65] {
        let error = work::claim(&bench.db, "a", &wants(blocks))
            .await
            .unwrap_err();
        assert!(matches!(error, DbError::Invalid(_)), "{error}");
    }
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let request = ClaimRequest {
            speed: Some(speed),
            ..wants(1)
        };
        let error = work::claim(&bench.db, "a", &request).await.unwrap_err();
        assert!(matches!(error, DbError::Invalid(_)), "{error}");
    }
    let error = work::claim(&bench.db, "nobody", &wants(1))
        .await
        .unwrap_err();
    assert!(matches!(error, DbError::NotFound("node")), "{error}");
    assert_eq!(
        bench.value::<i64>("SELECT count(*) FROM assignments").await,
        0
    );
}

/// Known from the field: a claim that walks past everything done. The plan of the very query in
/// `claim_work_block` is taken as it runs, over 150,000 finished blocks.
async fn a_claim_touches_no_finished_block(bench: Bench) {
    let job = bench.job(20, 1).await;
    let mut connection = bench.connect().await;
    sqlx::raw_sql(
        "INSERT INTO work_blocks (search_job_id, block_start, block_end, status)
         SELECT max(id), s, s + 1, 'validated' FROM search_jobs, generate_series(1000, 150999) AS s GROUP BY s;
         UPDATE work_blocks SET block_start = block_start + 1000000, block_end = block_end + 1000000
         WHERE status = 'available';
         ANALYZE work_blocks;",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let visited = visited_by_claim(&mut connection, job.id).await;
    assert!(visited < 60, "{visited} pages");

    // Without the index of what is available the same walks through everything: the measure works.
    sqlx::raw_sql("DROP INDEX work_blocks_available")
        .execute(&mut connection)
        .await
        .unwrap();
    let visited = visited_by_claim(&mut connection, job.id).await;
    assert!(visited > 1000, "{visited} pages");
}

/// Pages read to find, lock and mark one block, in a session that knows the catalog already.
async fn visited_by_claim(connection: &mut PgConnection, job: i64) -> i64 {
    // Plans are cached per session; a dropped index must not be hidden by that.
    sqlx::raw_sql("DISCARD PLANS")
        .execute(&mut *connection)
        .await
        .unwrap();
    let mut visited = 0;
    for _ in 0..2 {
        let plan: serde_json::Value = sqlx::query_scalar(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON, TIMING OFF) SELECT * FROM claim_work_block(1, 'walker')",
        )
        .fetch_one(&mut *connection)
        .await
        .unwrap();
        assert_eq!(job, 1);
        let root = &plan[0]["Plan"];
        assert_eq!(root["Actual Rows"].as_f64(), Some(1.0));
        visited = root["Shared Hit Blocks"].as_i64().unwrap()
            + root["Shared Read Blocks"].as_i64().unwrap();
    }
    visited
}
