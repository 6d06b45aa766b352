//! Many at once: sixteen claimers over ten thousand blocks, batches, and results without evidence,
//! which count only when two operators agree.

use std::collections::HashSet;

use darkreach_server::db::operators;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::bench::{Bench, scenarios};

scenarios! {
    sixteen_claimers_get_every_block_once_and_none_hears_no_work_while_there_is_some,
    a_batch_takes_the_lowest_free_blocks_and_locks_nothing_else,
    without_evidence_two_operators_must_agree,
}

const CLAIMERS: usize = 16;
const BLOCKS: i64 = 10_000;

/// A running job of so many blocks of one value each.
async fn bare_job(bench: &Bench, blocks: i64) {
    bench
        .sql(&format!(
            "SELECT create_search_job('kbn', '{{}}', 0, {blocks}, 1, array_fill(1.0::float8, ARRAY[{blocks}]))"
        ))
        .await;
}

async fn sixteen_claimers_get_every_block_once_and_none_hears_no_work_while_there_is_some(
    bench: Bench,
) {
    bare_job(&bench, BLOCKS).await;
    let claimers = (0..CLAIMERS).map(|claimer| {
        let owner = bench.owner.clone();
        tokio::spawn(async move {
            let mut connection = PgConnection::connect_with(&owner).await.unwrap();
            let name = format!("claimer-{claimer:02}");
            let mut mine = Vec::new();
            loop {
                // One by one and in batches, mixed.
                let claim = if mine.len() % 7 == claimer % 7 {
                    "SELECT id FROM claim_work_blocks(1, $1, 5)"
                } else {
                    "SELECT id FROM claim_work_block(1, $1)"
                };
                let got: Vec<i64> = sqlx::query_scalar(claim)
                    .bind(&name)
                    .fetch_all(&mut connection)
                    .await
                    .unwrap();
                if got.is_empty() {
                    // Nothing comes back in this test, so what is free now was free then.
                    let free: Vec<i64> = sqlx::query_scalar(
                        "SELECT id FROM work_blocks WHERE status = 'available' FOR UPDATE SKIP LOCKED",
                    )
                    .fetch_all(&mut connection)
                    .await
                    .unwrap();
                    assert_eq!(free, Vec::<i64>::new(), "{name} was told there is no work");
                    return mine;
                }
                mine.extend(got);
            }
        })
    });
    let claimers: Vec<_> = claimers.collect();
    let mut all = Vec::new();
    for claimer in claimers {
        all.extend(claimer.await.unwrap());
    }
    assert_eq!(all.len(), usize::try_from(BLOCKS).unwrap());
    assert_eq!(
        all.iter().collect::<HashSet<_>>().len(),
        all.len(),
        "a block twice"
    );
}

async fn a_batch_takes_the_lowest_free_blocks_and_locks_nothing_else(bench: Bench) {
    bare_job(&bench, 10).await;
    let (mut one, mut two) = (bench.connect().await, bench.connect().await);
    let claim = "SELECT block_start FROM claim_work_blocks(1, 'w', 3) ORDER BY 1";
    let mut open = one.begin().await.unwrap();
    let first: Vec<i64> = sqlx::query_scalar(claim)
        .fetch_all(&mut *open)
        .await
        .unwrap();
    // The same worker's row is not waited for: another one claims.
    let other = claim.replace("'w'", "'v'");
    let second: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(other.clone()))
        .fetch_all(&mut two)
        .await
        .unwrap();
    open.rollback().await.unwrap();
    let third: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(other))
        .fetch_all(&mut two)
        .await
        .unwrap();
    assert_eq!(
        (first, second, third),
        (vec![0, 1, 2], vec![3, 4, 5], vec![0, 1, 2])
    );
    bench.sql("SELECT set_job_status(1, 'paused')").await;
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM claim_work_blocks(1, 'w', 9)")
            .await,
        0
    );
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM claim_work_blocks(99, 'w', 9)")
            .await,
        0
    );
}

