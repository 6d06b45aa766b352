//! Transactions that are in each other's way: broken off by PostgreSQL, tried again by us, and in
//! the end reported as what they are. And connections that die or are given up half-way.

use darkreach_server::db::{Db, DbError, jobs, work, workers};
use sqlx::Connection;

use crate::bench::{Bench, scenarios};

scenarios! {
    a_deadlock_is_resolved_by_trying_again,
    a_serialization_failure_is_tried_five_times_and_then_said,
    connections_that_died_in_the_pool_are_replaced,
    an_operation_that_is_given_up_leaves_no_transaction_behind,
    a_refused_operation_keeps_its_connection,
}

/// Whether a session of this database waits for a lock.
const WAITING: &str = "SELECT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock')";

/// A maintainer's SQL locks blocks in another order than our functions do; cancelling the job meets
/// it half-way, is broken off, and succeeds when the other one is done.
async fn a_deadlock_is_resolved_by_trying_again(bench: Bench) {
    let job = bench.job(2, 1).await;
    // PostgreSQL looks for a deadlock once, when a session has waited for its timeout: ours for a
    // second, by when the other one waits too and has not looked yet. So ours is broken off.
    bench
        .sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''1s''', current_database()); END $$")
        .await;
    let db = Db::connect(bench.app.clone(), 2).await.unwrap();
    let mut maintainer = bench.connect().await;
    sqlx::raw_sql("SET deadlock_timeout = '60s'")
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
    // Until ours has the first block and waits for the second one. Only if ours is broken off then
    // can the other one have the first block as well.
    loop {
        let waiting: bool = sqlx::query_scalar(WAITING)
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

/// The sessions of the serving role in this database.
const SESSIONS: &str = "
    SELECT coalesce(string_agg(pid::text, ' ' ORDER BY pid), '') FROM pg_stat_activity
    WHERE datname = current_database() AND usename = 'ROLE'";

async fn connections_that_died_in_the_pool_are_replaced(bench: Bench) {
    let role: String = bench.app.get_username().to_owned();
    let sessions = SESSIONS.replace("ROLE", &role);
    let ask = || jobs::list(&bench.db, None, 1);
    for _ in 0..3 {
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        let before: String = bench.value(&sessions).await;
        assert_ne!(before, "");
        bench
            .sql(&format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = '{role}'"
            ))
            .await;
        ask().await.unwrap();
        bench.db.ping().await.unwrap();
        assert!(bench.db.login_is_bounded().await.unwrap());
        assert_ne!(bench.value::<String>(&sessions).await, before);
    }
}

async fn an_operation_that_is_given_up_leaves_no_transaction_behind(bench: Bench) {
    let job = bench.job(2, 1).await;
    let mut owner = bench.connect().await;
    let mut tx = owner.begin().await.unwrap();
    sqlx::query("SELECT FROM search_jobs FOR UPDATE")
        .execute(&mut *tx)
        .await
        .unwrap();
    {
        let pausing = jobs::pause(&bench.db, job.id);
        tokio::pin!(pausing);
        // It waits for the job; then nobody waits for it.
        loop {
            tokio::select! {
                done = &mut pausing => panic!("{done:?}"),
                waiting = bench.value::<bool>(WAITING) => if waiting { break },
            }
        }
    }
    tx.rollback().await.unwrap();
    for _ in 0..9 {
        jobs::list(&bench.db, None, 1).await.unwrap();
    }
    let resumed = jobs::resume(&bench.db, job.id).await.unwrap();
    assert_eq!(resumed.blocks.total, 2);
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    assert_eq!(bench.value::<i64>(open).await, 0);
}

async fn a_refused_operation_keeps_its_connection(bench: Bench) {
    let db = Db::connect(bench.app.clone(), 1).await.unwrap();
    let session = "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND state = 'idle' AND query = 'ROLLBACK'";
    let mut seen = Vec::new();
    for _ in 0..3 {
        let refused = work::get_checkpoint(&db, "nobody", 1).await;
        assert!(matches!(refused, Err(DbError::NotLeased)), "{refused:?}");
        let refused = workers::heartbeats(
            &db,
            &[workers::Heartbeat {
                worker_id: "",
                cores: None,
                search_type: None,
                tested: 0,
                found: 0,
            }],
        )
        .await;
        assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
        seen.push(bench.value::<String>(session).await);
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    db.close().await;
}
