//! Operators, their nodes and the releases those run, through the database layer.

use darkreach_server::db::{DbError, operators, releases};
use serde_json::json;

use crate::bench::{Bench, scenarios};

scenarios! {
    operators_keys_nodes_and_credit,
    releases_are_offered_halted_and_withdrawn,
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
