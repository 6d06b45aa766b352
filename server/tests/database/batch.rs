//! Many reports in one statement: each gets the answer, and leaves the rows, that it would have got
//! and left alone.

use darkreach_protocol::work::{Receipt, ResultReport};
use darkreach_server::db::{DbError, results, work};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use uuid::Uuid;

use crate::bench::{Bench, nonsense, scenarios};

scenarios! {
    a_batch_answers_and_stores_what_one_by_one_does,
    a_malformed_report_is_refused_alone,
    a_batch_of_nothing_is_nothing,
}

/// Two databases that go through the same history end with the same numbers everywhere.
async fn prepare(bench: &Bench, seed: u64) -> Vec<i64> {
    let mut random = StdRng::seed_from_u64(seed);
    bench.register("a").await;
    bench.register("b").await;
    let job = bench.job(24, 1).await;
    let mut leases = bench.claim("a", 16).await;
    leases.extend(bench.claim("b", 4).await);
    // Some run out; of those some are taken by the other node.
    for lease in &leases {
        if random.random_ratio(1, 3) {
            bench.reclaim(lease).await;
        }
    }
    for _ in 0..random.random_range(0..3) {
        leases.extend(bench.claim_holding("b", 2, i64::MIN..=i64::MAX).await);
    }
    if random.random_ratio(1, 4) {
        bench
            .sql(&format!("SELECT set_job_status({}, 'cancelled')", job.id))
            .await;
    }
    let mut ids: Vec<i64> = leases.iter().map(|lease| lease.id).collect();
    ids.push(999_999);
    ids
}

/// What the tables say, without moments.
const ROWS: &str = "
    SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT format('result %s %s %s %s %s %s %s %s', assignment_id, block_id, job_id, replica, node_id, key, status,
                      encode(digest, 'hex')) FROM results
        UNION ALL
        SELECT format('lease %s %s %s %s', id, node_id, status, ended_at IS NULL) FROM assignments
        UNION ALL
        SELECT format('block %s %s %s %s %s', id, status, claimed_by, lease_deadline IS NULL, progress) FROM work_blocks
        UNION ALL
        SELECT format('node %s %s', node_id, first_reported_at IS NULL) FROM operator_nodes
        UNION ALL
        SELECT format('job %s %s %s %s %s', id, available, leased, reported, cancelled) FROM job_overview
    ) AS lines (line)";

fn in_words(answer: &Result<Receipt, DbError>) -> String {
    match answer {
        Ok(receipt) => format!("{}", receipt.key),
        Err(error) => error.to_string(),
    }
}

/// Random mixes: new reports, late ones, repeats with the same and with other content, keys of other
/// reports, foreign and unknown assignments; a first batch, and a second one that meets its traces.
async fn a_batch_answers_and_stores_what_one_by_one_does(bench: Bench) {
    let seed = 20_261_122;
    println!("seed {seed}");
    let mut stored = 0;
    for round in 0..12 {
        let (single, batched) = (bench.cluster.bench().await, bench.cluster.bench().await);
        let ids = prepare(&single, seed + round).await;
        assert_eq!(ids, prepare(&batched, seed + round).await);
        let mut random = StdRng::seed_from_u64(seed + round);
        let mut sent: Vec<(i64, ResultReport)> = Vec::new();
        for node in ["a", "b", "a"] {
            let mut batch: Vec<(i64, ResultReport)> = Vec::new();
            for _ in 0..random.random_range(1..16) {
                let known: Vec<_> = sent.iter().chain(&batch).cloned().collect();
                let id = *ids.choose(&mut random).unwrap();
                batch.push(
                    match (random.random_range(0..10), known.choose(&mut random)) {
                        (0 | 1, Some(again)) => again.clone(),
                        (2, Some((id, report))) => {
                            let mut changed = report.clone();
                            changed.ledger.push(0);
                            (*id, changed)
                        }
                        (3, Some((_, report))) => (id, report.clone()),
                        (4, Some((id, _))) => (*id, nonsense()),
                        _ => (id, nonsense()),
                    },
                );
            }
            let together = results::store_many(&batched.db, node, &batch)
                .await
                .unwrap();
            assert_eq!(together.len(), batch.len());
            for ((id, report), answer) in batch.iter().zip(&together) {
                let alone = results::store(&single.db, node, *id, report).await;
                assert_eq!(in_words(answer), in_words(&alone), "round {round}, {id}");
                stored += i32::from(alone.is_ok());
            }
            sent.extend(batch);
            let rows: (String, String) = (single.value(ROWS).await, batched.value(ROWS).await);
            assert_eq!(rows.0, rows.1, "round {round}");
        }
    }
    assert!(stored > 30, "{stored} of the reports were taken");
}

async fn a_malformed_report_is_refused_alone(bench: Bench) {
    bench.register("a").await;
    bench.job(3, 1).await;
    let leases = bench.claim("a", 3).await;
    let mut batch: Vec<_> = leases.iter().map(|lease| (lease.id, nonsense())).collect();
    batch[1].1.cpu_seconds = f64::NAN;
    let answers = results::store_many(&bench.db, "a", &batch).await.unwrap();
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(
        matches!(answers[1], Err(DbError::Invalid(_))),
        "{answers:?}"
    );
    assert_eq!(bench.block_status(&leases[1]).await, "leased");
    // In one statement of a client of its own, nothing of a malformed batch stays.
    let direct = format!(
        "SELECT * FROM store_results('a', ARRAY[{}], ARRAY['{}'::uuid], '{{x}}', ARRAY['[]'::jsonb], '{{short}}', '{{0.1.0}}', '{{1}}', '{{1}}')",
        leases[1].id,
        Uuid::new_v4()
    );
    let mut connection = bench.connect().await;
    let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(direct))
        .execute(&mut connection)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("results_digest_check"),
        "{refused}"
    );
    assert_eq!(bench.value::<i64>("SELECT count(*) FROM results").await, 2);
}

async fn a_batch_of_nothing_is_nothing(bench: Bench) {
    bench.register("a").await;
    let answers = results::store_many(&bench.db, "a", &[]).await.unwrap();
    assert!(answers.is_empty());
    assert_eq!(work::reclaim_stale(&bench.db).await.unwrap(), 0);
}
