//! Leases: how long they last, what extends and ends them, what a late node may still hand in, and
//! where a block goes on from.

use darkreach_protocol::work::{
    AssignmentProgress, CheckpointInfo, ClaimRequest, HeartbeatRequest, Order, ReleaseReason,
    ReleaseRequest,
};
use darkreach_server::db::{DbError, jobs, work};

use crate::bench::{Bench, heartbeat, scenarios};

scenarios! {
    a_long_block_gets_a_long_lease_and_reclaiming_honours_it,
    a_lease_without_a_deadline_ends_with_its_workers_silence,
    heartbeats_extend_by_what_remains_and_never_shorten,
    orders_for_paused_cancelled_reclaimed_and_foreign_leases,
    a_lease_that_slipped_into_a_cancelled_job_ends_with_its_next_heartbeat,
    a_lease_that_ran_out_goes_on_while_nobody_took_the_block,
    a_late_result_counts_while_the_block_is_free_and_not_once_it_is_anothers,
    whatever_takes_a_block_ends_its_lease,
    only_its_holder_reads_and_writes_a_leases_checkpoint,
    a_block_goes_on_from_its_newest_checkpoint_whoever_wrote_it,
    a_node_cannot_fill_the_disk_with_checkpoints,
    a_failing_block_is_left_to_others_and_after_many_failures_to_people,
    a_heartbeat_delivers_a_command_once_and_notes_the_worker,
}

fn released(reason: ReleaseReason) -> ReleaseRequest {
    ReleaseRequest {
        reason,
        detail: Some("told in a test".to_owned()),
    }
}

/// A ten-hour block was once given away after 130 seconds.
async fn a_long_block_gets_a_long_lease_and_reclaiming_honours_it(bench: Bench) {
    bench.register("slow").await;
    bench.job(3, 1).await;
    bench
        .sql("UPDATE work_blocks SET cost = 36000 WHERE block_start < 3")
        .await;
    let request = |speed| ClaimRequest {
        max_blocks: 1,
        holding: Vec::new(),
        speed: Some(speed),
    };
    let first = work::claim(&bench.db, "slow", &request(2.0))
        .await
        .unwrap()
        .assignments
        .remove(0);
    // Three times ten hours at double speed, and some slack.
    assert!(
        (54_000..54_000 + 3600).contains(&first.lease_seconds),
        "{first:?}"
    );

    bench
        .sql("UPDATE work_blocks SET claimed_at = now() - interval '130 seconds'")
        .await;
    let mut connection = bench.connect().await;
    let reclaimed: i64 = sqlx::query_scalar("SELECT reclaim_stale_blocks(60)")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(reclaimed, 0);
    assert_eq!(bench.block_status(&first).await, "leased");

    // The second block waits for the first: its lease counts both.
    let more = ClaimRequest {
        holding: vec![first.id],
        ..request(2.0)
    };
    let second = work::claim(&bench.db, "slow", &more)
        .await
        .unwrap()
        .assignments
        .remove(0);
    assert!(
        (108_000..108_000 + 3600).contains(&second.lease_seconds),
        "{second:?}"
    );
    // And a short one still has the least that every lease has.
    bench.register("quick").await;
    let short = bench.claim("quick", 1).await.remove(0);
    assert!((599..=600).contains(&short.lease_seconds), "{short:?}");
}

/// A lease taken with the bare function has no deadline; its worker's silence ends it.
async fn a_lease_without_a_deadline_ends_with_its_workers_silence(bench: Bench) {
    let job = bench.job(2, 1).await;
    bench
        .sql(&format!("SELECT claim_work_block({}, 'bare')", job.id))
        .await;
    let stale = "SELECT reclaim_stale_blocks(100)";
    assert_eq!(bench.value::<i64>(stale).await, 0);
    bench
        .sql(
            "UPDATE work_blocks SET claimed_at = now() - interval '101 s';
              UPDATE workers SET last_heartbeat = now() - interval '99 s'",
        )
        .await;
    assert_eq!(bench.value::<i64>(stale).await, 0);
    bench
        .sql("UPDATE workers SET last_heartbeat = now() - interval '101 s'")
        .await;
    assert_eq!(bench.value::<i64>(stale).await, 1);
}

