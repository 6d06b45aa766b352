//! Hilbert class polynomials, modulo a prime N that splits in the class field: the roots are the
//! j-invariants of the reduced forms of discriminant -d.
//!
//! Over the genus field, the square roots of the prime discriminants, the polynomial is a product of
//! g = 2^(t-1) factors of degree h/g, one for each genus of forms. Modulo N any of them serves, so that
//! the root that is looked for is one of a polynomial of small degree. A coefficient c of a factor is a
//! sum of rational multiples of the square roots rho of products of prime discriminants; the trace of
//! c*rho, the sum over the genera with the signs of their characters, is an integer, and these integers
//! are what is computed, in fixed point with enough bits. A trace that is not close to an integer is
//! refused. A wrong polynomial could spoil an attempt, but no proof: only curves whose points are checked
//! enter a certificate.

use std::collections::BTreeMap;

use rug::Integer;

use super::fixed::{Complex, Fixed};

/// The coefficients modulo n, the lowest first and without the leading 1, of one factor of the class
/// polynomial of -d. `parts` are the prime discriminants with their square roots modulo n. `None` if the
/// precision did not suffice.
pub(super) fn factor(d: u32, parts: &[(i32, Integer)], n: &Integer) -> Option<Vec<Integer>> {
    let genera = genera(d, parts);
    // |j| is about exp(pi sqrt(d)/a), and at least its logarithm counts as 12 bits.
    let height = |a: u32| {
        (std::f64::consts::PI / std::f64::consts::LN_2 * f64::from(d).sqrt() / f64::from(a))
            .max(12.0)
    };
    let size = |forms: &Vec<Form>| -> f64 {
        let weight = |form: &Form| if form.double { 2.0 } else { 1.0 };
        forms
            .iter()
            .map(|form| (height(form.a) + 2.0) * weight(form))
            .sum()
    };
    let largest = genera.values().map(size).fold(0.0, f64::max);
    let fixed = Fixed {
        bits: (largest + 2.0 * height(1) + f64::from(d).log2() + 100.0) as u32,
    };
    let pi = fixed.pi();
    let root = (Integer::from(d) << (2 * fixed.bits)).sqrt();
    let scale = (&pi * root) >> fixed.bits;
    let conjugates: Vec<(&Vec<bool>, Vec<Integer>)> = genera
        .iter()
        .map(|(genus, forms)| (genus, product(fixed, &pi, &scale, forms)))
        .collect();
    let degree = conjugates.first()?.1.len();
    if conjugates
        .iter()
        .any(|(_, polynomial)| polynomial.len() != degree)
    {
        return None;
    }
    let mut coefficients = vec![Integer::new(); degree];
    for subset in 0u32..1 << parts.len() {
        let chosen: Vec<usize> = (0..parts.len()).filter(|i| subset >> i & 1 == 1).collect();
        // Products of an odd number of negative discriminants have no real root; each is the other half
        // of -d to one that has.
        let negative = chosen.iter().filter(|&&i| parts[i].0 < 0).count();
        if negative % 2 == 1 {
            continue;
        }
        let square: i64 = chosen.iter().map(|&i| i64::from(parts[i].0)).product();
        // (i sqrt p)(i sqrt q) = -sqrt(pq)
        let mut rho = (Integer::from(square) << (2 * fixed.bits)).sqrt();
        if negative % 4 == 2 {
            rho = -rho;
        }
        let modular: Integer = chosen
            .iter()
            .fold(Integer::from(1), |rho, &i| rho * &parts[i].1 % n);
        let divisor = Integer::from(square) * conjugates.len() as u32;
        let weight = modular * divisor.invert(n).ok()? % n;
        for (position, coefficient) in coefficients.iter_mut().enumerate() {
            let mut trace = Integer::new();
            for (genus, polynomial) in &conjugates {
                let sign = chosen.iter().filter(|&&i| !genus[i]).count() % 2 == 1;
                if sign {
                    trace -= &polynomial[position];
                } else {
                    trace += &polynomial[position];
                }
            }
            let trace = nearest(fixed, (trace * &rho) >> fixed.bits)?;
            *coefficient += trace * &weight;
        }
    }
    Some(coefficients.into_iter().map(|c| c.modulo(n)).collect())
}

