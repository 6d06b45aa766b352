//! What a cyclic convolution leaves over: the one segment, of 2S real coefficients modulo x^(2S)-1,
//! that is its own conjugate. It is a part in 64 (32 with four lanes) of the whole and done in plain
//! scalar code: split x^(2m)-1 into x^m-1 and x^m+1, fold the latter to x^(m/2)-i, and square that by
//! splits of radix 2.

use super::angle::Angle;

/// Below this the products are taken directly.
const DIRECT: usize = 16;

/// The roots that the splits need, for coefficients modulo x^length-1.
#[derive(Debug)]
pub(crate) struct RealPlan {
    /// Cosine and sine of the square root of each node's root, in heap order: node 1 is x^m-i, and
    /// node h splits into 2h and 2h+1. The same heap serves every length.
    roots: Vec<[f64; 2]>,
}

impl RealPlan {
    /// A plan for `length` coefficients, a power of two.
    pub(crate) fn new(length: usize) -> Self {
        let mut angles = vec![Angle::new(0, 1), Angle::new(1, 4)];
        for h in 2..(length / 4).max(2) {
            angles.push(angles[h / 2].root(h as u64 % 2, 2));
        }
        let roots = angles
            .iter()
            .map(|a| a.root(0, 2).cos_sin().into())
            .collect();
        Self { roots }
    }

    /// x = x*y modulo x^n-1, with y = x if there is none, times `gain`.
    pub(crate) fn multiply(&self, x: &mut [f64], y: Option<&mut [f64]>, gain: f64) {
        self.cyclic(x, y);
        for value in x {
            *value *= gain;
        }
    }

    fn cyclic(&self, x: &mut [f64], y: Option<&mut [f64]>) {
        if x.len() <= DIRECT {
            let a = x.to_vec();
            let b = y.map_or_else(|| a.clone(), |y| y.to_vec());
            for (k, out) in x.iter_mut().enumerate() {
                *out = (0..a.len())
                    .map(|i| a[i] * b[(k + a.len() - i) % a.len()])
                    .sum();
            }
            return;
        }
        let m = x.len() / 2;
        halve(x);
        let (plus, minus) = x.split_at_mut(m);
        match y {
            None => {
                self.cyclic(plus, None);
                self.negacyclic(minus, None);
            }
            Some(y) => {
                halve(y);
                let (y_plus, y_minus) = y.split_at_mut(m);
                self.cyclic(plus, Some(y_plus));
                self.negacyclic(minus, Some(y_minus));
            }
        }
        for (a, b) in plus.iter_mut().zip(minus) {
            (*a, *b) = (0.5 * (*a + *b), 0.5 * (*a - *b));
        }
    }

    /// Modulo x^m+1: the first half is the real part, the second the imaginary part.
    fn negacyclic(&self, x: &mut [f64], y: Option<&mut [f64]>) {
        let half = x.len() / 2;
        self.forward(x);
        let (re, im) = x.split_at_mut(half);
        match y {
            None => {
                for (re, im) in re.iter_mut().zip(im) {
                    (*re, *im) = (*re * *re - *im * *im, 2.0 * *re * *im);
                }
            }
            Some(y) => {
                self.forward(y);
                let (y_re, y_im) = y.split_at(half);
                for ((re, im), (a, b)) in re.iter_mut().zip(im).zip(y_re.iter().zip(y_im)) {
                    (*re, *im) = (*re * a - *im * b, *re * b + *im * a);
                }
            }
        }
        self.inverse(x);
    }

    fn forward(&self, x: &mut [f64]) {
        let half = x.len() / 2;
        let (re, im) = x.split_at_mut(half);
        let (mut nodes, mut m) = (1, half / 2);
        while m >= 1 {
            for h in 0..nodes {
                let [c, s] = self.roots[nodes + h];
                for j in 2 * m * h..2 * m * h + m {
                    let b = (re[j + m] * c - im[j + m] * s, re[j + m] * s + im[j + m] * c);
                    (re[j + m], im[j + m]) = (re[j] - b.0, im[j] - b.1);
                    (re[j], im[j]) = (re[j] + b.0, im[j] + b.1);
                }
            }
            (nodes, m) = (2 * nodes, m / 2);
        }
    }

    fn inverse(&self, x: &mut [f64]) {
        let half = x.len() / 2;
        let (re, im) = x.split_at_mut(half);
        let (mut nodes, mut m) = (half / 2, 1);
        while nodes >= 1 {
            for h in 0..nodes {
                let [c, s] = self.roots[nodes + h];
                for j in 2 * m * h..2 * m * h + m {
                    let d = (re[j] - re[j + m], im[j] - im[j + m]);
                    (re[j], im[j]) = (0.5 * (re[j] + re[j + m]), 0.5 * (im[j] + im[j + m]));
                    re[j + m] = 0.5 * (d.0 * c + d.1 * s);
                    im[j + m] = 0.5 * (d.1 * c - d.0 * s);
                }
            }
            (nodes, m) = (nodes / 2, 2 * m);
        }
    }
}

/// a and b to a+b and a-b.
fn halve(x: &mut [f64]) {
    let (low, high) = x.split_at_mut(x.len() / 2);
    for (a, b) in low.iter_mut().zip(high) {
        (*a, *b) = (*a + *b, *a - *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_the_definition() {
        for length in [4usize, 8, 16, 32, 64, 256, 1024] {
            let plan = RealPlan::new(length);
            let value = |j: usize, p: usize| ((j * j + 3) * p % 101) as f64 - 50.0;
            let a: Vec<f64> = (0..length).map(|j| value(j, 7)).collect();
            let b: Vec<f64> = (0..length).map(|j| value(j, 11)).collect();
            for (y, square) in [(&a, true), (&b, false)] {
                let mut x = a.clone();
                let mut other = y.clone();
                plan.multiply(&mut x, (!square).then_some(&mut other), 2.0);
                for k in 0..length {
                    let exact: f64 = (0..length)
                        .map(|i| a[i] * y[(k + length - i) % length])
                        .sum();
                    assert!((x[k] - 2.0 * exact).abs() < 1e-6, "{length} {k}");
                }
            }
        }
    }
}
