//! Anything in any order: thousands of random operations of several nodes and a maintainer, and
//! after them the books must balance. The seed is printed; the checks are tried on planted faults.

use darkreach_protocol::work::{ReleaseReason, ReleaseRequest};
use darkreach_server::db::{Db, DbError, jobs, results, work};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::bench::{Bench, heartbeat, nonsense, report, scenarios};

scenarios! {
    the_books_balance_after_anything_in_any_order,
    the_books_check_sees_planted_faults,
}

/// What must never be, each with a name.
const FAULTS: &str = "
    SELECT coalesce(string_agg(fault, ', '), '') FROM (
        SELECT 'leased block without a live lease' WHERE EXISTS (
            SELECT FROM work_blocks AS b WHERE b.status = 'leased' AND NOT EXISTS (
                SELECT FROM assignments AS a WHERE a.block_id = b.id AND a.status = 'live'))
        UNION ALL
        SELECT 'live lease of a block that is not leased' WHERE EXISTS (
            SELECT FROM assignments AS a JOIN work_blocks AS b ON b.id = a.block_id
            WHERE a.status = 'live' AND b.status <> 'leased')
        UNION ALL
        SELECT 'two live leases of a block' WHERE EXISTS (
            SELECT FROM assignments WHERE status = 'live' GROUP BY block_id HAVING count(*) > 1)
        UNION ALL
        SELECT 'holder and lease differ' WHERE EXISTS (
            SELECT FROM assignments AS a JOIN work_blocks AS b ON b.id = a.block_id
            WHERE a.status = 'live' AND b.claimed_by IS DISTINCT FROM a.node_id)
        UNION ALL
        SELECT 'block and result differ' WHERE EXISTS (
            SELECT FROM work_blocks AS b WHERE b.status IN ('reported', 'validated')
              AND 1 <> (SELECT count(*) FROM results AS r WHERE r.block_id = b.id AND r.status = b.status))
        UNION ALL
        SELECT 'result without its block' WHERE EXISTS (
            SELECT FROM results AS r JOIN work_blocks AS b ON b.id = r.block_id
            WHERE r.status IN ('reported', 'validated') AND b.status <> r.status)
        UNION ALL
        SELECT 'totals of a job differ from its results' WHERE EXISTS (
            SELECT FROM search_jobs AS j WHERE (j.total_candidates, j.total_tested, j.total_found, j.blocks_validated)
              IS DISTINCT FROM (SELECT (coalesce(sum(candidates), 0)::bigint, coalesce(sum(tested), 0)::bigint, coalesce(sum(primes_found), 0)::bigint, count(*))
                                FROM results AS r WHERE r.job_id = j.id AND r.status = 'validated'))
        UNION ALL
        SELECT 'counts of a job differ from its blocks' WHERE EXISTS (
            SELECT FROM job_overview AS j
            WHERE (j.blocks, j.available, j.leased, j.reported, j.validated, j.failed, j.cancelled, j.covered) IS DISTINCT FROM (
                SELECT (count(*), count(*) FILTER (WHERE status = 'available'), count(*) FILTER (WHERE status = 'leased'),
                        count(*) FILTER (WHERE status = 'reported'), count(*) FILTER (WHERE status = 'validated'),
                        count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'),
                        NOT EXISTS (SELECT FROM job_coverage(j.id)))
                FROM work_blocks AS b WHERE b.search_job_id = j.id))
        UNION ALL
        SELECT 'job ended early' WHERE EXISTS (
            SELECT FROM search_jobs AS j JOIN work_blocks AS b ON b.search_job_id = j.id
            WHERE j.status = 'validated' AND b.status <> 'validated')
        UNION ALL
        SELECT 'job not ended' WHERE EXISTS (
            SELECT FROM search_jobs AS j WHERE j.status IN ('running', 'paused') AND NOT EXISTS (
                SELECT FROM work_blocks AS b WHERE b.search_job_id = j.id AND b.status <> 'validated'))
        UNION ALL
        SELECT 'not covered' WHERE EXISTS (SELECT FROM search_jobs AS j, job_coverage(j.id))
        UNION ALL
        SELECT 'credit and validated blocks differ' WHERE EXISTS (
            SELECT FROM work_blocks AS b FULL JOIN operator_credits AS c ON c.block_id = b.id
            WHERE (b.status = 'validated') IS DISTINCT FROM (c.id IS NOT NULL))
        UNION ALL
        SELECT 'checkpoint of a finished block' WHERE EXISTS (
            SELECT FROM checkpoints AS c JOIN work_blocks AS b ON b.id = c.block_id WHERE b.status = 'validated')
    ) AS f (fault)";

