//! Results: stored once, believed after the check, never lost, never counted twice.

use std::collections::BTreeSet;

use darkreach_primes::{
    certificate::Proof,
    forms::{
        FORMS,
        kbn::{Kbn, Over},
    },
    search::report::{Checked, CheckedPrime, Rejection},
    spec::{Form, SearchSpec},
};
use darkreach_protocol::{
    read::{CandidateOutcome, JobStatus},
    work::Assignment,
};
use darkreach_server::db::{DbError, jobs, primes, results, stats, work};
use uuid::Uuid;

use crate::bench::{Bench, nonsense, report, scenarios, spec};

scenarios! {
    blocks_without_any_candidate_are_validated_too,
    a_job_with_an_unfinished_failed_or_missing_block_does_not_end,
    the_same_report_twice_gets_the_same_receipt_and_another_one_a_conflict,
    a_report_sent_many_times_at_once_is_stored_once,
    every_prime_is_found_and_the_job_ends_exactly_with_its_last_block,
    a_known_prime_is_no_error_and_keeps_its_first_discovery,
    a_rejected_result_gives_the_block_back_and_nothing_of_it_stays,
    accepting_twice_counts_once,
    a_result_is_checked_by_one_at_a_time_and_again_when_the_checker_died,
    candidates_come_in_pages_without_gap_or_overlap,
    statistics_are_right_on_an_empty_and_on_a_small_database,
    probable_primes_and_pairs_are_results_too,
}

/// n for which 3*2^n+1 is prime (OEIS A002253).
const PRIME_EXPONENTS: [u64; 7] = [1, 2, 5, 6, 8, 12, 18];

async fn validate_everything(bench: &Bench, node: &str) {
    loop {
        let leases = bench.claim(node, 64).await;
        if leases.is_empty() {
            return;
        }
        for lease in &leases {
            bench.report(node, lease).await.unwrap();
        }
        bench.check_all().await;
    }
}

async fn expressions(bench: &Bench, filter: &primes::Filter) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = primes::page(&bench.db, filter, cursor.as_deref(), 2)
            .await
            .unwrap();
        found.extend(page.items.into_iter().map(|prime| prime.expression));
        cursor = page.next;
        if cursor.is_none() {
            return found;
        }
    }
}

async fn the_same_report_twice_gets_the_same_receipt_and_another_one_a_conflict(bench: Bench) {
    for node in ["a", "b"] {
        bench.register(node).await;
    }
    bench.job(3, 1).await;
    let leases = bench.claim("a", 2).await;
    let first = report(&leases[0].spec);
    let receipt = results::store(&bench.db, "a", leases[0].id, &first)
        .await
        .unwrap();
    assert_eq!(receipt.key, first.key);
    let again = results::store(&bench.db, "a", leases[0].id, &first)
        .await
        .unwrap();
    assert_eq!(again, receipt);

    let mut other = first.clone();
    other.key = Uuid::new_v4();
    let mut changed = first.clone();
    changed.ledger.push(0);
    for conflicting in [&other, &changed] {
        let error = results::store(&bench.db, "a", leases[0].id, conflicting)
            .await
            .unwrap_err();
        assert!(matches!(error, DbError::ResultConflict), "{error}");
    }
    let mut stolen = report(&leases[1].spec);
    stolen.key = first.key;
    let error = results::store(&bench.db, "a", leases[1].id, &stolen)
        .await
        .unwrap_err();
    assert!(matches!(error, DbError::ResultConflict), "{error}");
    let error = results::store(&bench.db, "b", leases[1].id, &other)
        .await
        .unwrap_err();
    assert!(matches!(error, DbError::NotLeased), "{error}");
    assert_eq!(bench.value::<i64>("SELECT count(*) FROM results").await, 1);

    // Also once it is validated.
    bench.check_all().await;
    let late = results::store(&bench.db, "a", leases[0].id, &first)
        .await
        .unwrap();
    assert_eq!(late, receipt);
}

async fn a_report_sent_many_times_at_once_is_stored_once(bench: Bench) {
    bench.register("a").await;
    bench.job(1, 1).await;
    let lease = bench.claim("a", 1).await.remove(0);
    let made = report(&lease.spec);
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (db, made) = (bench.db.clone(), made.clone());
        senders.spawn(async move { results::store(&db, "a", lease.id, &made).await.unwrap() });
    }
    let receipts: BTreeSet<i64> = senders
        .join_all()
        .await
        .iter()
        .map(|r| r.result_id)
        .collect();
    assert_eq!(receipts.len(), 1);
    assert_eq!(bench.value::<i64>("SELECT count(*) FROM results").await, 1);
}

