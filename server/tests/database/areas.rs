//! The rules of the other areas through the database layer: agents, campaigns, operators, releases,
//! calibration, samples.

use chrono::{DateTime, TimeDelta, Utc};
use darkreach_server::db::{
    DbError, agents, calibrations, memory, observability, operators, projects, records, releases,
    roles, schedules, work, workers,
};
use serde_json::json;

use crate::bench::{Bench, scenarios};

scenarios! {
    the_demo_data_loads_twice_and_reads_as_real_data_does,
    agents_take_the_most_urgent_task_and_a_task_ends_with_its_parts,
    a_budget_alerts_once_stops_the_queue_and_starts_anew,
    roles_templates_schedules_and_memory,
    a_campaign_whose_budget_is_used_up_pauses_with_its_jobs_and_says_so_once,
    cancelling_a_campaign_cancels_its_jobs_and_a_manual_pause_survives_it,
    operators_keys_nodes_and_credit,
    releases_are_offered_halted_and_withdrawn,
    calibration_finds_the_law_and_records_stand_beside_ours,
    samples_live_in_partitions_with_row_level_security_and_go_by_the_week,
    a_command_is_delivered_once_and_a_thousand_heartbeats_take_one_statement,
}

fn task(title: &str, priority: i16) -> agents::NewTask<'_> {
    agents::NewTask {
        title,
        description: "",
        priority,
        max_cost_usd: None,
    }
}

async fn agents_take_the_most_urgent_task_and_a_task_ends_with_its_parts(bench: Bench) {
    let db = &bench.db;
    let low = agents::create(db, &task("low", 1)).await.unwrap();
    let high = agents::create(db, &task("high", 9)).await.unwrap();
    assert_eq!(agents::claim(db, "ada").await.unwrap().unwrap().id, high);
    let parts = agents::decompose(db, high, &["one".to_owned(), "two".to_owned()])
        .await
        .unwrap();
    for part in &parts {
        let claimed = agents::claim(db, "bob").await.unwrap().unwrap();
        assert_eq!((claimed.id, claimed.parent_task_id), (*part, Some(high)));
    }
    agents::finish(db, parts[0], "bob", Ok(&json!({"found": 1})))
        .await
        .unwrap();
    let status = async |id: i64| {
        let tasks = agents::tasks(db, None, 100).await.unwrap();
        tasks.into_iter().find(|t| t.id == id).unwrap().status
    };
    assert_eq!(status(high).await, "waiting");
    agents::finish(db, parts[1], "bob", Err("no"))
        .await
        .unwrap();
    assert_eq!(status(high).await, "failed", "a part failed");

    // Another agent's task, a finished one, none at all.
    for (id, agent) in [(low, "ada"), (parts[0], "bob"), (999, "ada")] {
        let refused = agents::finish(db, id, agent, Ok(&json!(null)))
            .await
            .unwrap_err();
        assert!(matches!(refused, DbError::NotFound(_)), "{refused}");
    }
    agents::cancel(db, low).await.unwrap();
    assert!(matches!(
        agents::cancel(db, low).await,
        Err(DbError::NotFound(_))
    ));
    assert!(agents::claim(db, "ada").await.unwrap().is_none());
    let kinds: Vec<String> = agents::events(db, Some(high), 10)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.event_type)
        .collect();
    assert_eq!(kinds, ["decomposed", "claimed", "created"]);
    bench
        .sql("DELETE FROM agent_tasks WHERE parent_task_id IS NULL")
        .await;
    assert_eq!(
        bench.value::<i64>("SELECT count(*) FROM agent_tasks").await,
        0,
        "parts go with it"
    );
}

