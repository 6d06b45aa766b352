//! From `job create` to the REST interface: every prime of a known range, the fate of every
//! candidate, four workers at once.

use std::collections::BTreeSet;

use darkreach_e2e::{expected::Range, server::Server, worker::Worker};

/// One worker, several shapes of range; each is compared with GMP candidate by candidate.
#[test]
fn every_candidate_of_a_range_gets_its_right_fate() {
    let server = Server::start();
    let ranges = [
        Range {
            k: 1..400,
            n: 64..65,
            base: 2,
            c: 1,
        },
        Range {
            k: 1..400,
            n: 65..66,
            base: 2,
            c: -1,
        },
        Range {
            k: 1..300,
            n: 40..41,
            base: 3,
            c: 1,
        },
        Range {
            k: 1..300,
            n: 30..31,
            base: 10,
            c: -1,
        },
        Range {
            k: 3..4,
            n: 1..600,
            base: 2,
            c: 1,
        },
        Range {
            k: 7..8,
            n: 1..300,
            base: 6,
            c: -1,
        },
        Range {
            k: 1..2,
            n: 1..200,
            base: 2,
            c: -1,
        },
        // Small numbers: candidates that are sieving primes, 1, and pseudoprimes to base 3.
        Range {
            k: 1..1000,
            n: 1..2,
            base: 2,
            c: -1,
        },
        Range {
            k: 1..1000,
            n: 3..4,
            base: 2,
            c: 1,
        },
    ];
    let jobs: Vec<i64> = ranges
        .iter()
        .map(|r| {
            let (k, n) = if r.k.end - r.k.start > 1 {
                (format!("{}..{}", r.k.start, r.k.end), r.n.start.to_string())
            } else {
                (
                    r.k.start.to_string(),
                    format!("{}..={}", r.n.start, r.n.end - 1),
                )
            };
            server.job(&k, &n, r.base, r.c, 97)
        })
        .collect();
    let worker = Worker::attach(&server.url);
    let (status, _) = worker.run(&["--until-idle"]).finish();
    assert!(status.success());
    for (range, job) in ranges.iter().zip(jobs) {
        server.wait_validated(job);
        range.assert_right(&server.api().candidates(job));
        let mut stored: Vec<String> = server
            .api()
            .all(&format!("/api/v1/primes?job={job}"), 10)
            .iter()
            .map(|p| p["expression"].as_str().expect("an expression").to_owned())
            .collect();
        stored.sort();
        // A prime that an earlier job found stays credited to that job.
        let all: BTreeSet<String> = range.primes().into_iter().collect();
        assert!(stored.iter().all(|p| all.contains(p)), "{stored:?}");
        let shown = server.api().job(job);
        assert_eq!(shown["covered"], true, "{shown}");
        assert_eq!(shown["primes"], all.len(), "{shown}");
    }
    let stored: BTreeSet<String> = server
        .api()
        .all("/api/v1/primes?form=kbn", 100)
        .iter()
        .map(|p| p["expression"].as_str().expect("an expression").to_owned())
        .collect();
    let expected: BTreeSet<String> = ranges.iter().flat_map(Range::primes).collect();
    assert_eq!(stored, expected);
}

/// Four workers at once never hold the same block, and together cover the range exactly.
#[test]
fn four_workers_share_a_job_without_sharing_a_block() {
    let server = Server::start();
    let range = Range {
        k: 1..2000,
        n: 200..201,
        base: 2,
        c: 1,
    };
    let job = server.job("1..2000", "200", 2, 1, 25);
    let workers: Vec<Worker> = (0..4).map(|_| Worker::attach(&server.url)).collect();
    let mut running: Vec<_> = workers
        .iter()
        .map(|w| w.run(&["--until-idle", "--threads", "1"]))
        .collect();
    let mut blocks = Vec::new();
    let mut busy = 0;
    for process in &mut running {
        let (status, events) = process.finish();
        assert!(status.success(), "{}", process.log());
        let own: Vec<i64> = events
            .iter()
            .filter(|event| event["event"] == "claimed")
            .map(|event| event["block"].as_i64().expect("a block"))
            .collect();
        busy += usize::from(!own.is_empty());
        blocks.extend(own);
    }
    let unique: BTreeSet<i64> = blocks.iter().copied().collect();
    assert_eq!(unique.len(), blocks.len(), "a block was handed out twice");
    assert_eq!(blocks.len(), 80, "1999 values in blocks of 25");
    assert!(busy > 1, "only one worker got work: the test shows nothing");
    server.wait_validated(job);
    range.assert_right(&server.api().candidates(job));
}
