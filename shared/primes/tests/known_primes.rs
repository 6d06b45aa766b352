//! Known primes of every form, from the lists of the OEIS (the sequence stands beside each) and of the Prime
//! Pages, get certificates that the verifier accepts, through the file's text; the
//! numbers beside them never do unless they are primes themselves.

#[path = "support/certified.rs"]
mod certified;

use certified::certified;
use darkreach_primes::{
    certificate::{Certificate, check},
    primality::Verdict,
};
use rug::{Integer, integer::IsPrime};

fn is_prime(n: &Integer) -> bool {
    *n > 1 && n.is_probably_prime(30) != IsPrime::No
}

/// Proves each number, reads the certificate back and verifies it; `theorems` are those that may prove
/// it. The even neighbours and multiples of 3 take no time, so the odd ones on both sides are tried.
fn proves(texts: &[String], theorems: &[&str]) {
    assert!(texts.len() >= 10, "{}", texts.len());
    for text in texts {
        let proved = certified(text);
        let Some(certificate) = proved.certificate else {
            panic!("{text}: {:?}", proved.tested);
        };
        assert_eq!(proved.tested.verdict, Verdict::Prime, "{text}");
        let theorem = certificate.theorem();
        assert!(
            theorem == "small" || theorems.contains(&theorem),
            "{text}: {theorem}"
        );
        let read = Certificate::from_json(certificate.to_json().as_bytes());
        let read = read.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read, certificate, "{text}");
        // The proof ended with a verification of the same; long ones are not repeated.
        if read.n.significant_bits() < 10_000 {
            assert_eq!(check(&read), Ok(()), "{text}");
        }
        for neighbour in [-4, -2, 2, 4] {
            let other = format!("({text})+({neighbour})");
            // The certificate of another number.
            let mut moved = read.clone();
            moved.n += neighbour;
            assert!(check(&moved).is_err(), "{other}");
            moved.expression.clone_from(&other);
            assert!(check(&moved).is_err(), "{other}");
            if read.n.significant_bits() > 1500 {
                continue;
            }
            let beside = certified(&other);
            assert_eq!(beside.certificate.is_some(), is_prime(&moved.n), "{other}");
        }
    }
}

/// The theorems of numbers whose form promises no factors of N-1 and N+1.
const GENERAL: [&str; 7] = [
    "llr",
    "pocklington",
    "morrison",
    "bls5",
    "bls17",
    "combined",
    "ecpp",
];