/// One random step of a node or of the maintainer. What may fail is refused in the documented
/// ways; anything else ends the test.
async fn step(
    db: &Db,
    random: &mut StdRng,
    node: &str,
    held: &mut Vec<darkreach_protocol::work::Assignment>,
    job: i64,
) {
    let pick = (!held.is_empty()).then(|| random.random_range(0..held.len()));
    let answer = match (random.random_range(0..20), pick) {
        (0..=5, _) | (6..=14, None) => {
            let holding = held.iter().map(|lease| lease.id).collect();
            let request = darkreach_protocol::work::ClaimRequest {
                max_blocks: random.random_range(1..4),
                holding,
                speed: None,
            };
            work::claim(db, node, &request)
                .await
                .map(|answer| held.extend(answer.assignments))
        }
        (6..=8, Some(_)) => {
            let beat: Vec<(i64, f64)> = held.iter().map(|lease| (lease.id, 0.5)).collect();
            work::heartbeat(db, node, &heartbeat(&beat)).await.map(drop)
        }
        (9..=11, Some(pick)) => {
            let lease = held.swap_remove(pick);
            results::store(db, node, lease.id, &report(&lease.spec))
                .await
                .map(drop)
        }
        (12, Some(pick)) => {
            let lease = held.swap_remove(pick);
            results::store(db, node, lease.id, &nonsense())
                .await
                .map(drop)
        }
        (13, Some(pick)) => work::put_checkpoint(db, node, held[pick].id, b"state").await,
        (14, Some(pick)) => {
            let lease = held.swap_remove(pick);
            let reason = if random.random() {
                ReleaseReason::Failed
            } else {
                ReleaseReason::Shutdown
            };
            work::release(
                db,
                node,
                lease.id,
                &ReleaseRequest {
                    reason,
                    detail: None,
                },
            )
            .await
        }
        (15, _) => work::reclaim_stale(db).await.map(drop),
        // The worker lost its memory.
        (16, _) => {
            held.clear();
            Ok(())
        }
        (17, _) => jobs::pause(db, job).await.map(drop),
        (18, _) => jobs::resume(db, job).await.map(drop),
        (_, _) => check(db, random.random()).await,
    };
    match answer {
        Ok(()) | Err(DbError::NotLeased | DbError::Invalid(_) | DbError::ResultConflict) => {}
        Err(error) => panic!("{error}: {error:?}"),
    }
}

/// Takes one result and judges it.
async fn check(db: &Db, twice: bool) -> Result<(), DbError> {
    let Some(unchecked) = results::next_unchecked(db).await? else {
        return Ok(());
    };
    let verdict =
        darkreach_primes::search::report::check(&unchecked.spec, &unchecked.report, &mut |_| {
            Vec::new()
        });
    for _ in 0..=u8::from(twice) {
        match &verdict {
            Ok(checked) => results::accept(db, unchecked.result_id, checked).await?,
            Err(rejection) => results::reject(db, unchecked.result_id, rejection).await?,
        }
    }
    Ok(())
}