async fn heartbeats_extend_by_what_remains_and_never_shorten(bench: Bench) {
    bench.register("a").await;
    bench.job(1, 1).await;
    bench.sql("UPDATE work_blocks SET cost = 9000").await;
    let request = ClaimRequest {
        max_blocks: 1,
        holding: Vec::new(),
        speed: Some(1.0),
    };
    let lease = work::claim(&bench.db, "a", &request)
        .await
        .unwrap()
        .assignments
        .remove(0);
    let seconds = async |fraction| {
        let beat = heartbeat(&[(lease.id, fraction)]);
        let orders = work::heartbeat(&bench.db, "a", &beat).await.unwrap().orders;
        assert_eq!(orders[0].order, Order::Continue);
        orders[0].lease_seconds.unwrap()
    };
    let promised = lease.lease_seconds;
    assert!(seconds(0.9).await + 60 > promised);
    bench.expire(&lease).await;
    let extended = seconds(0.5).await;
    assert!((13_500..14_000).contains(&extended), "{extended}");
    assert_eq!(work::reclaim_stale(&bench.db).await.unwrap(), 0);
    let progress: f64 = bench.value("SELECT progress FROM work_blocks").await;
    assert!((progress - 0.5).abs() < 1e-9);
}

async fn orders_for_paused_cancelled_reclaimed_and_foreign_leases(bench: Bench) {
    for node in ["a", "b"] {
        bench.register(node).await;
    }
    let job = bench.job(3, 1).await;
    let leases = bench.claim("a", 2).await;
    let (first, second) = (&leases[0], &leases[1]);
    assert_eq!(bench.beat("a", first.id, 0.1).await, Order::Continue);
    assert_eq!(bench.beat("b", first.id, 0.1).await, Order::Abandon);
    assert_eq!(bench.beat("a", 4711, 0.1).await, Order::Abandon);

    jobs::pause(&bench.db, job.id).await.unwrap();
    assert_eq!(bench.beat("a", first.id, 0.2).await, Order::Stop);
    // It may save what it did and hand the block back.
    work::put_checkpoint(&bench.db, "a", first.id, b"so far")
        .await
        .unwrap();
    work::release(&bench.db, "a", first.id, &released(ReleaseReason::Ordered))
        .await
        .unwrap();
    assert_eq!(bench.block_status(first).await, "available");
    assert!(bench.claim("b", 3).await.is_empty());
    jobs::resume(&bench.db, job.id).await.unwrap();
    assert_eq!(bench.beat("a", second.id, 0.2).await, Order::Continue);

    // Reclaimed and given to another one.
    bench.reclaim(second).await;
    let others = bench.claim("b", 3).await;
    assert_eq!(others.len(), 3);
    assert_eq!(bench.beat("a", second.id, 0.3).await, Order::Abandon);
    assert_eq!(bench.beat("b", others[1].id, 0.3).await, Order::Continue);

    jobs::cancel(&bench.db, job.id).await.unwrap();
    assert_eq!(bench.beat("b", others[1].id, 0.4).await, Order::Abandon);
    let live: i64 = bench
        .value("SELECT count(*) FROM assignments WHERE status = 'live'")
        .await;
    assert_eq!(live, 0);
}

/// A claim that committed just after its job was cancelled.
async fn a_lease_that_slipped_into_a_cancelled_job_ends_with_its_next_heartbeat(bench: Bench) {
    bench.register("a").await;
    let job = bench.job(2, 1).await;
    let leases = bench.claim("a", 2).await;
    bench
        .sql(&format!(
            "UPDATE search_jobs SET status = 'cancelled' WHERE id = {}",
            job.id
        ))
        .await;
    assert_eq!(bench.beat("a", leases[0].id, 0.5).await, Order::Abandon);
    assert_eq!(bench.block_status(&leases[0]).await, "cancelled");
    // Or with its deadline; and then the block is not handed out again.
    bench.expire(&leases[1]).await;
    assert_eq!(work::reclaim_stale(&bench.db).await.unwrap(), 0);
    assert_eq!(bench.block_status(&leases[1]).await, "cancelled");
}