async fn a_budget_alerts_once_stops_the_queue_and_starts_anew(bench: Bench) {
    let db = &bench.db;
    agents::set_budget(db, "daily", 1.0).await.unwrap();
    let first = agents::create(db, &task("first", 5)).await.unwrap();
    agents::create(db, &task("second", 5)).await.unwrap();
    agents::claim(db, "ada").await.unwrap().unwrap();
    let usage = |cost| agents::Usage {
        input_tokens: 10,
        output_tokens: 5,
        turns: 1,
        tool_calls: 0,
        cost_usd: cost,
    };
    assert!(
        agents::record_usage(db, first, "ada", usage(0.5))
            .await
            .unwrap()
    );
    assert!(
        agents::record_usage(db, first, "ada", usage(0.4))
            .await
            .unwrap()
    );
    assert!(
        !agents::record_usage(db, first, "ada", usage(0.4))
            .await
            .unwrap(),
        "used up"
    );
    assert!(
        !agents::record_usage(db, first, "ada", usage(0.4))
            .await
            .unwrap()
    );
    assert!(
        agents::claim(db, "bob").await.unwrap().is_none(),
        "nothing is handed out"
    );
    let alerts = "SELECT count(*) FROM agent_events WHERE event_type = 'budget_alert' AND detail ->> 'period' = 'daily'";
    assert_eq!(bench.value::<i64>(alerts).await, 1);
    let spent: Vec<f64> = agents::budgets(db)
        .await
        .unwrap()
        .iter()
        .map(|b| b.spent_usd)
        .collect();
    assert_eq!(spent, [1.7, 1.7, 1.7]);

    bench.sql("UPDATE agent_budgets SET period_start = period_start - interval '2 days' WHERE period = 'daily'").await;
    assert!(
        agents::claim(db, "bob").await.unwrap().is_some(),
        "a new day"
    );
    let refused = agents::record_usage(db, first, "ada", usage(-1.0)).await;
    assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
    assert!(matches!(
        agents::set_budget(db, "yearly", 1.0).await,
        Err(DbError::NotFound("budget"))
    ));
}

async fn roles_templates_schedules_and_memory(bench: Bench) {
    let db = &bench.db;
    let mut planner = roles::AgentRole {
        name: "planner".to_owned(),
        description: String::new(),
        model: None,
        system_prompt: "plan".to_owned(),
        max_cost_usd: Some(2.0),
        enabled: true,
    };
    roles::set(db, &planner).await.unwrap();
    planner.description = "plans".to_owned();
    roles::set(db, &planner).await.unwrap();
    assert_eq!(roles::list(db).await.unwrap()[0].description, "plans");

    roles::permit(db, "planner", "*", "*", false).await.unwrap();
    roles::permit(db, "planner", "create_job", "*", true)
        .await
        .unwrap();
    roles::permit(db, "planner", "create_job", "form:kbn", false)
        .await
        .unwrap();
    for (role, action, resource, may) in [
        ("planner", "create_job", "form:twin", true),
        ("planner", "create_job", "form:kbn", false),
        ("planner", "cancel_job", "form:twin", false),
        ("nobody", "create_job", "form:twin", false),
    ] {
        assert_eq!(
            roles::may(db, role, action, resource).await.unwrap(),
            may,
            "{role} {action} {resource}"
        );
    }
    let refused = roles::permit(db, "nobody", "x", "*", true)
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        refused,
        "refused, because of the rule: agent permission is for a known role"
    );

    let steps = ["look".to_owned(), "decide".to_owned()];
    let template = roles::Template {
        name: "survey",
        description: "",
        role: Some("planner"),
        priority: 7,
        steps: &steps,
    };
    let survey = roles::set_template(db, &template).await.unwrap();
    let made = roles::task_from_template(db, survey).await.unwrap();
    let parts: Vec<agents::Task> = agents::tasks(db, Some("pending"), 10).await.unwrap();
    assert!(parts.iter().all(|part| part.parent_task_id == Some(made)) && parts.len() == 2);

    let nightly = schedules::create(db, "nightly", survey, schedules::Trigger::Every(3600))
        .await
        .unwrap();
    let due = schedules::list(db).await.unwrap()[0].next_run_at.unwrap();
    assert_eq!(
        schedules::run_due(db, due - TimeDelta::seconds(1))
            .await
            .unwrap(),
        Vec::<i64>::new()
    );
    // Three beats late: it runs once, and next on the beat.
    let late = due + TimeDelta::seconds(2 * 3600 + 1800);
    assert_eq!(schedules::run_due(db, late).await.unwrap().len(), 1);
    assert_eq!(schedules::run_due(db, late).await.unwrap().len(), 0);
    let after = &schedules::list(db).await.unwrap()[0];
    assert_eq!(
        (after.next_run_at, after.runs),
        (Some(due + TimeDelta::seconds(3 * 3600)), 1)
    );
    schedules::enable(db, nightly, false).await.unwrap();
    assert_eq!(
        schedules::run_due(db, late + TimeDelta::days(9))
            .await
            .unwrap()
            .len(),
        0
    );
    let short = schedules::create(db, "hasty", survey, schedules::Trigger::Every(1))
        .await
        .unwrap_err();
    assert_eq!(
        short.to_string(),
        "refused, because of the rule: agent schedule interval is at least a minute"
    );

    // By event, and without feeding itself: the task it makes is "created" too.
    schedules::create(db, "echo", survey, schedules::Trigger::On("created"))
        .await
        .unwrap();
    let before: i64 = bench
        .value("SELECT count(*) FROM agent_tasks WHERE template_id IS NOT NULL")
        .await;
    agents::create(db, &task("by hand", 5)).await.unwrap();
    let made: i64 = bench
        .value("SELECT count(*) FROM agent_tasks WHERE template_id IS NOT NULL")
        .await;
    assert_eq!(made, before + 1);

    let value = json!({"n": 7});
    let mut keep = memory::Memory {
        key: "k",
        value: &value,
        category: "general",
        task: None,
        expires_at: None,
    };
    memory::remember(db, "ada", &keep).await.unwrap();
    assert_eq!(
        memory::recall(db, "ada", "k").await.unwrap(),
        Some(value.clone())
    );
    assert_eq!(memory::recall(db, "bob", "k").await.unwrap(), None);
    keep.expires_at = Some(DateTime::<Utc>::UNIX_EPOCH);
    memory::remember(db, "ada", &keep).await.unwrap();
    assert_eq!(memory::recall(db, "ada", "k").await.unwrap(), None);
    assert_eq!(memory::forget_expired(db).await.unwrap(), 1);
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
    let resumed = darkreach_server::db::jobs::resume(db, job)
        .await
        .unwrap_err();
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
    darkreach_server::db::jobs::pause(db, one).await.unwrap();
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