/// The reduced forms of -d by genus: for each prime discriminant, whether its character is 1.
fn genera(d: u32, parts: &[(i32, Integer)]) -> BTreeMap<Vec<bool>, Vec<Form>> {
    let mut genera: BTreeMap<Vec<bool>, Vec<Form>> = BTreeMap::new();
    for form in reduced_forms(d) {
        let value = form.value_coprime_to(d);
        let genus = parts
            .iter()
            .map(|(part, _)| Integer::from(*part).kronecker(&value) == 1)
            .collect();
        genera.entry(genus).or_default().push(form);
    }
    genera
}

/// The product of x - j over forms, in fixed point, without the leading 1.
fn product(fixed: Fixed, pi: &Integer, scale: &Integer, forms: &[Form]) -> Vec<Integer> {
    let mut polynomial = vec![Integer::from(1) << fixed.bits];
    for form in forms {
        let exponent = Complex {
            re: -Integer::from(scale / form.a),
            im: -Integer::from(pi * form.b) / form.a,
        };
        let j = j_invariant(fixed, &fixed.exp(&exponent));
        if form.double {
            let norm =
                (Integer::from(j.re.square_ref()) + Integer::from(j.im.square_ref())) >> fixed.bits;
            multiply(fixed, &mut polynomial, &[norm, -(j.re << 1u32)]);
        } else {
            multiply(fixed, &mut polynomial, &[-j.re]);
        }
    }
    polynomial.pop();
    polynomial
}

/// A reduced form a*x^2 + b*x*y + c*y^2, b >= 0; `double` says that -b gives another class.
struct Form {
    a: u32,
    b: u32,
    double: bool,
}

impl Form {
    /// A value a*x^2 + b*x*y + c*y^2 that has no factor in common with d.
    fn value_coprime_to(&self, d: u32) -> Integer {
        let (a, b) = (Integer::from(self.a), Integer::from(self.b));
        let c = (Integer::from(b.square_ref()) + d) / Integer::from(&a << 2u32);
        let values = (0i32..100).flat_map(|sum| (0..=sum).map(move |x| (x, sum - x)));
        values
            .map(|(x, y)| {
                Integer::from(&a * x) * x + Integer::from(&b * x) * y + Integer::from(&c * y) * y
            })
            .find(|value| value.clone().gcd(&Integer::from(d)) == 1)
            .expect("a primitive form has such values, for each prime among its first ones")
    }
}

fn reduced_forms(d: u32) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut b = d % 2;
    while 3 * b * b <= d {
        let product = (b * b + d) / 4;
        let mut a = b.max(1);
        while a * a <= product {
            if product.is_multiple_of(a) {
                let double = b != 0 && b != a && a * a != product;
                forms.push(Form { a, b, double });
            }
            a += 1;
        }
        b += 2;
    }
    forms
}

/// j from q = exp(2 pi i tau): (1 + 256t)^3/t with t = (eta(2 tau)/eta(tau))^24.
fn j_invariant(fixed: Fixed, q: &Complex) -> Complex {
    let ratio = fixed.mul(
        &euler(fixed, &fixed.mul(q, q)),
        &fixed.invert(&euler(fixed, q)),
    );
    let cube = fixed.mul(&fixed.mul(&ratio, &ratio), &ratio);
    let mut power = cube;
    for _ in 0..3 {
        power = fixed.mul(&power, &power);
    }
    let t = fixed.mul(q, &power);
    let sum = Complex {
        re: Integer::from(&t.re << 8u32) + (Integer::from(1) << fixed.bits),
        im: Integer::from(&t.im << 8u32),
    };
    let cube = fixed.mul(&fixed.mul(&sum, &sum), &sum);
    fixed.mul(&cube, &fixed.invert(&t))
}

/// The product of (1-q^n) over n >= 1, by the pentagonal number theorem: the sum of
/// (-1)^n (q^(n(3n-1)/2) + q^(n(3n+1)/2)).
fn euler(fixed: Fixed, q: &Complex) -> Complex {
    let mut sum = fixed.integer(1);
    let cube = fixed.mul(&fixed.mul(q, q), q);
    // q^n, q^(3n-2) and q^(n(3n-1)/2).
    let mut power = q.clone();
    let mut step = q.clone();
    let mut low = q.clone();
    let mut minus = true;
    while low.re != 0 || low.im != 0 {
        let high = fixed.mul(&low, &power);
        for term in [&low, &high] {
            if minus {
                sum.re -= &term.re;
                sum.im -= &term.im;
            } else {
                sum.re += &term.re;
                sum.im += &term.im;
            }
        }
        minus = !minus;
        // From n to n+1 the lower exponent grows by 3n+1.
        step = fixed.mul(&step, &cube);
        low = fixed.mul(&low, &step);
        power = fixed.mul(&power, q);
        // Rounding towards minus infinity would never reach zero.
        if low.re.significant_bits().max(low.im.significant_bits()) <= 2 {
            break;
        }
    }
    sum
}

