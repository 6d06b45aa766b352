//! Any number of threads and stretches gives the residues of one thread, at seams too, and the gate sees
//! faults in every stretch.

use rug::{Integer, ops::Pow};

use super::*;

const FORMS: [Form; 10] = [
    Form {
        k: 3,
        b: 2,
        n: 60_000,
        c: 1,
    },
    Form {
        k: 3,
        b: 2,
        n: 60_000,
        c: -1,
    },
    // A tail of several digits.
    Form {
        k: 113_983,
        b: 2,
        n: 50_000,
        c: -1,
    },
    Form {
        k: 7,
        b: 10,
        n: 15_000,
        c: 1,
    },
    Form {
        k: 1,
        b: 60_000,
        n: 4_096,
        c: 1,
    },
    Form {
        k: 1,
        b: 2,
        n: 60_001,
        c: 2,
    },
    // Padded rows: k in one piece and in two, digits of both kinds and of one, and another c.
    Form {
        k: 98_765_431,
        b: 2,
        n: 60_000,
        c: 1,
    },
    Form {
        k: 98_765_432_101,
        b: 10,
        n: 18_000,
        c: -1,
    },
    Form {
        k: 987_654_321_011,
        b: 60_000,
        n: 4_096,
        c: -1,
    },
    Form {
        k: 7,
        b: 2,
        n: 60_000,
        c: 31,
    },
];

/// Those of them that are padded rows.
const PADDED: usize = 4;

fn modulus(form: Form) -> Integer {
    Integer::from(form.b).pow(form.n) * form.k + form.c
}

/// An engine whose passes are cut into so many stretches, however short.
fn in_stretches(form: Form, isa: Isa, pool: &Arc<Pool>, stretches: usize) -> Engine {
    let engine = Engine::new(form, &modulus(form), isa, None).expect("the form suits");
    let (each, tail) = engine.waits();
    assert!(engine.words.shape.segment / stretches >= each + tail);
    Engine {
        spread: Some(Spread {
            pool: Arc::clone(pool),
            stretches,
        }),
        ..engine
    }
}

fn pools() -> Vec<Arc<Pool>> {
    (1..=4)
        .map(|threads| Arc::new(Pool::new(threads).expect("a few threads can be had")))
        .collect()
}

/// Everything that there is to do with residues, several times.
fn everything(engine: &Engine) -> Vec<Integer> {
    let start = Integer::from(3).pow(40_000) % &engine.modulus;
    let mut x = engine.residue(&start);
    let factor = engine.factor(&engine.residue(&Integer::from(&start >> 77u32)));
    let mut values = Vec::new();
    for round in 0..4 {
        for _ in 0..CAREFUL {
            engine.square(&mut x, 1);
        }
        values.push(engine.to_integer(&x));
        let mut y = x.clone();
        engine.square(&mut y, 3);
        engine.mul(&mut x, &y, 1);
        engine.mul_factor(&mut y, &factor);
        engine.add(&mut x, &y, -1.0);
        engine.mul_small(&mut x, 1_000 + round);
        engine.sub_small(&mut x, 7);
        engine.square_sub(&mut y, 2, 1_000_001);
        values.push(engine.to_integer(&x));
        values.push(engine.to_integer(&y));
    }
    assert_eq!(x.redone(), 0);
    values
}

#[test]
fn results_do_not_depend_on_threads_and_stretches() {
    let pools = pools();
    for (number, form) in FORMS.into_iter().enumerate() {
        for isa in Isa::available() {
            let one = Engine::new(form, &modulus(form), isa, None).expect("the form suits");
            assert_eq!(one.is_padded(), number + PADDED >= FORMS.len(), "{form:?}");
            let expected = everything(&one);
            for pool in &pools {
                for stretches in [2, 3, 4] {
                    let engine = in_stretches(form, isa, pool, stretches);
                    assert!(
                        everything(&engine) == expected,
                        "{form:?}, {isa:?}, {} threads, {stretches} stretches",
                        pool.threads()
                    );
                }
            }
        }
    }
}

#[test]
fn faults_in_any_stretch_are_seen_and_made_good() {
    let pool = &pools()[1];
    for form in FORMS {
        let n = modulus(form);
        for isa in Isa::available() {
            let engine = in_stretches(form, isa, pool, 3);
            let segment = engine.words.shape.segment;
            let lanes = engine.words.shape.lanes;
            let mut x = engine.residue(&(Integer::from(3).pow(40_000) % &n));
            for _ in 0..CAREFUL {
                engine.square(&mut x, 1);
            }
            let mut redone = x.redone();
            for fault in [f64::NAN, f64::INFINITY, 1e300, 3e7] {
                for stretch in 0..3 {
                    // Products of one column, before they are carried.
                    let column = start_of(stretch, 3, segment) + stretch;
                    let mut value = engine.to_integer(&x);
                    let rest = Some((&mut x.real, None));
                    engine.turn(&mut x.data, Way::Square, rest);
                    x.data.view_mut::<f64>()[column * 2 * lanes + 1] = fault;
                    let watch = engine.carry(&mut x, 1, Ends::default());
                    assert!(
                        !engine.accepts(&mut x, watch, 1),
                        "{form:?}, {isa:?}: {fault} in stretch {stretch} was not seen"
                    );
                    let kept = engine.value_of(&x.kept);
                    assert_eq!(kept, value);
                    engine.replace(&mut x, kept.square());
                    engine.square(&mut x, 1);
                    value = value.square() % &n;
                    value = value.square() % &n;
                    assert_eq!(engine.to_integer(&x), value, "{form:?}, {isa:?}");
                    assert_eq!(x.redone(), redone);
                    redone = x.redone();
                }
            }
        }
    }
}
