//! Agents through the database layer: tasks and their parts, budgets, roles, templates, schedules,
//! memory.

use chrono::{DateTime, TimeDelta, Utc};
use darkreach_server::db::{DbError, agents, memory, roles, schedules};
use serde_json::json;

use crate::bench::{Bench, scenarios};

scenarios! {
    agents_take_the_most_urgent_task_and_a_task_ends_with_its_parts,
    a_budget_alerts_once_stops_the_queue_and_starts_anew,
    roles_templates_schedules_and_memory,
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