async fn every_prime_is_found_and_the_job_ends_exactly_with_its_last_block(bench: Bench) {
    bench.register("a").await;
    let job = bench.job(20, 3).await;
    let mut leases = bench.claim("a", 64).await;
    let last = leases.pop().unwrap();
    for lease in &leases {
        bench.report("a", lease).await.unwrap();
    }
    // Reported is not validated: nothing is counted, shown or credited yet.
    let job_now = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!(
        (job_now.candidates, job_now.primes, job_now.blocks.reported),
        (0, 0, 6)
    );
    assert!(
        expressions(&bench, &primes::Filter::default())
            .await
            .is_empty()
    );
    let hidden = results::candidates_page(&bench.db, &results::Filter::default(), None, 10)
        .await
        .unwrap();
    assert!(hidden.items.is_empty() && hidden.next.is_none());
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM operator_credits")
            .await,
        0
    );

    bench.check_all().await;
    let job_now = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!(job_now.status, JobStatus::Running);
    assert_eq!((job_now.blocks.validated, job_now.blocks.leased), (6, 1));
    bench.report("a", &last).await.unwrap();
    bench.check_all().await;
    let done = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!(done.status, JobStatus::Validated);
    assert!(done.finished_at.is_some() && done.covered);
    assert_eq!((done.candidates, done.primes), (20, 7));

    let mut expected: Vec<String> = PRIME_EXPONENTS
        .iter()
        .map(|n| format!("3*2^{n}+1"))
        .collect();
    let mut found = expressions(&bench, &primes::Filter::default()).await;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let credit: f64 = bench
        .value("SELECT sum(credit) FROM operator_credits")
        .await;
    let cost: f64 = bench.value("SELECT sum(cost) FROM work_blocks").await;
    assert!((credit - cost).abs() < 1e-6 * cost);
}

/// Multiples of b are no candidates, so a small block may have none; it is done like any other.
async fn blocks_without_any_candidate_are_validated_too(bench: Bench) {
    bench.register("a").await;
    let form = Form::Kbn(Kbn {
        base: 3,
        c: 1,
        over: Over::K { n: 2 },
    });
    let search = SearchSpec { form, ..spec(10) };
    let job = jobs::create(&bench.db, &search, Some(1)).await.unwrap();
    validate_everything(&bench, "a").await;
    let done = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!(
        (done.status, done.blocks.validated),
        (JobStatus::Validated, 10)
    );
    // k = 1, 2, 4, 5, 7, 8, 10; of 9k+1 the numbers 19, 37 and 73 are prime.
    assert_eq!((done.candidates, done.primes), (7, 3));
    let all = results::candidates_page(&bench.db, &results::Filter::default(), None, 100)
        .await
        .unwrap();
    assert_eq!((all.items.len(), all.next), (7, None));
}

/// A stop once marked a whole job completed after a fraction of it.
async fn a_job_with_an_unfinished_failed_or_missing_block_does_not_end(bench: Bench) {
    for fault in [
        "UPDATE work_blocks SET status = 'available' WHERE block_start = 2",
        "UPDATE work_blocks SET status = 'failed' WHERE block_start = 2",
        "DELETE FROM results; DELETE FROM assignments; DELETE FROM work_blocks WHERE block_start = 2",
        "UPDATE work_blocks SET block_end = 4 WHERE block_start = 2",
    ] {
        let bench = bench.cluster.bench().await;
        bench.register("a").await;
        let job = bench.job(4, 1).await;
        let leases = bench.claim("a", 3).await;
        for lease in &leases {
            bench.report("a", lease).await.unwrap();
        }
        bench.check_all().await;
        bench.sql("DELETE FROM operator_credits").await;
        bench.sql("DELETE FROM prime_discoveries").await;
        bench.sql(fault).await;
        let last = bench
            .claim("a", 64)
            .await
            .into_iter()
            .find(|lease| lease.spec.range.start == 4)
            .unwrap();
        bench.report("a", &last).await.unwrap();
        bench.check_all().await;
        let after = jobs::show(&bench.db, job.id).await.unwrap();
        assert_eq!(after.status, JobStatus::Running, "{fault}");
    }
}

