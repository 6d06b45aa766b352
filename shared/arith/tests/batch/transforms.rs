//! Batches by the transform: the residues of rings apart, and what no transform suits.

use darkreach_arith::{BatchError, BatchIsa, BatchOptions, BatchRing, Isa, LANES, Modulus};
use rug::Integer;

use super::support::*;

#[test]
fn powers_by_transforms_are_those_of_rings_apart() {
    for (forms, c) in [
        (
            vec![
                (3, 3000),
                (5, 3001),
                (7, 3050),
                (1, 3008),
                (9, 3000),
                (11, 2990),
                (3, 2999),
                (13, 3007),
            ],
            1,
        ),
        (vec![(10_223, 6000), (10_225, 6000), (99, 5999)], 1),
        (vec![(10_223, 13_000); 2], 1),
        (vec![(3, 3000), (5, 3001), (7, 3050), (1, 3008)], -1),
        (vec![(10_223, 6000), (10_225, 6000), (99, 5999)], -1),
    ] {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, n)| Modulus::kbnc(k, 2, n, c).unwrap())
            .collect();
        let exponents: Vec<Integer> = moduli
            .iter()
            .map(|m| Integer::from(m.value() - 1u32))
            .collect();
        let apart = BatchOptions::default().with_isa(BatchIsa::Separate);
        let apart = new_ring(&moduli, apart);
        let expected = apart.to_integers(&apart.pow(3, &exponents).unwrap());
        for isa in Isa::available() {
            let ring = new_ring(&moduli, BatchOptions::default().with_transform(isa));
            assert_eq!(ring.transform().map(|(isa, _)| isa), Some(isa));
            assert!(ring.is_special());
            let power = ring.pow(3, &exponents).unwrap();
            assert_eq!(ring.to_integers(&power), expected, "{}", ring.describe());
            // Stopped on the way, and with exponents of different length.
            let mut looks = 0;
            let (power, left) = ring
                .pow_while(3, &exponents, 100, &mut || {
                    looks += 1;
                    looks < 20
                })
                .unwrap();
            assert!(left > 0);
            for ((power, e), m) in ring.to_integers(&power).iter().zip(&exponents).zip(&moduli) {
                let e = Integer::from(e >> left);
                let expected = Integer::from(3).pow_mod(&e, m.value()).unwrap();
                assert_eq!(*power, expected, "{}", ring.describe());
            }
        }
    }
}

#[test]
fn every_operation_on_residues_of_transforms() {
    let mut random = Random(77);
    let forms = [(3, 4000), (10_223, 3990), (1, 4032), (5, 4001), (77, 3900)];
    for (isa, c) in Isa::available()
        .into_iter()
        .flat_map(|isa| [(isa, 1), (isa, -1)])
    {
        let moduli = forms.map(|(k, n)| Modulus::kbnc(k, 2, n, c).unwrap());
        let ring = new_ring(&moduli, BatchOptions::default().with_transform(isa));
        let a: Vec<Integer> = moduli
            .iter()
            .map(|m| random.bits(5000) % m.value())
            .collect();
        let b: Vec<Integer> = moduli
            .iter()
            .map(|m| random.bits(5000) % m.value())
            .collect();
        let (mut x, mut y) = (residues(&ring, &a), residues(&ring, &b));
        let (mut v, mut w) = (a, b);
        // Before the transform takes over, and long after.
        for step in 0..150u32 {
            ring.square_times(&mut x, 1);
            v = map(&ring, [&v], |_, [v]| Integer::from(v.square_ref()));
            ring.square_mul(&mut y, &[3; LANES]);
            w = map(&ring, [&w], |_, [w]| Integer::from(w.square_ref()) * 3u32);
            let m: [u32; LANES] = std::array::from_fn(|_| random.next() as u32);
            match step % 25 {
                7 => {
                    ring.mul(&mut x, &y);
                    v = map(&ring, [&v, &w], |_, [v, w]| Integer::from(v * w));
                }
                8 => {
                    ring.add(&mut x, &y);
                    v = map(&ring, [&v, &w], |_, [v, w]| Integer::from(v + w));
                }
                9 => {
                    ring.sub(&mut y, &x);
                    w = map(&ring, [&w, &v], |_, [w, v]| Integer::from(w - v));
                }
                10 => {
                    ring.mul_small(&mut y, &m);
                    w = map(&ring, [&w], |l, [w]| Integer::from(w * m[l]));
                }
                11 => {
                    ring.sub_small(&mut x, &m);
                    v = map(&ring, [&v], |l, [v]| Integer::from(v - m[l]));
                }
                12 => {
                    ring.square_mul(&mut x, &m);
                    v = map(&ring, [&v], |l, [v]| Integer::from(v.square_ref()) * m[l]);
                }
                _ => {}
            }
            assert_eq!(ring.to_integers(&x), v, "{isa:?} {step}");
            assert_eq!(ring.to_integers(&y), w, "{isa:?} {step}");
            assert_eq!(ring.equal(&x, &x.clone()), [true; LANES]);
            let equal = ring.equal(&x, &y);
            assert_eq!(equal[..5], [false; 5]);
        }
    }
}

#[test]
fn what_no_transform_suits_is_computed_otherwise() {
    let ring = |forms: &[(u64, u32, i64)], options: BatchOptions| {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, n, c)| Modulus::kbnc(k, 2, n, c).unwrap())
            .collect();
        BatchRing::new(&moduli, options)
    };
    let wanted = BatchOptions::default().with_transform(Isa::Portable);
    assert!(
        ring(&[(3, 3000, 1); 2], wanted)
            .unwrap()
            .transform()
            .is_some()
    );
    for forms in [[(3, 3000, 1), (3, 3000, -1)], [(3, 3000, 5), (3, 3000, 1)]] {
        assert_eq!(ring(&forms, wanted).unwrap().transform(), None);
    }
    let any = wanted.without_special_form();
    assert_eq!(ring(&[(3, 3000, 1); 2], any).unwrap().transform(), None);
    let auto = BatchOptions::default();
    assert_eq!(ring(&[(3, 1000, 1); 8], auto).unwrap().transform(), None);
    assert_eq!(ring(&[(3, 20_000, 1); 2], auto).unwrap().transform(), None);
    let together = ring(&[(3, 20_000, 1); 8], auto).unwrap().transform();
    assert_eq!(together.is_some(), Isa::best() == Isa::Avx512);
    // Larger than integers in vectors may be.
    for c in [1, -1] {
        assert!(ring(&[(3, 35_000, c); 8], wanted).is_ok());
    }
    for (n, c) in [(35_000, 5), (50_000, 1), (50_000, -1)] {
        assert!(matches!(
            ring(&[(3, n, c); 8], wanted),
            Err(BatchError::TooLarge { lane: 0, .. })
        ));
    }
}
