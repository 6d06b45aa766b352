//! Nodes: a token opens exactly its own door, and strangers cannot fill the house.

use darkreach_protocol::node::RegisterRequest;
use darkreach_server::db::{DbError, nodes};

use crate::bench::{Bench, introduction, scenarios, token};

scenarios! {
    a_token_belongs_to_its_node_and_no_other_opens_anything,
    the_cap_on_new_nodes_holds_per_network_and_in_all_and_frees_with_work,
    the_cap_holds_when_all_come_at_once,
    a_node_unseen_for_long_that_never_worked_makes_room_and_others_stay,
    introductions_out_of_bounds_are_refused,
}

async fn a_token_belongs_to_its_node_and_no_other_opens_anything(bench: Bench) {
    bench.register("a").await;
    bench.register("b").await;
    for node in ["a", "b"] {
        let owner = nodes::authenticate(&bench.db, token(node)).await.unwrap();
        assert_eq!(owner.as_deref(), Some(node));
    }
    assert_eq!(
        nodes::authenticate(&bench.db, token("c")).await.unwrap(),
        None
    );
    assert_eq!(nodes::authenticate(&bench.db, [0; 32]).await.unwrap(), None);
}

async fn the_cap_on_new_nodes_holds_per_network_and_in_all_and_frees_with_work(bench: Bench) {
    bench
        .sql("UPDATE work_settings SET max_new_nodes_per_network = 2, max_new_nodes = 4")
        .await;
    let limit = |answer: Result<(), DbError>| matches!(answer, Err(DbError::NodeLimit));
    bench.register_from("a1", "198.51.100.1").await.unwrap();
    bench.register_from("a2", "198.51.100.1").await.unwrap();
    assert!(limit(bench.register_from("a3", "198.51.100.1").await));
    // An IPv6 host has a whole /64 to itself.
    bench.register_from("b1", "2001:db8:1:2::1").await.unwrap();
    bench
        .register_from("b2", "2001:db8:1:2:ffff::9")
        .await
        .unwrap();
    assert!(limit(bench.register_from("b3", "2001:db8:1:2::3").await));
    assert!(limit(bench.register_from("c1", "198.51.100.2").await));

    // A validated result makes room, and the address is forgotten.
    bench.job(1, 1).await;
    let lease = bench.claim("a1", 1).await.remove(0);
    bench.report("a1", &lease).await.unwrap();
    assert!(limit(bench.register_from("a3", "198.51.100.1").await));
    bench.check_all().await;
    bench.register_from("a3", "198.51.100.1").await.unwrap();
    let kept: i64 = bench
        .value("SELECT count(*) FROM node_addresses WHERE node_id = 'a1'")
        .await;
    assert_eq!(kept, 0);
    // The same address written as IPv6 is the same address.
    assert!(limit(
        bench.register_from("a4", "::ffff:198.51.100.1").await
    ));
}

async fn the_cap_holds_when_all_come_at_once(bench: Bench) {
    bench
        .sql("UPDATE work_settings SET max_new_nodes_per_network = 5")
        .await;
    let mut arrivals = tokio::task::JoinSet::new();
    for number in 0..20 {
        let db = bench.db.clone();
        let address = "192.0.2.7".parse().unwrap();
        let node = format!("node-{number}");
        arrivals.spawn(async move {
            nodes::register(&db, &node, token(&node), address, &introduction())
                .await
                .is_ok()
        });
    }
    let accepted = arrivals
        .join_all()
        .await
        .into_iter()
        .filter(|ok| *ok)
        .count();
    assert_eq!(accepted, 5);
}

async fn a_node_unseen_for_long_that_never_worked_makes_room_and_others_stay(bench: Bench) {
    for node in ["gone", "waiting", "worker"] {
        bench.register(node).await;
    }
    bench.job(1, 1).await;
    bench.claim("worker", 1).await;
    bench
        .sql("UPDATE operator_nodes SET registered_at = now() - interval '40 days';
              UPDATE operator_nodes SET last_seen_at = now() - interval '40 days' WHERE node_id <> 'waiting'")
        .await;
    bench.register("new").await;
    let mut left = Vec::new();
    for node in ["gone", "waiting", "worker", "new"] {
        left.push(
            nodes::authenticate(&bench.db, token(node))
                .await
                .unwrap()
                .is_some(),
        );
    }
    assert_eq!(left, [false, true, true, true]);
}

async fn introductions_out_of_bounds_are_refused(bench: Bench) {
    let address = "192.0.2.1".parse().unwrap();
    let faults: [fn(&mut RegisterRequest); 6] = [
        |r| r.cores = 0,
        |r| r.cores = u32::MAX,
        |r| r.name = Some("x".repeat(65)),
        |r| r.platform = "a\0b".to_owned(),
        |r| r.client_version = "1".repeat(65),
        |r| r.memory_bytes = Some(u64::MAX),
    ];
    for (number, fault) in faults.iter().enumerate() {
        let mut request = introduction();
        fault(&mut request);
        let answer = nodes::register(&bench.db, "n", token("n"), address, &request).await;
        assert!(
            matches!(answer, Err(DbError::Invalid(_))),
            "fault {number}: {answer:?}"
        );
    }
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM operator_nodes")
            .await,
        0
    );
}