/// Two searches that meet the same prime: once an error that failed the block for good.
async fn a_known_prime_is_no_error_and_keeps_its_first_discovery(bench: Bench) {
    bench.register("a").await;
    bench.register("b").await;
    let first = bench.job(20, 7).await;
    validate_everything(&bench, "a").await;
    let second = bench.job(12, 5).await;
    validate_everything(&bench, "b").await;
    let again = jobs::show(&bench.db, second.id).await.unwrap();
    assert_eq!((again.status, again.primes), (JobStatus::Validated, 6));
    assert_eq!(bench.value::<i64>("SELECT count(*) FROM primes").await, 7);
    let filter = |job| primes::Filter {
        form: None,
        job: Some(job),
        ..primes::Filter::default()
    };
    assert_eq!(expressions(&bench, &filter(first.id)).await.len(), 7);
    assert!(expressions(&bench, &filter(second.id)).await.is_empty());
    let finders = "SELECT count(*) FROM prime_discoveries WHERE node_id = 'a'";
    assert_eq!(bench.value::<i64>(finders).await, 7);
}

async fn a_rejected_result_gives_the_block_back_and_nothing_of_it_stays(bench: Bench) {
    for node in ["bad", "good"] {
        bench.register(node).await;
    }
    let job = bench.job(2, 2).await;
    let lease = bench.claim("bad", 1).await.remove(0);
    work::put_checkpoint(&bench.db, "bad", lease.id, b"poison")
        .await
        .unwrap();
    results::store(&bench.db, "bad", lease.id, &nonsense())
        .await
        .unwrap();
    let unchecked = results::next_unchecked(&bench.db).await.unwrap().unwrap();
    assert_eq!(unchecked.node, "bad");
    assert_eq!(unchecked.spec, lease.spec);
    let rejection = Rejection {
        expression: "3*2^1+1".to_owned(),
        reason: "no factor".to_owned(),
    };
    results::reject(&bench.db, unchecked.result_id, &rejection)
        .await
        .unwrap();
    results::reject(&bench.db, unchecked.result_id, &rejection)
        .await
        .unwrap();
    let checked = darkreach_primes::search::report::check(
        &lease.spec,
        &report(&lease.spec).block_report(),
        &mut |_| Vec::new(),
    )
    .unwrap();
    let error = results::accept(&bench.db, unchecked.result_id, &checked)
        .await
        .unwrap_err();
    assert!(matches!(error, DbError::Invalid(_)), "{error}");
    let error = results::accept(&bench.db, 4711, &checked)
        .await
        .unwrap_err();
    assert!(matches!(error, DbError::NotFound("result")), "{error}");

    assert_eq!(bench.block_status(&lease).await, "available");
    let record = "SELECT (rejected, validated) = (1, 0) FROM operator_trust WHERE node_id = 'bad'";
    assert!(bench.value::<bool>(record).await);
    let again = bench.claim("good", 1).await.remove(0);
    assert_eq!(again.checkpoint, None);
    bench.report("good", &again).await.unwrap();
    bench.check_all().await;
    let done = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!(
        (done.status, done.candidates, done.primes),
        (JobStatus::Validated, 2, 2)
    );
    let error = results::reject(&bench.db, unchecked.result_id + 1, &rejection)
        .await
        .unwrap_err();
    assert!(matches!(error, DbError::Invalid(_)), "{error}");
}

async fn accepting_twice_counts_once(bench: Bench) {
    bench.register("a").await;
    let job = bench.job(4, 2).await;
    let lease = bench.claim("a", 1).await.remove(0);
    bench.report("a", &lease).await.unwrap();
    let unchecked = results::next_unchecked(&bench.db).await.unwrap().unwrap();
    let checked =
        darkreach_primes::search::report::check(&unchecked.spec, &unchecked.report, &mut |_| {
            Vec::new()
        })
        .unwrap();
    for _ in 0..2 {
        results::accept(&bench.db, unchecked.result_id, &checked)
            .await
            .unwrap();
    }
    let now = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!((now.candidates, now.primes), (2, 2));
    assert_eq!(
        bench
            .value::<i64>("SELECT count(*) FROM operator_credits")
            .await,
        1
    );
    let validated: i64 = bench.value("SELECT validated FROM operator_trust").await;
    assert_eq!(validated, 1);
}