async fn operators_keys_nodes_and_credit(bench: Bench) {
    let db = &bench.db;
    bench.register("node").await;
    bench.register("other").await;
    let new = |name, email, key| operators::NewOperator {
        account: None,
        name,
        email: Some(email),
        key_hash: [key; 32],
    };
    let ann = operators::register(db, &new("Ann", "ann@example.org", 1))
        .await
        .unwrap();
    let ben = operators::register(db, &new("Ben", "ben@example.org", 2))
        .await
        .unwrap();
    for (operator, rule) in [
        (new("Cat", "ANN@example.org", 3), "operator email is taken"),
        (new("Cat", "cat@example.org", 1), "operator key exists"),
        (
            new("Cat", "no address", 3),
            "refused, because of the rule: operator email is an address",
        ),
    ] {
        let refused = operators::register(db, &operator).await.unwrap_err();
        assert_eq!(refused.to_string(), rule);
    }
    assert_eq!(
        bench.value::<i64>("SELECT count(*) FROM operators").await,
        2,
        "what failed left nothing"
    );
    let second = operators::add_key(db, ann, [9; 32], "laptop")
        .await
        .unwrap();
    assert_eq!(operators::by_key(db, [9; 32]).await.unwrap(), Some(ann));
    assert!(matches!(
        operators::revoke_key(db, ben, second).await,
        Err(DbError::NotFound(_))
    ));
    operators::revoke_key(db, ann, second).await.unwrap();
    assert_eq!(operators::by_key(db, [9; 32]).await.unwrap(), None);

    operators::attach_node(db, "node", ann).await.unwrap();
    operators::attach_node(db, "node", ann).await.unwrap();
    assert!(matches!(
        operators::attach_node(db, "node", ben).await,
        Err(DbError::NotFound(_))
    ));
    let sets = ["avx2".to_owned()];
    let can = operators::Capabilities {
        instruction_sets: &sets,
        ..operators::Capabilities::default()
    };
    operators::set_capabilities(db, "node", &can).await.unwrap();
    assert_eq!(
        bench
            .value::<String>(
                "SELECT instruction_sets[1] FROM volunteer_workers WHERE worker_id = 'node'"
            )
            .await,
        "avx2"
    );

    bench.job(4, 1).await;
    for (node, blocks) in [("node", 3), ("other", 1)] {
        for lease in bench.claim(node, blocks).await {
            bench.report(node, &lease).await.unwrap();
        }
    }
    assert!(
        operators::leaderboard(db, 10).await.unwrap().is_empty(),
        "no credit before the check"
    );
    bench.check_all().await;
    for refresh in [false, true] {
        if refresh {
            bench.sql("SELECT refresh_statistics()").await;
        }
        let board = operators::leaderboard(db, 10).await.unwrap();
        assert_eq!(board.len(), 1, "a node of nobody stands on no board");
        assert_eq!(
            (board[0].name.as_str(), board[0].nodes, board[0].blocks),
            ("Ann", 1, 3)
        );
    }
}