async fn the_books_balance_after_anything_in_any_order(bench: Bench) {
    // Leases that end at once, so that everything comes late at times.
    bench
        .sql("UPDATE work_settings SET min_lease_seconds = 0.001, max_lease_seconds = 0.002")
        .await;
    let seed = 20_261_121;
    println!("seed {seed}");
    let job = bench.job(40, 1).await.id;
    bench.job(30, 2).await;
    let given_up = bench.job(20, 1).await.id;
    let mut nodes = tokio::task::JoinSet::new();
    for number in 0..4 {
        let node = format!("node-{number}");
        bench.register(&node).await;
        let db = bench.db.clone();
        let mut random = StdRng::seed_from_u64(seed + number);
        nodes.spawn(async move {
            let mut held = Vec::new();
            for _ in 0..250 {
                step(&db, &mut random, &node, &mut held, job).await;
            }
        });
    }
    nodes.join_all().await;
    assert_eq!(bench.value::<String>(FAULTS).await, "");
    // A cancelled job is counted another way; what was reported of it is still judged below.
    jobs::cancel(&bench.db, given_up).await.unwrap();
    assert_eq!(bench.value::<String>(FAULTS).await, "");

    // And from wherever that led, honest work finishes what did not fail for good.
    bench
        .sql("UPDATE work_settings SET min_lease_seconds = 600, max_lease_seconds = 6000")
        .await;
    bench
        .sql("UPDATE work_blocks SET status = 'available', failures = 0 WHERE status = 'failed'")
        .await;
    bench.sql("DELETE FROM work_block_failures").await;
    bench
        .sql("UPDATE work_blocks SET lease_deadline = now() WHERE status = 'leased'")
        .await;
    bench
        .sql("UPDATE results SET checking_since = NULL WHERE status = 'reported'")
        .await;
    while let Some(unchecked) = results::next_unchecked(&bench.db).await.unwrap() {
        let verdict = darkreach_primes::search::report::check(
            &unchecked.spec,
            &unchecked.report,
            &mut |_| Vec::new(),
        );
        match verdict {
            Ok(checked) => results::accept(&bench.db, unchecked.result_id, &checked)
                .await
                .unwrap(),
            Err(rejection) => results::reject(&bench.db, unchecked.result_id, &rejection)
                .await
                .unwrap(),
        }
    }
    // A job that was ended already cannot be resumed; that is as it should be.
    let _ = jobs::resume(&bench.db, job).await;
    work::reclaim_stale(&bench.db).await.unwrap();
    bench.register("honest").await;
    loop {
        let leases = bench.claim("honest", 64).await;
        if leases.is_empty() {
            break;
        }
        for lease in &leases {
            bench.report("honest", lease).await.unwrap();
        }
        bench.check_all().await;
    }
    assert_eq!(bench.value::<String>(FAULTS).await, "");
    for job in jobs::list(&bench.db, None, 10).await.unwrap().items {
        if job.id == given_up {
            assert_eq!(job.status, darkreach_protocol::read::JobStatus::Cancelled);
            continue;
        }
        assert_eq!(
            job.status,
            darkreach_protocol::read::JobStatus::Validated,
            "{job:?}"
        );
        assert_eq!(job.candidates, job.spec.range.end - job.spec.range.start);
    }
}

async fn the_books_check_sees_planted_faults(bench: Bench) {
    bench.register("a").await;
    bench.job(8, 1).await;
    let leases = bench.claim("a", 5).await;
    for lease in &leases[..3] {
        bench.report("a", lease).await.unwrap();
    }
    bench.check_all().await;
    bench.report("a", &leases[3]).await.unwrap();
    work::put_checkpoint(&bench.db, "a", leases[4].id, b"state")
        .await
        .unwrap();
    assert_eq!(bench.value::<String>(FAULTS).await, "");
    let faults = [
        (
            "leased block without",
            "UPDATE assignments SET status = 'expired' WHERE status = 'live'",
        ),
        (
            "live lease of a block",
            "ALTER TABLE work_blocks DISABLE TRIGGER ALL; UPDATE work_blocks SET status = 'available' WHERE status = 'leased'",
        ),
        (
            "two live leases",
            "DROP INDEX assignments_one_live; INSERT INTO assignments (block_id, node_id) SELECT block_id, node_id FROM assignments WHERE status = 'live'",
        ),
        (
            "holder and lease",
            "UPDATE work_blocks SET claimed_by = NULL WHERE status = 'leased'",
        ),
        (
            "block and result",
            "UPDATE work_blocks SET status = 'validated' WHERE status = 'available'",
        ),
        (
            "result without its block",
            "UPDATE work_blocks SET status = 'available' WHERE status = 'reported'",
        ),
        (
            "totals of a job",
            "UPDATE search_jobs SET total_tested = total_tested + 1",
        ),
        (
            "counts of a job",
            "UPDATE search_jobs SET blocks_total = blocks_total + 1",
        ),
        (
            "counts of a job",
            "ALTER TABLE work_blocks DISABLE TRIGGER USER; UPDATE work_blocks SET status = 'available' WHERE status = 'validated'",
        ),
        (
            "job ended early",
            "UPDATE search_jobs SET status = 'validated'",
        ),
        (
            "job not ended",
            "DELETE FROM work_blocks WHERE status = 'available'; UPDATE work_blocks SET status = 'validated'",
        ),
        (
            "not covered",
            "DELETE FROM work_blocks WHERE status = 'available'",
        ),
        ("credit and validated", "DELETE FROM operator_credits"),
        (
            "checkpoint of a finished",
            "UPDATE checkpoints SET block_id = (SELECT min(block_id) FROM results WHERE status = 'validated')",
        ),
    ];
    for (name, fault) in faults {
        let mut connection = bench.connect().await;
        let mut tx = sqlx::Connection::begin(&mut connection).await.unwrap();
        sqlx::raw_sql(fault).execute(&mut *tx).await.unwrap();
        let found: String = sqlx::query_scalar(FAULTS)
            .fetch_one(&mut *tx)
            .await
            .unwrap();
        assert!(found.contains(name), "{name}: {found:?}");
        tx.rollback().await.unwrap();
    }
}