async fn a_lease_that_ran_out_goes_on_while_nobody_took_the_block(bench: Bench) {
    bench.register("sleeper").await;
    bench.register("other").await;
    bench.job(1, 1).await;
    let lease = bench.claim("sleeper", 1).await.remove(0);
    bench.reclaim(&lease).await;
    assert_eq!(bench.block_status(&lease).await, "available");
    assert_eq!(bench.beat("sleeper", lease.id, 0.5).await, Order::Continue);
    assert_eq!(bench.block_status(&lease).await, "leased");
    assert!(bench.claim("other", 1).await.is_empty());
    bench.report("sleeper", &lease).await.unwrap();
}

async fn a_late_result_counts_while_the_block_is_free_and_not_once_it_is_anothers(bench: Bench) {
    for node in ["late", "next"] {
        bench.register(node).await;
    }
    bench.job(2, 1).await;
    let leases = bench.claim("late", 2).await;
    bench.reclaim(&leases[0]).await;
    bench.report("late", &leases[0]).await.unwrap();
    assert_eq!(bench.block_status(&leases[0]).await, "reported");

    bench.reclaim(&leases[1]).await;
    let taken = bench.claim("next", 1).await.remove(0);
    assert_eq!(taken.block_id, leases[1].block_id);
    let error = bench.report("late", &leases[1]).await.unwrap_err();
    assert!(matches!(error, DbError::NotLeased), "{error}");
    bench.report("next", &taken).await.unwrap();
    let error = bench.report("late", &leases[1]).await.unwrap_err();
    assert!(matches!(error, DbError::NotLeased), "{error}");
}

async fn whatever_takes_a_block_ends_its_lease(bench: Bench) {
    bench.register("a").await;
    bench.job(2, 1).await;
    bench.claim("a", 2).await;
    // A maintainer's own SQL, past all functions.
    bench
        .sql("UPDATE work_blocks SET status = 'available'")
        .await;
    let live: i64 = bench
        .value("SELECT count(*) FROM assignments WHERE status = 'live'")
        .await;
    assert_eq!(live, 0);
    assert_eq!(bench.claim("a", 2).await.len(), 2);
}

async fn only_its_holder_reads_and_writes_a_leases_checkpoint(bench: Bench) {
    for node in ["a", "b"] {
        bench.register(node).await;
    }
    bench.job(2, 1).await;
    let lease = bench.claim("a", 1).await.remove(0);
    assert_eq!(lease.checkpoint, None);
    let none = work::get_checkpoint(&bench.db, "a", lease.id).await;
    assert!(
        matches!(none, Err(DbError::NotFound("checkpoint"))),
        "{none:?}"
    );
    for foreign in ["b", "nobody"] {
        let put = work::put_checkpoint(&bench.db, foreign, lease.id, b"x").await;
        assert!(matches!(put, Err(DbError::NotLeased)), "{put:?}");
        let get = work::get_checkpoint(&bench.db, foreign, lease.id).await;
        assert!(matches!(get, Err(DbError::NotLeased)), "{get:?}");
        let release = work::release(
            &bench.db,
            foreign,
            lease.id,
            &released(ReleaseReason::Shutdown),
        )
        .await;
        assert!(matches!(release, Err(DbError::NotLeased)), "{release:?}");
    }
    work::put_checkpoint(&bench.db, "a", lease.id, b"first")
        .await
        .unwrap();
    work::put_checkpoint(&bench.db, "a", lease.id, b"second")
        .await
        .unwrap();
    assert_eq!(
        work::get_checkpoint(&bench.db, "a", lease.id)
            .await
            .unwrap(),
        b"second"
    );
    bench.reclaim(&lease).await;
    let put = work::put_checkpoint(&bench.db, "a", lease.id, b"late").await;
    assert!(matches!(put, Err(DbError::NotLeased)), "{put:?}");
}