/// polynomial *= x^k + ... with the lower coefficients given.
fn multiply(fixed: Fixed, polynomial: &mut Vec<Integer>, factor: &[Integer]) {
    let degree = factor.len();
    let mut product = vec![Integer::new(); polynomial.len() + degree];
    for (i, coefficient) in polynomial.iter().enumerate() {
        for (j, other) in factor.iter().enumerate() {
            product[i + j] += Integer::from(coefficient * other) >> fixed.bits;
        }
        product[i + degree] += coefficient;
    }
    *polynomial = product;
}

/// The integer that a value is close to.
fn nearest(fixed: Fixed, value: Integer) -> Option<Integer> {
    let integer = (&value + (Integer::from(1) << (fixed.bits - 1))) >> fixed.bits;
    let error = value - Integer::from(&integer << fixed.bits);
    (error.significant_bits() < fixed.bits - 16).then_some(integer)
}

#[cfg(test)]
mod tests {
    use rug::ops::Pow;

    use super::*;

    /// The whole polynomial: the product over all forms.
    fn hilbert(d: u32) -> Vec<String> {
        let forms = reduced_forms(d);
        let fixed = Fixed { bits: 600 };
        let pi = fixed.pi();
        let scale = (&pi * (Integer::from(d) << 1200u32).sqrt()) >> 600u32;
        product(fixed, &pi, &scale, &forms)
            .into_iter()
            .map(|c| nearest(fixed, c).map_or("imprecise".into(), |c| c.to_string()))
            .collect()
    }

    #[test]
    fn polynomials_of_the_literature() {
        assert_eq!(hilbert(3), ["0"]);
        assert_eq!(hilbert(4), ["-1728"]);
        assert_eq!(hilbert(7), ["3375"]);
        assert_eq!(hilbert(163), ["262537412640768000"]);
        assert_eq!(hilbert(15), ["-121287375", "191025"]);
        assert_eq!(hilbert(20), ["-681472000", "-1264000"]);
        assert_eq!(hilbert(23), ["12771880859375", "-5151296875", "3491750"]);
    }

    #[test]
    fn a_factor_divides_the_whole_polynomial() {
        use super::super::{discriminant::table, norm};
        let mut tried = 0;
        for entry in table(1000).iter().filter(|entry| entry.d < 600) {
            // A prime that splits completely: 4n = t^2 + d*v^2.
            let primes = (1..4000u64).map(|t| t * t + u64::from(entry.d) * 4);
            let Some(n) = primes
                .filter(|n| n % 4 == 0 && crate::word::is_prime(n / 4))
                .map(|n| Integer::from(n / 4))
                .find(|n| *n > 1000)
            else {
                continue;
            };
            let parts: Vec<(i32, Integer)> = entry
                .parts
                .iter()
                .map(|&part| {
                    let root = norm::square_root(&Integer::from(part), &n);
                    (part, root.unwrap_or_else(|| panic!("{part} modulo {n}")))
                })
                .collect();
            let small = factor(entry.d, &parts, &n).unwrap_or_else(|| panic!("{}", entry.d));
            assert_eq!(
                small.len() as u32 * (1 << (parts.len() - 1)),
                entry.class_number
            );
            // Every root of the factor is a root of the whole.
            let whole: Vec<Integer> = hilbert(entry.d)
                .iter()
                .map(|c| Integer::from_str_radix(c, 10).unwrap_or_else(|e| panic!("{e}")))
                .collect();
            let value = |lower: &[Integer], x: u64| {
                let leading = Integer::from(x).pow(lower.len() as u32);
                let terms = lower.iter().enumerate();
                let sum: Integer = terms.map(|(i, c)| Integer::from(x).pow(i as u32) * c).sum();
                (leading + sum).is_divisible(&n)
            };
            let n_word = n.to_u64().unwrap_or(0);
            let roots: Vec<u64> = (0..n_word).filter(|&x| value(&small, x)).collect();
            assert_eq!(roots.len(), small.len(), "{} modulo {n}", entry.d);
            assert!(roots.iter().all(|&x| value(&whole, x)), "{}", entry.d);
            tried += u32::from(parts.len() > 1);
            if n_word > 100_000 || tried > 25 {
                break;
            }
        }
        assert!(tried > 10, "{tried}");
    }
}
