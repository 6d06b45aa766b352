//! Jobs: cut exactly, and a life that only goes the ways it may.

use darkreach_primes::{
    forms::kbn::{Kbn, Over},
    spec::{Form, SearchSpec, Span},
};
use darkreach_protocol::read::{Block, JobStatus};
use darkreach_server::db::{DbError, jobs};

use crate::bench::{Bench, scenarios, spec};

scenarios! {
    blocks_are_the_range_whatever_the_size,
    a_job_far_out_is_cut_without_overflow,
    the_default_block_size_and_its_bounds,
    coverage_sees_every_planted_fault,
    a_job_goes_only_the_ways_it_may,
    the_list_is_complete_and_newest_first,
}

async fn all_blocks(bench: &Bench, job: i64, page: u32) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let answer = jobs::blocks_page(&bench.db, job, cursor.as_deref(), page)
            .await
            .unwrap();
        assert!(answer.items.len() <= page as usize);
        blocks.extend(answer.items);
        cursor = answer.next;
        if cursor.is_none() {
            return blocks;
        }
    }
}

async fn blocks_are_the_range_whatever_the_size(bench: Bench) {
    for (values, size) in [
        (1, 1),
        (10, 1),
        (10, 3),
        (10, 5),
        (10, 9),
        (10, 10),
        (10, 11),
        (10, u64::MAX),
    ] {
        let job = bench.job(values, size).await;
        assert!(job.covered);
        assert_eq!(job.status, JobStatus::Running);
        let blocks = all_blocks(&bench, job.id, 2).await;
        assert_eq!(blocks.len() as u64, values.div_ceil(size));
        assert_eq!(job.blocks.total, blocks.len() as u64);
        let mut at = 1;
        for block in &blocks {
            assert_eq!(block.start, at, "{values} by {size}");
            assert!(block.cost > 0.0);
            at = block.end;
        }
        assert_eq!(at, values + 1);
    }
}

async fn a_job_far_out_is_cut_without_overflow(bench: Bench) {
    let end = 1_u64 << 62;
    let form = Form::Kbn(Kbn {
        base: 3,
        c: 1,
        over: Over::K { n: 2 },
    });
    let far = SearchSpec {
        form,
        range: Span {
            start: end - 10,
            end,
        },
        ..spec(10)
    };
    let job = jobs::create(&bench.db, &far, Some(4)).await.unwrap();
    assert!(job.covered);
    let blocks = all_blocks(&bench, job.id, 100).await;
    assert_eq!(blocks.last().unwrap().end, end);
    assert_eq!(blocks.len(), 3);
}

async fn the_default_block_size_and_its_bounds(bench: Bench) {
    let small = jobs::create(&bench.db, &spec(1000), None).await.unwrap();
    assert!(small.covered);
    assert!(small.block_size <= 1000);
    for (size, word) in [(Some(0), "at least 1"), (Some(1), "at most 1000000")] {
        let error = jobs::create(&bench.db, &spec(1_000_001), size)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, DbError::Invalid(text) if text.contains(word)),
            "{error}"
        );
    }
    let huge = jobs::create(&bench.db, &spec(4_000_001), Some(4_000_001))
        .await
        .unwrap_err();
    assert!(
        matches!(&huge, DbError::Invalid(text) if text.contains("one report")),
        "{huge}"
    );
    let mut empty = spec(10);
    empty.range.end = empty.range.start;
    let error = jobs::create(&bench.db, &empty, None).await.unwrap_err();
    assert!(matches!(error, DbError::Invalid(_)), "{error}");
    assert_eq!(
        bench.value::<i64>("SELECT count(*) FROM search_jobs").await,
        1
    );
}