async fn a_result_is_checked_by_one_at_a_time_and_again_when_the_checker_died(bench: Bench) {
    bench.register("a").await;
    bench.job(2, 1).await;
    let leases: Vec<Assignment> = bench.claim("a", 2).await;
    for lease in &leases {
        bench.report("a", lease).await.unwrap();
    }
    let first = results::next_unchecked(&bench.db).await.unwrap().unwrap();
    let second = results::next_unchecked(&bench.db).await.unwrap().unwrap();
    assert_ne!(first.result_id, second.result_id);
    assert!(results::next_unchecked(&bench.db).await.unwrap().is_none());
    let late = "UPDATE results SET checking_since = now() - interval '601 seconds' WHERE id = ";
    bench.sql(&format!("{late}{}", first.result_id)).await;
    let again = results::next_unchecked(&bench.db).await.unwrap().unwrap();
    assert_eq!(again.result_id, first.result_id);
    assert!(results::next_unchecked(&bench.db).await.unwrap().is_none());
}

/// The rows of every validated candidate, read in pages of every size, equal the reports; and so
/// does what the SQL function unpacks.
async fn candidates_come_in_pages_without_gap_or_overlap(bench: Bench) {
    bench.register("a").await;
    let job = bench.job(60, 7).await;
    validate_everything(&bench, "a").await;
    let whole = report(&spec(60));
    let expected =
        darkreach_primes::search::report::rows(&spec(60), &whole.ledger, 0, usize::MAX).unwrap();
    for limit in [1, 7, 8, 59, 60, 1000] {
        let mut rows = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let filter = results::Filter {
                job: Some(job.id),
                ..results::Filter::default()
            };
            let page = results::candidates_page(&bench.db, &filter, cursor.as_deref(), limit)
                .await
                .unwrap();
            assert!(page.items.len() <= limit as usize);
            rows.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let names: Vec<&str> = rows.iter().map(|row| row.expression.as_str()).collect();
        let wanted: Vec<&str> = expected.iter().map(|row| row.expression.as_str()).collect();
        assert_eq!(names, wanted, "pages of {limit}");
    }
    for (outcome, name) in [
        (CandidateOutcome::Prime, "prime"),
        (CandidateOutcome::Factor, "factor"),
        (CandidateOutcome::Composite, "composite"),
        (CandidateOutcome::BelowTwo, "below_two"),
    ] {
        let filter = results::Filter {
            outcome: Some(outcome),
            ..results::Filter::default()
        };
        let mut rows = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = results::candidates_page(&bench.db, &filter, cursor.as_deref(), 2)
                .await
                .unwrap();
            rows.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(rows.iter().all(|row| row.outcome == outcome));
        let unpacked = format!(
            "SELECT coalesce(string_agg(concat_ws(' ', l.factor, l.res64), ',' ORDER BY r.block_id, l.ordinal), '')
             FROM results AS r, ledger_rows(r.ledger) AS l WHERE l.outcome = '{name}'"
        );
        let in_sql: String = bench.value(&unpacked).await;
        let in_rust: Vec<String> = rows
            .iter()
            .map(|row| {
                row.factor
                    .clone()
                    .or_else(|| row.res64.clone())
                    .unwrap_or_default()
            })
            .collect();
        assert_eq!(in_sql, in_rust.join(","), "{name}");
        assert_eq!(rows.is_empty(), name == "below_two", "{name}");
    }
    let elsewhere = results::Filter {
        form: Some("wagstaff".to_owned()),
        ..results::Filter::default()
    };
    let none = results::candidates_page(&bench.db, &elsewhere, None, 10)
        .await
        .unwrap();
    assert!(none.items.is_empty() && none.next.is_none());
}

