//! The strategy engine and the profiles of accounts through the database layer.

use darkreach_server::db::{DbError, profiles, strategy};
use serde_json::json;
use uuid::Uuid;

use crate::bench::{Bench, scenarios};

scenarios! {
    the_engine_proposes_what_it_may_and_a_decision_goes_only_its_way,
    a_profile_is_saved_promoted_by_the_server_and_forgotten,
}

async fn the_engine_proposes_what_it_may_and_a_decision_goes_only_its_way(bench: Bench) {
    let db = &bench.db;
    let params = json!({"k": 3});
    let proposal = strategy::Proposal {
        decision: "create_job",
        form: Some("kbn"),
        params: &params,
        reason: "no search of this form runs",
        score: Some(0.5),
        job: None,
        project: None,
    };
    let off = strategy::propose(db, &proposal).await.unwrap_err();
    assert!(off.to_string().contains("switched off"), "{off}");

    let mut config = strategy::config(db).await.unwrap();
    assert!(!config.enabled && config.needs_approval);
    config.enabled = true;
    config.forms = vec!["twin".to_owned()];
    config.max_monthly_usd = 12.5;
    strategy::set_config(db, &config).await.unwrap();
    assert_eq!(strategy::config(db).await.unwrap(), config);
    let other = strategy::propose(db, &proposal).await.unwrap_err();
    assert!(
        other.to_string().contains("may not choose form kbn"),
        "{other}"
    );
    config.interval_seconds = 1;
    let hasty = strategy::set_config(db, &config).await.unwrap_err();
    assert_eq!(
        hasty.to_string(),
        "refused, because of the rule: strategy interval is at least a minute"
    );
    config.interval_seconds = 60;
    config.forms.clear();
    strategy::set_config(db, &config).await.unwrap();

    let id = strategy::propose(db, &proposal).await.unwrap();
    let early = strategy::resolve(db, id, "executed", None, None).await;
    assert!(matches!(early, Err(DbError::Invalid(_))), "{early:?}");
    strategy::resolve(db, id, "approved", None, None)
        .await
        .unwrap();
    let open = strategy::open(db, 10).await.unwrap();
    assert_eq!((open.len(), open[0].status.as_str()), (1, "approved"));
    let job = bench.job(2, 1).await.id;
    strategy::resolve(db, id, "executed", Some("started"), Some(job))
        .await
        .unwrap();
    assert!(strategy::open(db, 10).await.unwrap().is_empty());
    let done = strategy::show(db, id).await.unwrap();
    assert_eq!(
        (done.status.as_str(), done.job_id, done.outcome.as_deref()),
        ("executed", Some(job), Some("started"))
    );
    assert!(done.resolved_at.is_some());
    let again = strategy::resolve(db, id, "approved", None, None).await;
    assert!(matches!(again, Err(DbError::Invalid(_))), "{again:?}");
    let unknown = strategy::resolve(db, 99, "approved", None, None).await;
    assert!(
        matches!(unknown, Err(DbError::NotFound("decision"))),
        "{unknown:?}"
    );

    config.needs_approval = false;
    strategy::set_config(db, &config).await.unwrap();
    let pause = strategy::Proposal {
        decision: "pause_job",
        job: Some(job),
        ..proposal.clone()
    };
    let id = strategy::propose(db, &pause).await.unwrap();
    assert_eq!(strategy::show(db, id).await.unwrap().status, "approved");
    let aimless = strategy::Proposal { job: None, ..pause };
    let refused = strategy::propose(db, &aimless).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "refused, because of the rule: strategy decision about a job names it"
    );
}

async fn a_profile_is_saved_promoted_by_the_server_and_forgotten(bench: Bench) {
    let db = &bench.db;
    let account = Uuid::from_u128(7);
    let dark = json!({"theme": "dark"});
    let nobody = profiles::save(db, account, "Ann", &dark).await.unwrap_err();
    assert!(nobody.to_string().contains("does not exist"), "{nobody}");
    bench
        .sql(&format!("INSERT INTO auth.users (id) VALUES ('{account}')"))
        .await;
    let missing = profiles::show(db, account).await;
    assert!(
        matches!(missing, Err(DbError::NotFound("profile"))),
        "{missing:?}"
    );
    let early = profiles::set_role(db, account, "maintainer").await;
    assert!(
        matches!(early, Err(DbError::NotFound("profile"))),
        "{early:?}"
    );

    profiles::save(db, account, "Ann", &dark).await.unwrap();
    profiles::set_role(db, account, "maintainer").await.unwrap();
    profiles::save(db, account, "Anna", &json!({}))
        .await
        .unwrap();
    let shown = profiles::show(db, account).await.unwrap();
    assert_eq!(
        (shown.display_name.as_str(), shown.role.as_str()),
        ("Anna", "maintainer"),
        "saving keeps the role"
    );
    assert_eq!(shown.preferences.0, json!({}));
    let emperor = profiles::set_role(db, account, "emperor")
        .await
        .unwrap_err();
    assert_eq!(
        emperor.to_string(),
        "refused, because of the rule: profile role is known"
    );
    let long = "x".repeat(65);
    let refused = profiles::save(db, account, &long, &dark).await;
    assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
    for _ in 0..2 {
        profiles::forget(db, account).await.unwrap();
    }
    let gone = profiles::show(db, account).await;
    assert!(
        matches!(gone, Err(DbError::NotFound("profile"))),
        "{gone:?}"
    );
}