async fn a_block_goes_on_from_its_newest_checkpoint_whoever_wrote_it(bench: Bench) {
    for node in ["a", "b"] {
        bench.register(node).await;
    }
    bench.job(1, 1).await;
    let first = bench.claim("a", 1).await.remove(0);
    bench.beat("a", first.id, 0.25).await;
    work::put_checkpoint(&bench.db, "a", first.id, b"quarter")
        .await
        .unwrap();
    bench.beat("a", first.id, 0.75).await;
    bench.reclaim(&first).await;

    let second = bench.claim("b", 1).await.remove(0);
    assert_eq!(
        second.checkpoint,
        Some(CheckpointInfo {
            size: 7,
            own: false
        })
    );
    assert_eq!(
        work::get_checkpoint(&bench.db, "b", second.id)
            .await
            .unwrap(),
        b"quarter"
    );
    // It starts from what the checkpoint has, not from what the first one claimed to have done.
    assert!((bench.value::<f64>("SELECT progress FROM work_blocks").await - 0.25).abs() < 1e-9);
    let from: i64 = bench
        .value(&format!(
            "SELECT resumed_from FROM assignments WHERE id = {}",
            second.id
        ))
        .await;
    assert_eq!(from, first.id);

    work::put_checkpoint(&bench.db, "b", second.id, b"half")
        .await
        .unwrap();
    work::release(
        &bench.db,
        "b",
        second.id,
        &released(ReleaseReason::Shutdown),
    )
    .await
    .unwrap();
    let third = bench.claim("b", 1).await.remove(0);
    assert_eq!(
        third.checkpoint,
        Some(CheckpointInfo { size: 4, own: true })
    );
    // What validated blocks leave behind is nothing.
    bench.report("b", &third).await.unwrap();
    bench.check_all().await;
    assert_eq!(
        bench.value::<i64>("SELECT count(*) FROM checkpoints").await,
        0
    );
}

async fn a_node_cannot_fill_the_disk_with_checkpoints(bench: Bench) {
    bench.register("a").await;
    bench.job(3, 1).await;
    bench
        .sql("UPDATE work_settings SET max_checkpoint_bytes = 10")
        .await;
    let leases = bench.claim("a", 2).await;
    work::put_checkpoint(&bench.db, "a", leases[0].id, b"12345678")
        .await
        .unwrap();
    // Replacing one counts once.
    work::put_checkpoint(&bench.db, "a", leases[0].id, b"123456789")
        .await
        .unwrap();
    let full = work::put_checkpoint(&bench.db, "a", leases[1].id, b"12").await;
    assert!(matches!(full, Err(DbError::Invalid(_))), "{full:?}");
}

async fn a_failing_block_is_left_to_others_and_after_many_failures_to_people(bench: Bench) {
    let job = bench.job(1, 1).await;
    let mut failures = 0;
    for node in ["a", "b", "c"] {
        bench.register(node).await;
        for _ in 0..3 {
            let Some(lease) = bench.claim(node, 1).await.pop() else {
                break;
            };
            work::release(&bench.db, node, lease.id, &released(ReleaseReason::Failed))
                .await
                .unwrap();
            failures += 1;
        }
        assert!(bench.claim(node, 1).await.is_empty());
    }
    assert_eq!(failures, 8);
    let job = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!((job.blocks.failed, job.blocks.available), (1, 0));
    assert_eq!(job.status, darkreach_protocol::read::JobStatus::Running);
    let failed: i64 = bench
        .value("SELECT sum(failed)::bigint FROM operator_trust")
        .await;
    assert_eq!(failed, 8);
}

async fn a_heartbeat_delivers_a_command_once_and_notes_the_worker(bench: Bench) {
    bench.register("a").await;
    bench.job(2, 1).await;
    let leases = bench.claim("a", 2).await;
    bench
        .sql("UPDATE workers SET pending_command = 'update' WHERE worker_id = 'a'")
        .await;
    let beat = heartbeat(&[(leases[1].id, 0.5), (99, 0.0), (leases[0].id, 0.25)]);
    let answer = work::heartbeat(&bench.db, "a", &beat).await.unwrap();
    assert_eq!(answer.command.as_deref(), Some("update"));
    assert_eq!(answer.orders.len(), 3);
    let again = work::heartbeat(&bench.db, "a", &beat).await.unwrap();
    assert_eq!(again.command, None);
    let noted = "SELECT (cores, search_type, tested, found) = (4, 'kbn', 9, 3) AND search_params IS NOT NULL
                 FROM workers WHERE worker_id = 'a'";
    assert!(bench.value::<bool>(noted).await);

    for fraction in [-0.1, 1.1, f64::NAN] {
        let beat = heartbeat(&[(leases[0].id, fraction)]);
        let refused = work::heartbeat(&bench.db, "a", &beat).await;
        assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
    }
    let idle = HeartbeatRequest {
        assignments: Vec::<AssignmentProgress>::new(),
        ..beat
    };
    assert!(
        work::heartbeat(&bench.db, "a", &idle)
            .await
            .unwrap()
            .orders
            .is_empty()
    );
}