/// A view once counted without a FROM: the total was always 1.
async fn statistics_are_right_on_an_empty_and_on_a_small_database(bench: Bench) {
    let empty = stats::stats(&bench.db).await.unwrap();
    assert_eq!(empty, darkreach_protocol::read::Stats::default());
    bench.register("a").await;
    bench.register("idle").await;
    bench.job(20, 5).await;
    validate_everything(&bench, "a").await;
    let small = stats::stats(&bench.db).await.unwrap();
    assert_eq!(
        (small.primes, small.jobs, small.blocks_validated),
        (7, 1, 4)
    );
    assert_eq!((small.candidates, small.nodes), (20, 1));
    // 3*2^18+1 = 786433.
    assert_eq!(small.largest_digits, 6);
    assert_eq!(small.primes_by_form.len(), 1);
    assert_eq!(
        (
            small.primes_by_form[0].form.as_str(),
            small.primes_by_form[0].count
        ),
        ("kbn", 7)
    );
    let timeline: i64 = bench
        .value("SELECT sum(discoveries)::bigint FROM get_discovery_timeline()")
        .await;
    let sizes: i64 = bench
        .value("SELECT sum(primes)::bigint FROM get_digit_distribution(2)")
        .await;
    assert_eq!((timeline, sizes), (7, 7));
}

/// A search of any form.
fn search_of(form: &str, parameters: &[(&str, &str)]) -> SearchSpec {
    let info = FORMS.iter().find(|info| info.name == form).unwrap();
    let (form, range) = info.read(&parameters.iter().copied().collect()).unwrap();
    SearchSpec::new(form, range).unwrap()
}

async fn probable_primes_and_pairs_are_results_too(bench: Bench) {
    bench.register("a").await;
    // A000978: 61 is below 2^64, the others have no proof by their form.
    let wagstaff = search_of("wagstaff", &[("p", "60..130")]);
    let job = jobs::create(&bench.db, &wagstaff, Some(20)).await.unwrap();
    validate_everything(&bench, "a").await;
    let done = jobs::show(&bench.db, job.id).await.unwrap();
    assert_eq!((done.status, done.primes), (JobStatus::Validated, 1));
    let list = |probable| primes::Filter {
        probable,
        ..primes::Filter::default()
    };
    assert_eq!(expressions(&bench, &list(false)).await, ["(2^61+1)/3"]);
    let mut probable = expressions(&bench, &list(true)).await;
    probable.sort();
    assert_eq!(probable, ["(2^101+1)/3", "(2^127+1)/3", "(2^79+1)/3"]);
    let page = primes::page(&bench.db, &list(true), None, 10)
        .await
        .unwrap();
    assert!(page.items.iter().all(|prime| prime.proof.is_none()));
    let counted = "SELECT sum(probable)::bigint FROM results";
    assert_eq!(bench.value::<i64>(counted).await, 3);

    // A proof that comes later makes a prime of it; it is not found a second time.
    jobs::create(&bench.db, &wagstaff, Some(100)).await.unwrap();
    let lease = bench.claim("a", 1).await.pop().unwrap();
    bench.report("a", &lease).await.unwrap();
    let unchecked = results::next_unchecked(&bench.db).await.unwrap().unwrap();
    let checked = Checked {
        candidates: 1,
        sieved: 0,
        tested: 1,
        primes: vec![CheckedPrime {
            at: 79,
            expression: "(2^79+1)/3".into(),
            digits: 24,
            proof: Proof::Small,
            second: None,
        }],
        probable: Vec::new(),
        audited: 0,
    };
    results::accept(&bench.db, unchecked.result_id, &checked)
        .await
        .unwrap();
    assert_eq!(expressions(&bench, &list(true)).await.len(), 2);
    assert_eq!(expressions(&bench, &list(false)).await.len(), 2);
    assert_eq!(bench.value::<i64>("SELECT count(*) FROM primes").await, 4);

    // A pair has a proof for each of its numbers.
    let twins = search_of("twin", &[("k", "1..20"), ("n", "63")]);
    let job = jobs::create(&bench.db, &twins, Some(7)).await.unwrap();
    validate_everything(&bench, "a").await;
    let found = primes::page(
        &bench.db,
        &primes::Filter {
            job: Some(job.id),
            ..primes::Filter::default()
        },
        None,
        10,
    )
    .await
    .unwrap();
    assert_eq!(found.items.len(), 1);
    let pair = &found.items[0];
    assert_eq!(pair.expression, "9*2^63-1 & 9*2^63+1");
    let theorems = [&pair.proof, &pair.second].map(|proof| proof.as_ref().map(Proof::theorem));
    assert_eq!(theorems, [Some("llr"), Some("proth")]);
}