async fn coverage_sees_every_planted_fault(bench: Bench) {
    // Blocks 1..4, 4..7, 7..10, 10..11; each fault is planted into a job of its own.
    let faults = [
        ("DELETE FROM work_blocks WHERE block_start = 1", "gap", 1, 4),
        ("DELETE FROM work_blocks WHERE block_start = 4", "gap", 4, 7),
        (
            "DELETE FROM work_blocks WHERE block_start = 10",
            "gap",
            10,
            11,
        ),
        ("DELETE FROM work_blocks", "gap", 1, 11),
        (
            "UPDATE work_blocks SET block_end = 8 WHERE block_start = 4",
            "overlap",
            7,
            8,
        ),
        (
            "UPDATE work_blocks SET block_end = 6 WHERE block_start = 4",
            "gap",
            6,
            7,
        ),
        (
            "UPDATE work_blocks SET block_start = 3 WHERE block_start = 4",
            "overlap",
            3,
            4,
        ),
        (
            "UPDATE work_blocks SET block_start = 0 WHERE block_start = 1",
            "outside",
            0,
            1,
        ),
        (
            "UPDATE work_blocks SET block_end = 13 WHERE block_start = 10",
            "outside",
            11,
            13,
        ),
        (
            "UPDATE work_blocks SET block_end = 12 WHERE block_start = 1",
            "overlap",
            4,
            7,
        ),
        ("UPDATE search_jobs SET range_end = 12", "gap", 11, 12),
    ];
    for (fault, kind, start, end) in faults {
        let job = bench.job(10, 3).await;
        assert!(jobs::show(&bench.db, job.id).await.unwrap().covered);
        let (text, column) = if fault.contains("search_jobs") {
            (fault.to_owned(), "id")
        } else {
            (fault.to_owned(), "search_job_id")
        };
        let glue = if text.contains("WHERE") {
            "AND"
        } else {
            "WHERE"
        };
        bench
            .sql(&format!("{text} {glue} {column} = {}", job.id))
            .await;
        assert!(
            !jobs::show(&bench.db, job.id).await.unwrap().covered,
            "{fault}"
        );
        let found = format!(
            "SELECT EXISTS (SELECT FROM job_coverage({}) WHERE (fault, fault_start, fault_end) = ('{kind}', {start}, {end}))",
            job.id
        );
        assert!(bench.value::<bool>(&found).await, "{fault}");
    }
}

async fn a_job_goes_only_the_ways_it_may(bench: Bench) {
    let job = bench.job(4, 1).await;
    assert_eq!(
        jobs::pause(&bench.db, job.id).await.unwrap().status,
        JobStatus::Paused
    );
    assert_eq!(
        jobs::pause(&bench.db, job.id).await.unwrap().status,
        JobStatus::Paused
    );
    assert_eq!(
        jobs::resume(&bench.db, job.id).await.unwrap().status,
        JobStatus::Running
    );
    let cancelled = jobs::cancel(&bench.db, job.id).await.unwrap();
    assert_eq!(cancelled.status, JobStatus::Cancelled);
    assert_eq!(cancelled.blocks.available, 0);
    assert_eq!(
        jobs::cancel(&bench.db, job.id).await.unwrap().status,
        JobStatus::Cancelled
    );
    for refused in [
        jobs::resume(&bench.db, job.id).await,
        jobs::pause(&bench.db, job.id).await,
    ] {
        assert!(matches!(refused, Err(DbError::Invalid(_))), "{refused:?}");
    }
    for missing in [
        jobs::show(&bench.db, 99).await,
        jobs::pause(&bench.db, 99).await,
    ] {
        assert!(
            matches!(missing, Err(DbError::NotFound("job"))),
            "{missing:?}"
        );
    }
    let blocks = jobs::blocks_page(&bench.db, 99, None, 10).await;
    assert!(
        matches!(blocks, Err(DbError::NotFound("job"))),
        "{blocks:?}"
    );
}

async fn the_list_is_complete_and_newest_first(bench: Bench) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(bench.job(2, 1).await.id);
    }
    ids.reverse();
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = jobs::list(&bench.db, cursor.as_deref(), 2).await.unwrap();
        seen.extend(page.items.iter().map(|job| job.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
    let foreign = jobs::list(&bench.db, Some("bm9uc2Vuc2U"), 2).await;
    assert!(matches!(foreign, Err(DbError::Invalid(_))), "{foreign:?}");
}
