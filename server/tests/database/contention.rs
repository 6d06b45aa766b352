//! Transactions that are in each other's way: broken off by PostgreSQL, tried again by us, and in
//! the end reported as what they are.

use darkreach_server::db::{Db, DbError, jobs, workers};
use sqlx::Connection;

use crate::bench::{Bench, scenarios};

scenarios! {
    a_deadlock_is_resolved_by_trying_again,
    a_serialization_failure_is_tried_five_times_and_then_said,
}

/// A maintainer's SQL locks blocks in another order than our functions do; cancelling the job meets
/// it half-way, is broken off, and succeeds when the other one is done.
async fn a_deadlock_is_resolved_by_trying_again(bench: Bench) {
    let job = bench.job(2, 1).await;
    // Ours notices at once, the other one never: so ours is the one that is broken off.
    bench
        .sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''5ms''', current_database()); END $$")
        .await;
    let db = Db::connect(bench.app.clone(), 2).await.unwrap();
    let mut maintainer = bench.connect().await;
    sqlx::raw_sql("SET deadlock_timeout = '1h'")
        .execute(&mut maintainer)
        .await
        .unwrap();
    let mut watcher = bench.connect().await;
    let mut tx = maintainer.begin().await.unwrap();
    let lock = "SELECT id FROM work_blocks WHERE block_start = $1 FOR UPDATE";
    sqlx::query(lock)
        .bind(2_i64)
        .execute(&mut *tx)
        .await
        .unwrap();
    let cancelling = tokio::spawn(async move { jobs::cancel(&db, job.id).await });
    // Until ours has the first block and waits for the second one.
    loop {
        let waiting: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
                .fetch_one(&mut watcher)
                .await
                .unwrap();
        if waiting {
            break;
        }
        tokio::task::yield_now().await;
    }
    sqlx::query(lock)
        .bind(1_i64)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let cancelled = cancelling.await.unwrap().unwrap();
    assert_eq!(cancelled.blocks.available, 0);
    let broken: i64 = bench
        .value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        .await;
    assert_eq!(broken, 1, "the fault was there");
}

/// A table whose rows break every transaction off that writes to it, the first so many times. A
/// sequence counts them, since it does not roll back.
async fn plant(bench: &Bench, failures: i64) {
    bench
        .sql(&format!(
            "DROP SEQUENCE IF EXISTS tries CASCADE; CREATE SEQUENCE tries; GRANT USAGE ON tries TO service_role;
             CREATE OR REPLACE FUNCTION break_off() RETURNS TRIGGER LANGUAGE plpgsql SET search_path = public AS $$
             BEGIN
                 IF nextval('tries') <= {failures} THEN
                     RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE OR REPLACE TRIGGER break_off BEFORE INSERT ON workers FOR EACH ROW EXECUTE FUNCTION break_off()"
        ))
        .await;
}

async fn a_serialization_failure_is_tried_five_times_and_then_said(bench: Bench) {
    let beat = [workers::Heartbeat {
        worker_id: "w",
        cores: Some(1),
        search_type: None,
        tested: 0,
        found: 0,
    }];
    let tries = "SELECT last_value FROM tries";
    plant(&bench, 4).await;
    assert_eq!(workers::heartbeats(&bench.db, &beat).await.unwrap(), []);
    assert_eq!(bench.value::<i64>(tries).await, 5);
    bench.sql("DELETE FROM workers").await;

    plant(&bench, 1000).await;
    let refused = workers::heartbeats(&bench.db, &beat).await.unwrap_err();
    assert!(matches!(refused, DbError::Contended(_)), "{refused:?}");
    assert!(!refused.to_string().contains("serialize"), "{refused}");
    assert_eq!(bench.value::<i64>(tries).await, 5);
    assert_eq!(bench.value::<i64>("SELECT count(*) FROM workers").await, 0);
}
