//! States whose digests are right and whose contents are not: what a stranger would send.

use proptest::prelude::*;

use super::*;
use crate::{
    forms::kbn::from_arguments,
    search::{Control, Next, UnitSnapshot},
};

/// Stops after a number of questions.
struct Until(std::sync::atomic::AtomicU32);

impl Control for Until {
    fn should_stop(&self) -> bool {
        let left = self.0.load(std::sync::atomic::Ordering::Relaxed);
        self.0
            .store(left.saturating_sub(1), std::sync::atomic::Ordering::Relaxed);
        left == 0
    }
    fn wants_snapshot(&self) -> bool {
        false
    }
    fn snapshot(&self, _: UnitSnapshot) {}
}

/// A search that was stopped after some questions.
fn stopped(k: &str, n: &str, c: i32, questions: u32) -> Search {
    let (form, range) = from_arguments(k, n, 2, c).expect("the arguments are right");
    let mut spec = SearchSpec::new(form, range).expect("the spec is right");
    spec.sieve_limit = 1000;
    let mut search = Search::new(&spec).expect("the spec is right");
    let control = Until(questions.into());
    while let Next::Unit(unit) = search.next() {
        search.complete(unit.run(&control));
        if control.0.load(std::sync::atomic::Ordering::Relaxed) == 0 {
            break;
        }
    }
    search
}

fn sealed(search: &Search, body: &[u8]) -> Vec<u8> {
    seal::seal(MAGIC, FORMAT, search.spec(), body)
}

fn body_of(search: &Search) -> Body {
    let bytes = save(search);
    postcard::from_bytes(&bytes[seal::HEADER..]).expect("it was just written")
}

fn resume_body(search: &Search, body: &Body, own: bool) -> Result<Search, ResumeError> {
    let bytes = postcard::to_stdvec(body).expect("a body can be written");
    resume(search.spec(), &sealed(search, &bytes), own)
}