fn list(numbers: &[u32], write: impl Fn(u32) -> String) -> Vec<String> {
    numbers.iter().map(|&n| write(n)).collect()
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn factorials() {
    // A002981, A002982. For n > 1000 no prime below 1000 is a witness for 2.
    let plus = [27, 37, 41, 73, 77, 116, 154, 320, 340, 399, 427, 872, 1477];
    proves(&list(&plus, |n| format!("{n}!+1")), &["pocklington"]);
    let minus = [30, 32, 33, 38, 94, 166, 324, 379, 469, 546, 974, 1963];
    proves(&list(&minus, |n| format!("{n}!-1")), &["morrison"]);
}

#[test]
fn primorials() {
    // A005234, A006794.
    let plus = [2, 3, 5, 7, 11, 31, 379, 1019, 1021, 2657, 3229, 4547, 4787];
    proves(
        &list(&plus, |p| format!("{p}#+1")),
        &["pocklington", "proth"],
    );
    let minus = [3, 5, 11, 13, 41, 89, 317, 337, 991, 1873, 2053, 2377, 4583];
    proves(&list(&minus, |p| format!("{p}#-1")), &["morrison"]);
}

#[test]
fn powers_of_two_times_a_multiplier() {
    // A002253, A002235.
    let plus = [
        66, 189, 201, 209, 276, 353, 408, 438, 534, 2208, 20_909, 42_294, 59_973,
    ];
    proves(&list(&plus, |n| format!("3*2^{n}+1")), &["proth"]);
    let minus = [
        94, 103, 143, 206, 216, 306, 324, 391, 458, 470, 18_123, 51_387,
    ];
    proves(&list(&minus, |n| format!("3*2^{n}-1")), &["llr"]);
}

#[test]
fn powers_of_other_bases_times_a_multiplier() {
    let plus = [
        "2*3^60+1",
        "40*3^60+1",
        "50*3^60+1",
        "42*5^60+1",
        "40*6^60+1",
        "46*6^60+1",
        "58*7^60+1",
        "19*10^60+1",
        "55*10^61+1",
        "7*12^60+1",
        "59*12^61+1",
        "2*3^7842+1",
    ];
    proves(&texts(&plus), &["pocklington"]);
    let minus = [
        "20*3^60-1",
        "52*3^60-1",
        "24*5^60-1",
        "38*5^60-1",
        "28*6^60-1",
        "32*6^61-1",
        "40*6^61-1",
        "58*6^61-1",
        "50*7^61-1",
        "41*10^60-1",
        "48*10^60-1",
        "28*12^60-1",
    ];
    proves(&texts(&minus), &["morrison"]);
}

#[test]
fn twins_as_pairs() {
    let pairs = [
        (9, 43),
        (9, 63),
        (9, 211),
        (45, 29),
        (45, 189),
        (75, 43),
        (4107, 100),
        (63_855, 200),
        (230_085, 300),
        (15, 10),
        (45, 14),
        // The largest known ones of 1990, 1994 and 1995.
        (1_706_595, 11_235),
        (697_053_813, 16_352),
        (242_206_083, 38_880),
    ];
    for (sign, theorem) in [("+1", "proth"), ("-1", "llr")] {
        let texts: Vec<String> = pairs
            .iter()
            .map(|(k, n)| format!("{k}*2^{n}{sign}"))
            .collect();
        proves(&texts, &[theorem]);
    }
}

#[test]
fn sophie_germain_primes_as_pairs() {
    let pairs = [
        (1, 2),
        (3, 6),
        (21, 2),
        (45, 8),
        (45, 14),
        (45, 15),
        (45, 28),
        (45, 36),
        (1245, 100),
        (717, 200),
        (88_179, 300),
        // Large ones of the 1990s.
        (157_324_389, 16_352),
        (470_943_129, 16_352),
        (885_817_959, 24_711),
    ];
    for add in [0, 1] {
        let texts: Vec<String> = pairs
            .iter()
            .map(|(k, n)| format!("{k}*2^{}-1", n + add))
            .collect();
        proves(&texts, &["llr"]);
    }
}

#[test]
fn cullen() {
    // A005849.
    let cullen = [
        1, 141, 4713, 5795, 6611, 18_496, 32_292, 32_469, 59_656, 90_825,
    ];
    proves(&list(&cullen, |n| format!("{n}*2^{n}+1")), &["proth"]);
}

#[test]
fn woodall() {
    // A002234.
    let woodall = [
        2, 3, 6, 30, 75, 81, 115, 123, 249, 362, 384, 462, 512, 751, 5312, 7755, 9531, 12_379,
        15_822, 18_885, 22_971, 23_005,
    ];
    proves(&list(&woodall, |n| format!("{n}*2^{n}-1")), &["llr"]);
}

#[test]
fn carol_and_kynea() {
    // A091515, A091513.
    let carol = [
        25, 27, 55, 129, 132, 159, 171, 175, 315, 324, 358, 393, 1459, 1707, 2923,
    ];
    proves(
        &list(&carol, |n| format!("(2^{n}-1)^2-2")),
        &["morrison", "llr", "pocklington"],
    );
    let kynea = [
        32, 51, 65, 87, 180, 242, 467, 491, 501, 507, 1650, 2813, 3281,
    ];
    proves(
        &list(&kynea, |n| format!("(2^{n}+1)^2-2")),
        &["morrison", "llr", "pocklington"],
    );
}

#[test]
fn generalised_fermat() {
    let sixteen = [44, 74, 76, 94, 156, 158, 176, 188, 198, 248];
    proves(&list(&sixteen, |b| format!("{b}^16+1")), &["pocklington"]);
    let many = [120, 190, 234, 506, 532, 548, 960];
    let mut texts = list(&many, |b| format!("{b}^128+1"));
    texts.extend(list(&[46, 1036, 1318], |b| format!("{b}^512+1")));
    // A056993 begins with the least b of each exponent: 824, 150, 1534.
    texts.extend(list(&[824, 1476], |b| format!("{b}^1024+1")));
    texts.extend(list(&[150, 2558], |b| format!("{b}^2048+1")));
    texts.extend(list(&[1534, 7316], |b| format!("{b}^4096+1")));
    proves(&texts, &["pocklington"]);
}

#[test]
fn wagstaff() {
    // A000978.
    let exponents = [61, 79, 101, 127, 167, 191, 199, 313, 347, 701, 1709];
    proves(&list(&exponents, |p| format!("(2^{p}+1)/3")), &GENERAL);
}

#[test]
fn repunits_of_the_bases_to_twenty() {
    // A000043, A028491, A004061 .. A006035, A004023, A016054. Base 9 has none, since (9^n-1)/8 is
    // (3^n-1)(3^n+1)/8, and 4, 8, 16 and 18 have one each, for like reasons.
    let known: [(u32, &[u32]); 18] = [
        (2, &[61, 89, 107, 127, 521, 607, 1279, 9689, 19_937, 44_497]),
        (3, &[71, 103, 541]),
        (4, &[2]),
        (5, &[47, 127, 149, 181]),
        (6, &[29, 71, 127, 271]),
        (7, &[131, 149]),
        (8, &[3]),
        (10, &[19, 23, 317]),
        (11, &[17, 19, 73, 139]),
        (12, &[19, 97, 109]),
        (13, &[7, 137]),
        (14, &[19, 31, 41]),
        (15, &[43, 73]),
        (16, &[2]),
        (17, &[11, 47, 71]),
        (18, &[2]),
        (19, &[19, 31, 47, 59, 61, 107]),
        (20, &[11, 17]),
    ];
    let texts: Vec<String> = known
        .iter()
        .flat_map(|(b, exponents)| {
            exponents.iter().map(move |n| match b {
                2 => format!("2^{n}-1"),
                b => format!("({b}^{n}-1)/{}", b - 1),
            })
        })
        .collect();
    proves(&texts, &GENERAL);
}

#[test]
fn palindromes() {
    let plus = [
        (16, 3),
        (17, 8),
        (24, 6),
        (27, 5),
        (29, 8),
        (32, 6),
        (34, 6),
    ];
    let mut structured: Vec<String> = plus
        .iter()
        .map(|(n, e)| format!("10^{}+{e}*10^{n}+1", 2 * n))
        .collect();
    // 9...9e9...9, with a factor of the bracket or by theorem 17 with its square test.
    let minus = [(22, 5), (26, 1), (36, 5), (43, 8)];
    structured.extend(
        minus
            .iter()
            .map(|(n, e)| format!("10^{}-{e}*10^{n}-1", 2 * n + 1)),
    );
    proves(&structured, &["pocklington", "morrison", "bls17"]);
    let plain = [
        "9366258517812865707042407075682187158526639",
        "9228303883685957489067609847595863883038229",
        "3883607598386756508896988056576838957063883",
        "7847513500049576561153511656759400053157487",
        "9143987542834335141716171415334382457893419",
        "7364052594351899913305033199981534952504637",
        "3444852791198962246392936422698911972584443",
        "7274727804819615170281820715169184087274727",
        "9988058683861491421202021241941683868508899",
        "3600187851502807267088807627082051587810063",
    ];
    proves(&texts(&plain), &GENERAL);
}

#[test]
fn near_repdigits() {
    let nines = [
        (1, 43),
        (8, 8),
        (8, 9),
        (4, 14),
        (4, 22),
        (4, 36),
        (4, 104),
        (5, 88),
        (7, 118),
        (8, 26),
    ];
    let texts: Vec<String> = nines
        .iter()
        .filter(|(e, n)| !(*e == 8 && *n < 26))
        .map(|(e, n)| format!("10^{}-{}*10^{n}-1", 2 * n + 1, 9 - e))
        .chain(list(&[378, 1246], |n| format!("10^{}-10^{n}-1", 2 * n + 1)))
        .collect();
    proves(&texts, &["morrison", "bls17", "pocklington", "bls5"]);
    let others = [
        (1, 4, 32),
        (1, 4, 45),
        (1, 5, 45),
        (1, 6, 40),
        (1, 7, 33),
        (1, 9, 26),
        (3, 7, 29),
        (3, 7, 33),
        (7, 4, 23),
        (7, 4, 36),
        (7, 8, 39),
    ];
    let texts: Vec<String> = others
        .iter()
        .map(|(d, e, n)| format!("{d}*(10^{}-1)/9+({e}-{d})*10^{n}", 2 * n + 1))
        .collect();
    proves(&texts, &GENERAL);
}

#[test]
fn values_of_the_third_and_sixth_cyclotomic_polynomial() {
    let third = [
        (3, 69),
        (3, 110),
        (3, 122),
        (3, 147),
        (3, 163),
        (3, 198),
        (5, 74),
        (5, 106),
        (5, 164),
        (5, 172),
        (7, 121),
    ];
    let texts: Vec<String> = third
        .iter()
        .map(|(k, n)| format!("({k}*2^{n})^2+{k}*2^{n}+1"))
        .collect();
    proves(&texts, &["pocklington"]);
    let sixth = [
        (3, 79),
        (3, 157),
        (7, 122),
        (7, 130),
        (9, 104),
        (9, 179),
        (9, 181),
    ];
    let mut texts: Vec<String> = sixth
        .iter()
        .map(|(k, n)| format!("({k}*2^{n})^2-{k}*2^{n}+1"))
        .collect();
    texts.extend(list(&[77, 104], |n| format!("(3*10^{n})^2+3*10^{n}+1")));
    texts.extend(list(&[2057], |n| format!("(3*2^{n})^2+3*2^{n}+1")));
    proves(&texts, &["pocklington"]);
}
