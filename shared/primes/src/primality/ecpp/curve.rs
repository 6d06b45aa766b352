//! A curve of known order, with a point, for a step of the proof: from a root j of the class polynomial,
//! its twists and points on them, in Jacobian coordinates (x = X/Z^2, y = Y/Z^3).

use rug::{Integer, rand::RandState};

use crate::certificate::Step;

/// Points that are tried; half of them (with d = 3 or 4, a sixth or a quarter) lie on the right twist.
const ATTEMPTS: usize = 100;

/// The curve y^2 = x^3 + a*x + b modulo n with a point.
struct Choice {
    a: Integer,
    b: Integer,
    x: Integer,
    y: Integer,
}

/// A step for n by the order m with its prime divisor q, from a j-invariant of discriminant -d.
pub(super) fn step(
    n: &Integer,
    d: u32,
    j: &Integer,
    m: &Integer,
    q: &Integer,
    random: &mut RandState<'_>,
) -> Option<Step> {
    let cofactor = Integer::from(m / q);
    for _ in 0..ATTEMPTS {
        let Some(choice) = choose(n, d, j, random) else {
            continue;
        };
        let curve = Curve { a: &choice.a, n };
        let part = curve.multiple(&curve.point(&choice.x, &choice.y), &cofactor);
        // A point at infinity already would prove nothing; try another.
        if part.z == 0 {
            continue;
        }
        let Some(part) = curve.affine(part) else {
            continue;
        };
        if curve.multiple(&part, q).z != 0 {
            continue;
        }
        return Some(Step::Ecpp {
            n: n.clone(),
            m: m.clone(),
            q: q.clone(),
            a: choice.a,
            b: choice.b,
            x: choice.x,
            y: choice.y,
        });
    }
    None
}

/// A random twist with a point on it.
fn choose(n: &Integer, d: u32, j: &Integer, random: &mut RandState<'_>) -> Option<Choice> {
    let x = Integer::from(n.random_below_ref(random));
    let y = Integer::from(n.random_below_ref(random));
    let cube = Integer::from(x.square_ref()) % n * &x;
    match d {
        // j = 0: b decides the twist, and the point gives b.
        3 => Some(Choice {
            a: Integer::new(),
            b: (Integer::from(y.square_ref()) - cube).modulo(n),
            x,
            y,
        }),
        // j = 1728: the same with a.
        4 => Some(Choice {
            a: ((Integer::from(y.square_ref()) - cube) * x.clone().invert(n).ok()?).modulo(n),
            b: Integer::new(),
            x,
            y,
        }),
        // y^2 = x^3 + 3k*x + 2k with k = j/(1728-j), twisted by the value w of the right side at x:
        // then (x*w, w^2) is a point.
        _ => {
            let k = Integer::from(1728 - j).invert(n).ok()? * j % n;
            let w = (cube + Integer::from(&x * 3u32) * &k + Integer::from(&k << 1u32)).modulo(n);
            let square = Integer::from(w.square_ref()) % n;
            Some(Choice {
                a: (Integer::from(&k * 3u32) * &square).modulo(n),
                b: (Integer::from(&k << 1u32) * &square % n * &w).modulo(n),
                x: x * w % n,
                y: square,
            })
        }
    }
}

/// What the formulae need of a curve.
struct Curve<'a> {
    a: &'a Integer,
    n: &'a Integer,
}

/// A point in Jacobian coordinates; z = 0 is infinity.
#[derive(Clone)]
struct Point {
    x: Integer,
    y: Integer,
    z: Integer,
}

impl Curve<'_> {
    fn point(&self, x: &Integer, y: &Integer) -> Point {
        Point {
            x: x.clone(),
            y: y.clone(),
            z: Integer::from(1),
        }
    }

    /// The same with z = 1; `None` if z has no inverse.
    fn affine(&self, point: Point) -> Option<Point> {
        let inverse = point.z.invert(self.n).ok()?;
        let square = Integer::from(inverse.square_ref()) % self.n;
        Some(Point {
            x: point.x * &square % self.n,
            y: point.y * square % self.n * inverse % self.n,
            z: Integer::from(1),
        })
    }

    /// e*P for a point with z = 1, from the top bit down.
    fn multiple(&self, point: &Point, e: &Integer) -> Point {
        let mut sum = point.clone();
        for bit in (0..e.significant_bits().saturating_sub(1)).rev() {
            self.double(&mut sum);
            if e.get_bit(bit) {
                self.add(&mut sum, point);
            }
        }
        sum
    }

    /// P = 2P.
    fn double(&self, p: &mut Point) {
        let n = self.n;
        if p.z == 0 {
            return;
        }
        let yy = Integer::from(p.y.square_ref()) % n;
        let s = (Integer::from(&p.x * &yy) % n) << 2u32;
        let zz = Integer::from(p.z.square_ref()) % n;
        let m = (Integer::from(p.x.square_ref()) * 3u32 + zz.square() % n * self.a) % n;
        p.z *= &p.y;
        p.z <<= 1;
        p.z %= n;
        p.x = (Integer::from(m.square_ref()) - Integer::from(&s << 1u32)) % n;
        p.y = (m * (s - &p.x) - (yy.square() << 3u32)) % n;
    }

    /// P = P+Q for Q with z = 1.
    fn add(&self, p: &mut Point, q: &Point) {
        let n = self.n;
        if p.z == 0 {
            p.clone_from(q);
            return;
        }
        let zz = Integer::from(p.z.square_ref()) % n;
        let h = (Integer::from(&q.x * &zz) - &p.x) % n;
        let r = (zz * &p.z % n * &q.y - &p.y) % n;
        if h == 0 {
            if r == 0 {
                self.double(p);
            } else {
                p.z = Integer::new();
            }
            return;
        }
        let hh = Integer::from(h.square_ref()) % n;
        let v = Integer::from(&p.x * &hh) % n;
        let hhh = hh * &h % n;
        p.x = (Integer::from(r.square_ref()) - &hhh - Integer::from(&v << 1u32)) % n;
        p.y = (r * (v - &p.x) - hhh * &p.y) % n;
        p.z *= h;
        p.z %= n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_small_curves_is_that_of_the_norm_equation() {
        use super::super::norm::{norm_equation, orders, square_root};
        let mut random = RandState::new();
        // d and j of class number one.
        for (d, j) in [
            (3u32, 0),
            (4, 1728),
            (7, -3375),
            (8, 8000),
            (11, -32_768),
            (163, -262_537_412_640_768_000i64),
        ] {
            let mut found = 0;
            for n in [
                1009u32, 2003, 10_007, 10_009, 10_037, 65_537, 1_000_003, 1_000_033,
            ] {
                let n = Integer::from(n);
                let Some(root) = square_root(&(Integer::new() - d), &n) else {
                    continue;
                };
                let Some(solution) = norm_equation(&n, d, &root) else {
                    continue;
                };
                for m in orders(&n, d, &solution) {
                    // The whole order plays the prime: m*P must be at infinity on some twist.
                    let j = Integer::from(j).modulo(&n);
                    assert!(
                        step(&n, d, &j, &m, &m, &mut random).is_some(),
                        "{n} {d} {m}"
                    );
                    found += 1;
                }
            }
            assert!(found > 0, "{d}");
        }
    }
}