async fn releases_are_offered_halted_and_withdrawn(bench: Bench) {
    let db = &bench.db;
    let artifacts = json!([{"platform": "x86_64-unknown-linux-gnu"}]);
    for version in ["1.0.0", "1.1.0", "1.2.0-rc.1"] {
        releases::publish(db, version, "", &artifacts)
            .await
            .unwrap();
    }
    let refused = releases::publish(db, "1.0", "", &artifacts)
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "refused, because of the rule: release version is semantic"
    );
    let offered = async |bucket| releases::offered(db, "stable", bucket).await.unwrap();
    assert_eq!(offered(0).await, None);
    releases::offer(db, "stable", "1.0.0", 100).await.unwrap();
    releases::offer(db, "stable", "1.1.0", 10).await.unwrap();
    let (new, old) = (Some("1.1.0".to_owned()), Some("1.0.0".to_owned()));
    assert_eq!(
        (offered(9).await, offered(10).await),
        (new.clone(), old.clone())
    );
    releases::offer(db, "stable", "1.1.0", 50).await.unwrap();
    assert_eq!((offered(49).await, offered(50).await), (new, old.clone()));
    releases::halt(db, "stable").await.unwrap();
    assert_eq!(offered(0).await, old);
    assert!(releases::channels(db).await.unwrap()[0].halted);
    releases::yank(db, "1.1.0", "crashes").await.unwrap();
    assert_eq!(offered(0).await, old);
    assert!(matches!(
        releases::offer(db, "stable", "1.1.0", 100).await,
        Err(DbError::NotFound(_))
    ));
    assert!(matches!(
        releases::offer(db, "weekly", "1.0.0", 100).await,
        Err(DbError::NotFound(_))
    ));

    bench.register("node").await;
    let update = releases::UpdateState {
        version: "1.0.0",
        channel: "beta",
        state: "failed",
        detail: Some("disk full"),
    };
    releases::set_update_state(db, "node", &update)
        .await
        .unwrap();
    let adoption = releases::adoption(db).await.unwrap();
    assert_eq!(
        (
            adoption[0].channel.as_str(),
            adoption[0].nodes,
            adoption[0].failed
        ),
        ("beta", 1, 1)
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

async fn the_demo_data_loads_twice_and_reads_as_real_data_does(bench: Bench) {
    let seed = include_str!("../../../supabase/seed.sql");
    bench.sql(seed).await;
    bench.sql(seed).await;
    let jobs = darkreach_server::db::jobs::list(&bench.db, None, 10)
        .await
        .unwrap()
        .items;
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].covered);
    jobs[0].spec.validate().unwrap();
    assert_eq!(jobs[0].blocks.total, 10);
    let project = projects::show(&bench.db, "proth-3").await.unwrap();
    assert_eq!(project.status, "draft");
    let offered = releases::offered(&bench.db, "stable", 99).await.unwrap();
    assert_eq!(offered.as_deref(), Some("0.1.0"));
}