/// That an edit of a good state is impossible.
fn impossible(search: &Search, own: bool, edit: impl Fn(&mut Body)) -> String {
    let mut body = body_of(search);
    assert!(resume_body(search, &body, own).is_ok());
    edit(&mut body);
    match resume_body(search, &body, own) {
        Err(ResumeError::Impossible(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn impossible_contents_are_refused() {
    // 3*2^n+1: primes at 189, 201, 209; the last test is half done.
    let search = (1..100)
        .map(|questions| stopped("3", "150..260", 1, questions))
        .find(|search| search.partials.len() == 1 && !search.proofs.is_empty())
        .expect("some stop leaves a test half done after a prime");
    let body = body_of(&search);
    let prime = body.proofs[0].0 as usize;
    assert_eq!(prime, 39);
    for own in [true, false] {
        let refused = |edit: &dyn Fn(&mut Body)| impossible(&search, own, edit);
        assert!(refused(&|body| body.factors[prime] = 5).contains("as a factor"));
        assert!(refused(&|body| body.factors[prime] = 1).contains("as a factor"));
        assert!(refused(&|body| body.factors.truncate(10)).contains("count"));
        assert!(refused(&|body| body.chunks.push((1 << 40, true))).contains("intervals"));
        assert!(refused(&|body| body.chunks[0].1 = false).contains("outcomes"));
        assert!(refused(&|body| body.outcomes.clear()).contains("outcomes"));
        assert!(refused(&|body| body.proofs.clear()).contains("without a proof"));
        assert!(refused(&|body| body.proofs[0].0 += 1).contains("without a proof"));
        assert!(
            refused(&|body| body.proofs.push((9999, vec![SavedProof::Small]))).contains("no prime")
        );
        assert!(refused(&|body| body.outcomes[0] = SavedOutcome::BelowTwo).contains("less than 2"));
        // 5*2^150+1 is a multiple of 3, which no test can take.
        let sieved = stopped("5", "150..153", 1, 100);
        let reason = impossible(&sieved, own, |body| {
            assert_eq!(body.factors[0], 3);
            body.factors[0] = 0;
            body.outcomes.insert(0, SavedOutcome::Open);
        });
        assert!(reason.contains("3 divides it"), "{reason}");
    }
    // A stranger's proofs are verified.
    let lie = |body: &mut Body| body.proofs[0].1 = vec![SavedProof::Proth(4)];
    assert!(impossible(&search, false, lie).contains("is not -1"));
    // Our own half-done tests must be possible, a stranger's are dropped.
    let refused = |edit: &dyn Fn(&mut Body)| impossible(&search, true, edit);
    assert!(refused(&|body| body.partials[0].position = 1 << 40).contains("half-done"));
    assert!(refused(&|body| body.partials[0].index = 0).contains("half-done"));
    assert!(refused(&|body| body.partials[0].index = u32::MAX).contains("half-done"));
    assert!(refused(&|body| body.partials[0].residues.clear()).contains("half-done"));
    assert!(refused(&|body| body.partials[0].residues[0] = vec![255; 99]).contains("half-done"));
    assert!(refused(&|body| body.partials[0].stage = SavedStage::Llr(4)).contains("half-done"));
    assert!(refused(&|body| body.partials[0].stage = SavedStage::Proth(1)).contains("half-done"));
    assert!(resume_body(&search, &body, false).is_ok_and(|other| other.partials.is_empty()));
    assert!(resume_body(&search, &body, true).is_ok_and(|other| other.partials.len() == 1));
}

#[test]
fn another_plan_of_the_sieve_gives_the_same_results() {
    let mut search = stopped("5", "150..260", 1, 0);
    let mut body = body_of(&search);
    assert!(body.outcomes.is_empty() || !body.factors.is_empty());
    body.factors.fill(0);
    body.outcomes.clear();
    body.proofs.clear();
    body.partials.clear();
    body.chunks = vec![(10, false), (11, false), (500, false), (1001, false)];
    let mut other = resume_body(&search, &body, true).expect("any cut will do");
    for search in [&mut search, &mut other] {
        while let Next::Unit(unit) = search.next() {
            search.complete(unit.run(&Until(u32::MAX.into())));
        }
    }
    assert!(other.report().is_some());
    assert_eq!(other.report(), search.report());
    for chunks in [
        vec![],
        vec![(1000, false)],
        vec![(1002, false)],
        vec![(2, false), (1001, false)],
        vec![(500, false), (500, true), (1001, false)],
        vec![(u64::MAX, true), (1001, true)],
    ] {
        body.chunks = chunks;
        assert!(matches!(
            resume_body(&search, &body, true),
            Err(ResumeError::Impossible(_))
        ));
    }
}

#[test]
fn small_numbers_cannot_be_lied_about() {
    let search = stopped("1", "1..30", 1, 1000);
    for own in [true, false] {
        for place in 0..body_of(&search).outcomes.len() {
            for lie in [
                SavedOutcome::BelowTwo,
                SavedOutcome::ProbablePrime,
                SavedOutcome::Composite(1),
            ] {
                impossible(&search, own, |body| {
                    body.outcomes[place] = lie;
                    body.proofs.clear();
                });
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The checksum is repaired after the damage, so that the contents are read.
    #[test]
    fn sealed_damage_never_panics(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        questions in 1u32..60, own: bool, minus: bool,
    ) {
        let search = stopped("3", "150..260", if minus { -1 } else { 1 }, questions);
        let mut body = save(&search)[seal::HEADER..].to_vec();
        for (place, bit) in flips {
            let place = place.index(body.len());
            body[place] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        if let Ok(mut resumed) = resume(search.spec(), &sealed(&search, &body), own) {
            // What was accepted can be run to the end and be reported.
            while let Next::Unit(unit) = resumed.next() {
                resumed.complete(unit.run(&Until(u32::MAX.into())));
            }
            prop_assert!(resumed.report().is_some());
        }
    }
}