async fn without_evidence_two_operators_must_agree(bench: Bench) {
    let db = &bench.db;
    bare_job(&bench, 2).await;
    for (place, (node, operator)) in [("a1", 0), ("a2", 0), ("b1", 1), ("c1", 2)]
        .into_iter()
        .enumerate()
    {
        bench
            .register_from(node, &format!("192.0.2.{}", place + 1))
            .await
            .unwrap();
        let name = ["Ann", "Ben", "Cat"][operator];
        let known: Option<i64> = bench
            .value(&format!(
                "SELECT max(id) FROM operators WHERE name = '{name}'"
            ))
            .await;
        let id = match known {
            Some(id) => id,
            None => {
                let key_hash = [u8::try_from(operator).unwrap(); 32];
                let new = operators::NewOperator {
                    account: None,
                    name,
                    email: None,
                    key_hash,
                };
                operators::register(db, &new).await.unwrap()
            }
        };
        operators::attach_node(db, node, id).await.unwrap();
    }
    bench.register_from("stranger", "192.0.2.99").await.unwrap();
    let queued = async |node: &str| {
        bench
            .value::<i64>(&format!(
                "SELECT count(*) FROM claim_verification('{node}', 3600)"
            ))
            .await
    };
    let status = async |block: i64| {
        bench
            .value::<String>(&format!(
                "SELECT status FROM work_blocks WHERE id = {block}"
            ))
            .await
    };

    bench.sql("SELECT claim_work_blocks(1, 'a1', 2)").await;
    assert!(
        bench
            .value::<bool>("SELECT report_block_progress('a1', 1, 0.5, '{\"at\": 7}')")
            .await
    );
    assert!(
        !bench
            .value::<bool>("SELECT report_block_progress('b1', 1, 0.5)")
            .await,
        "not its block"
    );
    bench.sql("SELECT complete_work_block('a1', 1, 10, 1, sha256('x'), 1), complete_work_block('a1', 2, 10, 1, sha256('x'), 1)").await;
    assert_eq!(
        (status(1).await, status(2).await),
        ("reported".into(), "reported".into())
    );
    assert_eq!(
        bench
            .value::<i64>("SELECT total_tested FROM search_jobs")
            .await,
        0,
        "nothing counts yet"
    );

    // Neither the node itself, nor the same person's other one, nor nobody's.
    for node in ["a1", "a2", "stranger"] {
        assert_eq!(queued(node).await, 0, "{node}");
    }
    assert_eq!(queued("b1").await, 1);
    assert!(
        bench
            .value::<bool>("SELECT finish_verification('b1', 1, 10, 1, sha256('x'), 1)")
            .await
    );
    assert_eq!(status(1).await, "validated");
    // It disagrees about the second: a third opinion starts from nothing.
    assert_eq!(queued("b1").await, 1);
    assert!(
        !bench
            .value::<bool>("SELECT finish_verification('b1', 2, 10, 0, sha256('y'), 1)")
            .await
    );
    assert_eq!(status(2).await, "available");
    bench.sql("SELECT claim_work_block(1, 'c1')").await;
    bench
        .sql("SELECT complete_work_block('c1', 2, 10, 1, sha256('x'), 1)")
        .await;
    // A verifier that never answers loses its claim.
    assert_eq!(queued("b1").await, 1);
    assert_eq!(queued("a1").await, 0);
    bench
        .sql("UPDATE verification_queue SET deadline = now() WHERE status = 'claimed'")
        .await;
    assert_eq!(queued("a1").await, 1);
    assert!(
        bench
            .value::<bool>("SELECT finish_verification('a1', 2, 10, 1, sha256('x'), 1)")
            .await
    );
    let job: (String, i64, i64) =
        sqlx::query_as("SELECT status, total_tested, blocks_validated FROM search_jobs")
            .fetch_one(&mut bench.connect().await)
            .await
            .unwrap();
    assert_eq!(job, ("validated".to_owned(), 20, 2));
}
