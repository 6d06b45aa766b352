//! Angles as exact fractions of a full turn, so that every root of unity in a table is as exact as a
//! double can be, however deep in the tree it stands.

use std::f64::consts::FRAC_PI_4;

/// num/den of a turn, in [0, 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Angle {
    num: u64,
    den: u64,
}

impl Angle {
    /// num/den of a turn, reduced to [0, 1).
    pub(crate) fn new(num: u64, den: u64) -> Self {
        Self {
            num: num % den,
            den,
        }
    }

    /// (self + part)/parts: the angle of one of the roots of order `parts`.
    pub(crate) fn root(self, part: u64, parts: u64) -> Self {
        Self::new(self.num + part * self.den, self.den * parts)
    }

    /// self + num/den.
    pub(crate) fn plus(self, num: u64, den: u64) -> Self {
        if self.den.is_multiple_of(den) {
            Self::new(self.num + num * (self.den / den), self.den)
        } else {
            Self::new(self.num * den + num * self.den, self.den * den)
        }
    }

    /// factor*self.
    pub(crate) fn times(self, factor: u64) -> Self {
        Self::new(self.num * factor, self.den)
    }

    /// Cosine and sine, from an angle of at most an eighth of a turn.
    pub(crate) fn cos_sin(self) -> (f64, f64) {
        let octant = 8 * self.num / self.den;
        let rest = 8 * self.num % self.den;
        let within = if octant.is_multiple_of(2) {
            rest
        } else {
            self.den - rest
        };
        let (s, c) = (within as f64 / self.den as f64 * FRAC_PI_4).sin_cos();
        match octant {
            0 => (c, s),
            1 => (s, c),
            2 => (-s, c),
            3 => (-c, s),
            4 => (-c, -s),
            5 => (-s, -c),
            6 => (s, -c),
            _ => (c, -s),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_of_unity_lie_where_they_should() {
        for den in [1u64, 5, 7, 8, 96, 1 << 40] {
            for num in [0, 1, den / 8, den / 4, den / 3, den / 2, den - 1] {
                let (c, s) = Angle::new(num, den).cos_sin();
                let (es, ec) = (std::f64::consts::TAU * num as f64 / den as f64).sin_cos();
                assert!(
                    (c - ec).abs() < 1e-15 && (s - es).abs() < 1e-15,
                    "{num}/{den}"
                );
            }
        }
        assert_eq!(Angle::new(1, 4).cos_sin(), (0.0, 1.0));
        assert_eq!(Angle::new(1, 2).root(1, 2), Angle::new(3, 4).plus(0, 1));
    }
}
