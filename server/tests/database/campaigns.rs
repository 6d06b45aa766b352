//! Campaigns through the database layer: budgets, jobs, phases; the cost model and the records that
//! they aim at.

use darkreach_server::db::{DbError, calibrations, jobs, projects, records};

use crate::bench::{Bench, scenarios};

scenarios! {
    a_campaign_whose_budget_is_used_up_pauses_with_its_jobs_and_says_so_once,
    cancelling_a_campaign_cancels_its_jobs_and_a_manual_pause_survives_it,
    calibration_finds_the_law_and_records_stand_beside_ours,
}

async fn a_campaign_whose_budget_is_used_up_pauses_with_its_jobs_and_says_so_once(bench: Bench) {
    let db = &bench.db;
    bench.register("node").await;
    let new = projects::NewProject {
        slug: "big",
        name: "Big",
        description: "",
        objective: "survey",
        form: "kbn",
    };
    let project = projects::create(db, &new).await.unwrap();
    let taken = projects::create(db, &new).await.unwrap_err();
    assert_eq!(taken.to_string(), "project slug is taken");
    let phase = projects::add_phase(
        db,
        project,
        "all of it",
        projects::Completion::JobsValidated,
    )
    .await
    .unwrap();
    let job = bench.job(4, 1).await.id;
    projects::attach_job(db, job, project, Some(phase))
        .await
        .unwrap();
    let job_status = async || {
        bench
            .value::<String>(&format!("SELECT status FROM search_jobs WHERE id = {job}"))
            .await
    };
    assert_eq!(job_status().await, "paused", "a draft's jobs do not run");
    assert_eq!(bench.claim("node", 1).await.len(), 0);
    let resumed = jobs::resume(db, job).await.unwrap_err();
    assert!(
        resumed.to_string().contains("belongs to project"),
        "{resumed}"
    );

    projects::set_status(db, project, "active").await.unwrap();
    assert_eq!(job_status().await, "running");
    bench.sql("UPDATE work_blocks SET cost = 60").await;
    let cost: f64 = bench.value("SELECT sum(cost) FROM work_blocks").await;
    let budget = projects::Budget {
        core_hours: Some(cost * 0.4 / 3600.0),
        ..projects::Budget::default()
    };
    projects::set_budget(db, project, &budget).await.unwrap();
    for lease in bench.claim("node", 2).await {
        bench.report("node", &lease).await.unwrap();
    }
    bench.check_all().await;
    for charged in [1, 0, 0] {
        assert_eq!(projects::settle(db).await.unwrap(), charged);
    }
    let shown = projects::show(db, "big").await.unwrap();
    assert_eq!(
        (shown.status.as_str(), shown.pause_cause.as_deref()),
        ("paused", Some("budget"))
    );
    assert!(
        (shown.core_hours * 3600.0
            - bench
                .value::<f64>("SELECT sum(cost) FROM work_blocks WHERE status = 'validated'")
                .await)
            .abs()
            < 1e-9
    );
    assert_eq!(job_status().await, "paused");
    assert_eq!(
        bench.claim("node", 1).await.len(),
        0,
        "nothing is handed out"
    );
    let count = async |kind: &str| {
        let events = projects::events(db, project, 100).await.unwrap();
        events
            .iter()
            .filter(|event| event.event_type == kind)
            .count()
    };
    assert_eq!((count("budget_alert").await, count("paused").await), (1, 1));

    // More budget and on: the phase, and with it the campaign, ends with its jobs.
    projects::set_budget(db, project, &projects::Budget::default())
        .await
        .unwrap();
    projects::set_status(db, project, "active").await.unwrap();
    for lease in bench.claim("node", 9).await {
        bench.report("node", &lease).await.unwrap();
    }
    bench.check_all().await;
    assert_eq!(job_status().await, "validated");
    projects::settle(db).await.unwrap();
    assert_eq!(projects::list(db, 10).await.unwrap()[0].status, "completed");
    let over = projects::set_status(db, project, "active").await;
    assert!(matches!(over, Err(DbError::Invalid(_))), "{over:?}");
}

async fn cancelling_a_campaign_cancels_its_jobs_and_a_manual_pause_survives_it(bench: Bench) {
    let db = &bench.db;
    let new = projects::NewProject {
        slug: "x",
        name: "X",
        description: "",
        objective: "survey",
        form: "kbn",
    };
    let project = projects::create(db, &new).await.unwrap();
    projects::set_status(db, project, "active").await.unwrap();
    let (one, two) = (bench.job(2, 1).await.id, bench.job(2, 1).await.id);
    for job in [one, two] {
        projects::attach_job(db, job, project, None).await.unwrap();
    }
    jobs::pause(db, one).await.unwrap();
    projects::set_status(db, project, "paused").await.unwrap();
    projects::set_status(db, project, "active").await.unwrap();
    let statuses = "SELECT string_agg(status, ',' ORDER BY id) FROM search_jobs";
    assert_eq!(bench.value::<String>(statuses).await, "paused,running");
    projects::set_status(db, project, "cancelled")
        .await
        .unwrap();
    assert_eq!(bench.value::<String>(statuses).await, "cancelled,cancelled");
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM work_blocks WHERE status <> 'cancelled'")
            .await,
        0
    );
    let unknown = projects::attach_job(db, 999, project, None).await;
    assert!(
        matches!(unknown, Err(DbError::NotFound("job"))),
        "{unknown:?}"
    );
}

async fn calibration_finds_the_law_and_records_stand_beside_ours(bench: Bench) {
    let db = &bench.db;
    assert_eq!(calibrations::estimate(db, "kbn", 1000).await.unwrap(), None);
    let law: Vec<(f64, f64)> = [1e3, 1e4, 1e5]
        .iter()
        .map(|d: &f64| (*d, 2e-9 * d.powf(2.5)))
        .collect();
    let found = calibrations::calibrate(db, "kbn", &law).await.unwrap();
    assert!(
        (found.exponent - 2.5).abs() < 1e-9
            && (found.scale / 2e-9 - 1.0).abs() < 1e-9
            && found.mean_error < 1e-9
    );
    let estimate = calibrations::estimate(db, "kbn", 10_000)
        .await
        .unwrap()
        .unwrap();
    assert!((estimate - 20.0).abs() < 1e-6, "{estimate}");
    for bad in [
        &law[..1],
        &[(1.0, 0.0), (2.0, 1.0)],
        &[(5.0, 1.0), (5.0, 2.0)],
    ] {
        let refused = calibrations::calibrate(db, "kbn", bad).await;
        assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
    }
    let record = records::Record {
        form: "kbn",
        category: "largest",
        expression: "10223*2^31172165+1",
        digits: 9_383_761,
        holder: None,
        discovered_on: None,
        source_url: Some("https://example.org/list"),
    };
    records::set(db, &record).await.unwrap();
    bench
        .sql(
            "INSERT INTO primes (form, expression, digits, proof_method) VALUES
               ('kbn', '3*2^12+1', 5, 'probabilistic'), ('kbn', '3*2^18+1', 6, 'probabilistic')",
        )
        .await;
    let beside = &records::compare(db).await.unwrap()[0];
    assert_eq!(
        (beside.record_digits, beside.our_expression.as_deref()),
        (9_383_761, Some("3*2^18+1"))
    );
}
