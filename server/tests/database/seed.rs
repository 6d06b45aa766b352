//! The demo data of `supabase/seed.sql`.

use darkreach_server::db::{jobs, projects, releases};

use crate::bench::{Bench, scenarios};

scenarios! {
    the_demo_data_loads_twice_and_reads_as_real_data_does,
}

async fn the_demo_data_loads_twice_and_reads_as_real_data_does(bench: Bench) {
    let seed = include_str!("../../../supabase/seed.sql");
    bench.sql(seed).await;
    bench.sql(seed).await;
    let jobs = jobs::list(&bench.db, None, 10).await.unwrap().items;
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].covered);
    jobs[0].spec.validate().unwrap();
    assert_eq!(jobs[0].blocks.total, 10);
    let project = projects::show(&bench.db, "proth-3").await.unwrap();
    assert_eq!(project.status, "draft");
    let offered = releases::offered(&bench.db, "stable", 99).await.unwrap();
    assert_eq!(offered.as_deref(), Some("0.1.0"));
}
