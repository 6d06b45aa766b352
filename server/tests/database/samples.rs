//! Samples, logs and signs of life: what comes often, and goes again.

use chrono::{TimeDelta, Utc};
use darkreach_server::db::{DbError, observability, work, workers};

use crate::bench::{Bench, scenarios};

scenarios! {
    samples_live_in_partitions_with_row_level_security_and_go_by_the_week,
    a_command_is_delivered_once_and_a_thousand_heartbeats_take_one_statement,
}

async fn samples_live_in_partitions_with_row_level_security_and_go_by_the_week(bench: Bench) {
    let db = &bench.db;
    let now = Utc::now();
    let sample = |value, recorded_at| observability::Sample {
        metric_name: "load",
        value,
        recorded_at,
    };
    let old = now - TimeDelta::days(60);
    let stored = observability::record_metrics(
        db,
        "server",
        &[sample(1.0, None), sample(3.0, None), sample(5.0, Some(old))],
    )
    .await;
    assert_eq!(stored.unwrap(), 3);
    for outside in [now - TimeDelta::days(120), now + TimeDelta::days(30)] {
        let refused =
            observability::record_metrics(db, "server", &[sample(1.0, Some(outside))]).await;
        assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
    }
    let entry = |level| observability::Entry {
        level,
        source: "test",
        message: "hello",
    };
    assert_eq!(
        observability::record_logs(db, &[entry("info"), entry("warn")])
            .await
            .unwrap(),
        2
    );
    let unknown = observability::record_logs(db, &[entry("loud")])
        .await
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "refused, because of the rule: log level is known"
    );

    let series = observability::series(
        db,
        "load",
        now - TimeDelta::days(1),
        now + TimeDelta::days(1),
        172_800,
    )
    .await
    .unwrap();
    assert_eq!(series.iter().map(|b| b.samples).sum::<i64>(), 2);
    let today = now.date_naive();
    assert_eq!(observability::roll_up(db, Some(today)).await.unwrap(), 1);
    assert_eq!(
        observability::roll_up(db, Some(today)).await.unwrap(),
        1,
        "again the same row"
    );
    assert_eq!(
        bench
            .value::<f64>("SELECT average FROM metric_rollups_daily")
            .await,
        2.0
    );

    // A partition made at run time is as shut as its table.
    let week = "SELECT 'system_metrics_' || to_char(date_trunc('week', now() - interval '60 days', 'UTC') AT TIME ZONE 'UTC', 'YYYYMMDD')";
    let partition: String = bench.value(week).await;
    let shut = format!(
        "SELECT relrowsecurity AND relacl::text NOT LIKE '%service_role%' FROM pg_class WHERE relname = '{partition}'"
    );
    assert!(bench.value::<bool>(&shut).await);
    for role in ["anon", "authenticated", "service_role"] {
        let may = format!(
            "SELECT has_table_privilege('{role}', '{partition}', 'SELECT, INSERT, UPDATE, DELETE')"
        );
        assert!(!bench.value::<bool>(&may).await, "{role}");
    }

    assert_eq!(
        observability::maintain(db, now).await.unwrap(),
        observability::Upkeep {
            created: 0,
            dropped: 0
        }
    );
    let later = observability::maintain(db, now + TimeDelta::days(45))
        .await
        .unwrap();
    assert!(later.dropped >= 1 && later.created >= 4, "{later:?}");
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM system_metrics")
            .await,
        2,
        "the old sample went"
    );
}

async fn a_command_is_delivered_once_and_a_thousand_heartbeats_take_one_statement(bench: Bench) {
    let db = &bench.db;
    let names: Vec<String> = (0..1000).map(|i| format!("node-{i:04}")).collect();
    let beats: Vec<workers::Heartbeat<'_>> = names
        .iter()
        .map(|worker_id| workers::Heartbeat {
            worker_id,
            cores: Some(4),
            search_type: Some("kbn"),
            tested: 7,
            found: 0,
        })
        .collect();
    assert_eq!(workers::heartbeats(db, &beats).await.unwrap(), []);
    workers::command(db, "node-0042", "stop").await.unwrap();
    let delivered = workers::heartbeats(db, &beats).await.unwrap();
    assert_eq!(delivered, [("node-0042".to_owned(), "stop".to_owned())]);
    assert_eq!(workers::heartbeats(db, &beats).await.unwrap(), []);
    assert!(matches!(
        workers::command(db, "nobody", "stop").await,
        Err(DbError::NotFound("worker"))
    ));
    let seen = workers::seen_since(db, Utc::now() - TimeDelta::minutes(5), 2000)
        .await
        .unwrap();
    assert_eq!((seen.len(), seen[0].tested), (1000, 7));
    assert_eq!(work::reclaim_stale(db).await.unwrap(), 0);
}
