//! The planner with a clock that the tests move: it takes the fastest that is right.

use std::cell::Cell;

use super::*;

/// Squares nothing, but moves the clock, and says that it has some residue.
struct Fake<'a> {
    clock: &'a Cell<Duration>,
    /// Of one squaring; of the first ones more.
    cost: Duration,
    residue: u32,
}

impl Subject for Fake<'_> {
    fn square(&mut self, times: u32) {
        self.clock.set(self.clock.get() + self.cost * times);
    }

    fn residue(&self) -> Integer {
        self.residue.into()
    }

    fn calls(&self) -> u32 {
        10
    }
}

fn tuning(length: usize) -> Tuning {
    Tuning {
        isa: Isa::Portable,
        length,
        threads: 1,
    }
}

#[test]
fn the_fastest_is_chosen_and_the_wrong_ones_are_refused() {
    const RIGHT: u32 = 7;
    let clock = Cell::new(Duration::ZERO);
    let mut planned = Planned::default();
    assert_eq!(planned.best(), None);
    // The fastest of all gives a wrong residue.
    for (length, cost, residue) in [
        (5_120, 30, RIGHT),
        (6_144, 20, RIGHT),
        (7_168, 1, RIGHT + 1),
        (8_192, 25, RIGHT),
    ] {
        let mut subject = Fake {
            clock: &clock,
            cost: Duration::from_micros(cost),
            residue,
        };
        let mut timer = || clock.get();
        planned.add(tuning(length), &mut subject, &RIGHT.into(), &mut timer);
    }
    let expected: Vec<(Tuning, Duration)> = [(6_144, 20), (8_192, 25), (5_120, 30)]
        .map(|(length, cost)| (tuning(length), Duration::from_micros(cost)))
        .into();
    assert_eq!(planned.measured, expected);
    assert_eq!(planned.refused, [tuning(7_168)]);
    assert_eq!(planned.best(), Some(tuning(6_144)));
}

#[test]
fn real_rings_are_measured_and_none_is_refused() {
    // Long enough for two threads in every variant.
    let modulus = Modulus::kbnc(3, 2, 400_000, 1).expect("a valid form");
    let options = Options::default().with_threads(2);
    // A clock that moves by itself: the later is the slower.
    let mut time = Duration::ZERO;
    let mut looks = 0u32;
    let mut timer = || {
        looks += 1;
        time += Duration::from_micros(looks.into());
        time
    };
    let planned = plan(&modulus, options, &mut timer).expect("there is a ring");
    assert_eq!(planned.refused, []);
    let least = Ring::new(&modulus, options)
        .expect("there is a ring")
        .length();
    let best = planned.best().expect("something was measured");
    assert_eq!(Some(best.length), least);
    assert_eq!((best.isa, best.threads), (Isa::best(), 1));
    let lengths = planned.measured.iter().map(|(t, _)| t.length);
    assert!(lengths.clone().any(|l| Some(l) > least));
    assert!(planned.measured.iter().any(|(t, _)| t.threads == 2));
    for (tuning, _) in planned.measured {
        let ring = Ring::new(&modulus, options.with_tuning(tuning)).expect("it was measured");
        assert_eq!(ring.length(), Some(tuning.length));
        assert_eq!(ring.threads(), tuning.threads);
        assert_eq!(tuning.to_string().parse(), Ok(tuning));
    }
}

#[test]
fn where_no_transform_computes_nothing_is_measured() {
    let modulus = Modulus::kbnc(3, 2, 500, 1).expect("a valid form");
    let mut timer = || Duration::ZERO;
    let planned = plan(&modulus, Options::default(), &mut timer).expect("GMP serves always");
    assert_eq!(planned, Planned::default());
}

#[test]
fn other_texts_are_no_tuning() {
    for text in [
        "",
        "avx2",
        "avx2 5120",
        "avx2 5120 1 1",
        "avx3 5120 1",
        "avx2 -1 1",
        "avx2  5120 1",
        "avx2 5120 1 ",
    ] {
        assert!(text.parse::<Tuning>().is_err(), "{text}");
    }
}
