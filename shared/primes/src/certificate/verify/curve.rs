//! Proofs by elliptic curves.
//!
//! Points are (X : Y : Z) with x = X/Z, y = Y/Z. The formulae for sum and double hold where they do not
//! give (0 : 0 : 0), which they do exactly when the case was another one, modulo any prime divisor of
//! N; and from (0 : 0 : 0) nothing else comes. So a result whose Y (at infinity) or Z (elsewhere) is
//! coprime to N is right modulo every prime divisor of N.

use rug::Integer;

use super::{require, require_odd, short};

/// A point.
struct Point {
    x: Integer,
    y: Integer,
    z: Integer,
}

/// Goldwasser, Kilian 1986: let q be prime, q > (N^(1/4)+1)^2, m a multiple of q, and a point modulo N
/// with m*P at infinity and (m/q)*P finite modulo every prime divisor of N. Then N is prime: a prime
/// divisor p <= sqrt(N) would have a curve of at least q points, more than (sqrt(p)+1)^2.
pub(super) fn ecpp(
    n: &Integer,
    m: &Integer,
    q: &Integer,
    [a, b]: [&Integer; 2],
    [x, y]: [&Integer; 2],
) -> Result<(), String> {
    require_odd(n)?;
    require(n.is_divisible_u(3).eq(&false), || "3 divides N".into())?;
    for (name, value) in [("a", a), ("b", b), ("x", x), ("y", y)] {
        require(*value >= 0 && value < n, || {
            format!("{name} is not in 0..N")
        })?;
    }
    let discriminant =
        Integer::from(a.square_ref()) * a * 4u32 + Integer::from(b.square_ref()) * 27u32;
    require(discriminant.gcd(n) == 1, || {
        "the curve's discriminant has a factor in common with N".into()
    })?;
    let right = (Integer::from(x.square_ref()) + a) * x + b;
    require(
        (right - Integer::from(y.square_ref())).is_divisible(n),
        || "the point is not on the curve".into(),
    )?;
    // |N + 1 - m| <= 2 sqrt(N)
    let trace = Integer::from(n + 1) - m;
    require(trace.square() <= Integer::from(n << 2u32), || {
        "m is outside Hasse's interval".into()
    })?;
    require(*q > 1 && q < n && m.is_divisible(q), || {
        format!("{} does not divide m", short(q))
    })?;
    // q > (N^(1/4)+1)^2, from above: the fourth root rounded up.
    let root = Integer::from(n.root_ref(4)) + 2u32;
    require(*q > root.square(), || "q is not above (N^(1/4)+1)^2".into())?;
    let start = Point {
        x: x.clone(),
        y: y.clone(),
        z: Integer::from(1),
    };
    let part = multiple(&start, &Integer::from(m / q), a, n);
    require(Integer::from(part.z.gcd_ref(n)) == 1, || {
        "(m/q)*P is at infinity modulo a divisor of N".into()
    })?;
    let whole = multiple(&part, q, a, n);
    require(whole.z == 0 && whole.y.gcd(n) == 1, || {
        "m*P is not at infinity".into()
    })
}

/// e*P for e >= 1, from the top bit down.
fn multiple(point: &Point, e: &Integer, a: &Integer, n: &Integer) -> Point {
    let mut sum = Point {
        x: point.x.clone(),
        y: point.y.clone(),
        z: point.z.clone(),
    };
    for bit in (0..e.significant_bits().saturating_sub(1)).rev() {
        sum = double(&sum, a, n);
        if e.get_bit(bit) {
            sum = add(&sum, point, n);
        }
    }
    sum
}

fn product(x: &Integer, y: &Integer, n: &Integer) -> Integer {
    Integer::from(x * y) % n
}

fn square(x: &Integer, n: &Integer) -> Integer {
    Integer::from(x.square_ref()) % n
}

fn double(p: &Point, a: &Integer, n: &Integer) -> Point {
    let w = ((a * square(&p.z, n)) + Integer::from(p.x.square_ref()) * 3u32) % n;
    let s = product(&p.y, &p.z, n);
    let ys = product(&p.y, &s, n);
    let b = product(&p.x, &ys, n);
    let h = (Integer::from(w.square_ref()) - Integer::from(&b << 3u32)) % n;
    let y = (&w * (Integer::from(&b << 2u32) - &h)) - (Integer::from(ys.square_ref()) << 3u32);
    let cube = (square(&s, n) * &s) << 3u32;
    Point {
        x: product(&h, &s, n) << 1u32,
        y: y.modulo(n),
        z: cube % n,
    }
    .reduced(n)
}

fn add(p: &Point, q: &Point, n: &Integer) -> Point {
    let yz = product(&p.y, &q.z, n);
    let xz = product(&p.x, &q.z, n);
    let zz = product(&p.z, &q.z, n);
    let u = (Integer::from(&q.y * &p.z) - &yz) % n;
    let v = (Integer::from(&q.x * &p.z) - &xz) % n;
    let vv = square(&v, n);
    let vvv = product(&v, &vv, n);
    let r = product(&vv, &xz, n);
    let t = (Integer::from(u.square_ref()) % n * &zz - &vvv - Integer::from(&r << 1u32)) % n;
    Point {
        x: product(&v, &t, n),
        y: ((&u * (r - &t)) - vvv.clone() * yz) % n,
        z: product(&vvv, &zz, n),
    }
    .reduced(n)
}

impl Point {
    /// The same with coordinates in 0..n.
    fn reduced(mut self, n: &Integer) -> Self {
        for c in [&mut self.x, &mut self.y, &mut self.z] {
            *c %= n;
            if *c < 0 {
                *c += n;
            }
        }
        self
    }
}
