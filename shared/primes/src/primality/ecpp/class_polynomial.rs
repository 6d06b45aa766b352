//! Hilbert class polynomials: the polynomial of degree h(-d) whose roots are the j-invariants of the
//! reduced forms of discriminant -d. Its coefficients are integers; they are computed in fixed point
//! with enough bits, and a coefficient that is not close to an integer is refused. A wrong polynomial
//! could spoil an attempt, but no proof: only curves whose points are checked enter a certificate.

use rug::Integer;

use super::fixed::{Complex, Fixed};

/// The coefficients, the lowest first, without the leading 1; `None` if the precision did not suffice.
pub(super) fn hilbert(d: u32) -> Option<Vec<Integer>> {
    let forms = reduced_forms(d);
    // |j| is about exp(pi sqrt(d)/a), and at least its logarithm counts as 12 bits.
    let height = |a: u32| {
        (std::f64::consts::PI / std::f64::consts::LN_2 * f64::from(d).sqrt() / f64::from(a))
            .max(12.0)
    };
    let total: f64 = forms
        .iter()
        .map(|form| (height(form.a) + 2.0) * if form.double { 2.0 } else { 1.0 })
        .sum();
    let fixed = Fixed {
        bits: (total + 2.0 * height(1) + 80.0) as u32,
    };
    let pi = fixed.pi();
    let root = (Integer::from(d) << (2 * fixed.bits)).sqrt();
    let height = (&pi * root) >> fixed.bits;
    let mut polynomial = vec![Integer::from(1) << fixed.bits];
    for form in forms {
        let exponent = Complex {
            re: -Integer::from(&height / form.a),
            im: -Integer::from(&pi * form.b) / form.a,
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
        .into_iter()
        .map(|coefficient| nearest(fixed, coefficient))
        .collect()
}

/// A reduced form a*x^2 + b*x*y + c*y^2, b >= 0; `double` says that -b gives another class.
struct Form {
    a: u32,
    b: u32,
    double: bool,
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
    use super::*;

    #[test]
    fn polynomials_of_the_literature() {
        let text = |d| -> Vec<String> {
            let list = hilbert(d).unwrap_or_else(|| panic!("{d}: not precise enough"));
            list.iter().map(Integer::to_string).collect()
        };
        assert_eq!(text(3), ["0"]);
        assert_eq!(text(4), ["-1728"]);
        assert_eq!(text(7), ["3375"]);
        assert_eq!(text(163), ["262537412640768000"]);
        assert_eq!(text(15), ["-121287375", "191025"]);
        assert_eq!(text(20), ["-681472000", "-1264000"]);
        assert_eq!(text(23), ["12771880859375", "-5151296875", "3491750"]);
    }

    #[test]
    fn every_degree_is_the_class_number() {
        for entry in super::super::discriminant::table().iter().step_by(97) {
            if entry.class_number > 40 {
                break;
            }
            let degree = hilbert(entry.d).map(|list| list.len() as u32);
            assert_eq!(degree, Some(entry.class_number), "{}", entry.d);
        }
    }
}
