//! Small factors of many numbers at once: the product of all small primes, reduced modulo each number by
//! a tree of remainders, has the number's small primes in common with it.

use rug::Integer;

/// Numbers without their prime factors up to the bound whose primorial is given.
pub(super) fn rough_parts(numbers: &[Integer], primorial: &Integer) -> Vec<Integer> {
    let mut rests = Vec::with_capacity(numbers.len());
    remainders(primorial, numbers, &mut rests);
    numbers
        .iter()
        .zip(rests)
        .map(|(number, rest)| {
            let mut rough = number.clone();
            let mut common = rest.gcd(&rough);
            while common != 1 {
                rough.div_exact_mut(&common);
                common.gcd_mut(&rough);
            }
            rough
        })
        .collect()
}

/// x modulo each number.
fn remainders(x: &Integer, numbers: &[Integer], found: &mut Vec<Integer>) {
    match numbers {
        [] => {}
        [only] => found.push(Integer::from(x % only)),
        _ => {
            let product: Integer = product(numbers);
            let rest = x % product;
            let (left, right) = numbers.split_at(numbers.len() / 2);
            remainders(&rest, left, found);
            remainders(&rest, right, found);
        }
    }
}

fn product(numbers: &[Integer]) -> Integer {
    match numbers {
        [] => Integer::from(1),
        [only] => only.clone(),
        _ => {
            let (left, right) = numbers.split_at(numbers.len() / 2);
            product(left) * product(right)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_small_primes_leave_with_their_powers() {
        let primorial = Integer::from(Integer::primorial(100));
        let numbers: Vec<Integer> = (1..3000u32).map(Integer::from).collect();
        for (number, rough) in numbers.iter().zip(rough_parts(&numbers, &primorial)) {
            let mut expected = number.clone();
            for p in 2u32..=100 {
                expected.remove_factor_mut(&Integer::from(p));
            }
            assert_eq!(rough, expected, "{number}");
        }
    }
}
