//! Numbers of another program's proofs, and what plans say.

use rug::Integer;

use super::{
    super::{
        build::{self, last_claim},
        plan::place,
        prove::products,
        *,
    },
    end, plain, ring, tested,
};

fn hex(text: &str) -> Integer {
    Integer::from_str_radix(text, 16).unwrap()
}

/// The products and the last claim under given challenges.
fn with_challenges(
    statement: &Statement<'_>,
    plan: &Plan,
    challenges: &[Integer],
) -> (Vec<Integer>, build::Claim) {
    let (done, mut points) = tested(statement, plan);
    let mut given = challenges.iter().cloned();
    let challenge = |product| (product, given.next().unwrap());
    let products = products(statement, plan, &mut points, challenge).unwrap();
    let proof = Proof {
        result: end(&done),
        products: products.clone(),
    };
    let claim = last_claim(statement, plan, &proof, challenges);
    (products, claim)
}

#[test]
fn values_are_kept_where_halvings_end() {
    let places = |steps, levels: u32| -> Vec<u64> {
        (0..=1 << levels).map(|i| place(steps, levels, i)).collect()
    };
    assert_eq!(places(41, 2), [0, 11, 21, 31, 41]);
    assert_eq!(places(49, 2), [0, 13, 25, 37, 49]);
    assert_eq!(places(160, 4), (0..=16).map(|i| 10 * i).collect::<Vec<_>>());
    for steps in 64..300 {
        for levels in 1..5 {
            let places = places(steps, levels);
            let gaps = places.windows(2).map(|pair| pair[1] - pair[0]);
            for gap in gaps {
                let least = steps >> levels;
                assert!(
                    (least..=least + u64::from(levels)).contains(&gap),
                    "{places:?}"
                );
            }
            // The values of a shorter plan are among those of a longer one.
            let half: Vec<u64> = places.iter().copied().step_by(2).collect();
            assert_eq!(half, self::places_of(steps, levels - 1));
        }
    }
}

fn places_of(steps: u64, levels: u32) -> Vec<u64> {
    (0..=1 << levels).map(|i| place(steps, levels, i)).collect()
}

#[test]
fn products_and_claims_are_those_of_another_program() {
    // PRST's, for its challenges.
    let ring = ring(7, 2, 42, 1);
    let statement = Statement::equal_powers(&ring, 3, 7, 2, 41);
    let challenges = [10_210_638_675_831_893_881u64, 542_436_980_233_093_657].map(Integer::from);
    let plan = Plan::with_power(41, 1.0, 2).unwrap();
    for kept in 1..=2 {
        let (products, claim) = with_challenges(&statement, &plan.keeping(kept), &challenges);
        assert_eq!(products, [3_310_191_615_715u64, 14_508_372_770_421]);
        assert_eq!(claim.x, 10_535_617_675_670u64);
        assert_eq!(claim.y, 22_470_310_736_226u64);
        assert_eq!(claim.y.to_u64_wrapping(), 0x0000_146F_C6E3_B162);
        assert_eq!((plan.certify_steps(), claim.exponent), (10, None));
    }

    let ring = self::ring(3, 2, 161, 1);
    let statement = Statement::equal_powers(&ring, 5, 3, 2, 160);
    let challenges = [
        "938DE29915C8813B",
        "2A59F5CE1BAB29E7",
        "65EF088026398BAB",
        "F93004511DC2EBDF",
    ]
    .map(hex);
    let plan = Plan::with_power(160, 1.0, 4).unwrap();
    for kept in 1..=4 {
        let (products, claim) = with_challenges(&statement, &plan.keeping(kept), &challenges);
        let right = [
            "4342A251EE709B591E4A1B967891FF0D370FAA12B",
            "4C82E3F00CDACD9DCCCF15983FF1ED18E0F7C5E23",
            "32C7321D88A6CACDE00C5D6E56736BEC1685BD131",
            "3C0A50239D9ECAFBB238881363BB8F3DB1F3C57A5",
        ];
        assert_eq!(products, right.map(hex));
        assert_eq!(claim.x, hex("54AA5917180F72969D352F29E5D733A9C4FAF1B6F"));
        assert_eq!(claim.y, hex("0CF3761532B4B99348679A0A12CA007067A74222E"));
    }

    let ring = plain(Integer::from(10u64.pow(15) + 27));
    let exponent = Integer::from(ring.modulus() - 1);
    let statement = Statement::any_power(&ring, 3, exponent);
    let challenges = [1_947_913_536_233_863_963u64, 2_197_078_329_665_392_421].map(Integer::from);
    let plan = Plan::with_power(49, 1.0, 2).unwrap();
    assert_eq!(statement.parts(2).unwrap(), [6359, 3748, 3176, 26]);
    for kept in 1..=2 {
        let (products, claim) = with_challenges(&statement, &plan.keeping(kept), &challenges);
        assert_eq!(products, [897_698_316_363_598u64, 655_209_991_041_108]);
        assert_eq!(claim.x, 387_153_379_692_446u64);
        assert_eq!(claim.y, 295_498_457_984_185u64);
        let exponent: Integer = "27214730695176982914887249503130710568303".parse().unwrap();
        assert_eq!(claim.exponent, Some(exponent));
    }
}

#[test]
fn plans_say_what_they_take() {
    let plan = Plan::for_chain(1_000_000, 1.0).unwrap();
    assert_eq!((plan.power(), plan.points()), (8, 128));
    assert_eq!(plan.certify_steps(), 3906);
    assert!(plan.disk_bytes(1_000_000) < 17 << 20);
    assert!(plan.proof_bytes(1_000_000) < 9 * 125_100);
    assert!(plan.memory_bytes(1_000_000) < 1 << 25);
    assert_eq!(Plan::for_chain(4_000_000, 1.0).unwrap().power(), 9);
    assert_eq!(Plan::for_chain(100_000_000, 1.0).unwrap().power(), 11);
    assert_eq!(plan.places().len(), 128);
    assert_eq!(plan.places().last(), Some(&1_000_000));
    assert!(Plan::with_power(100, 1.0, 5).is_err());
    assert!(Plan::with_power(100, 1.0, 0).is_err());
    assert!(Plan::with_power(u64::MAX, 1.0, 20).is_err());
    assert!(Plan::for_chain(20, 1.0).is_err());
}
