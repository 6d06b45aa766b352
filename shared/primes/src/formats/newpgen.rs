//! NewPGen files: the numbers that a line `k n` stands for are said by bits in the header.

/// Bits of the header.
const PLUS: u32 = 0x01;
const MINUS: u32 = 0x02;
const NEXT_PLUS: u32 = 0x04;
const NEXT_MINUS: u32 = 0x08;
const AFTER_PLUS: u32 = 0x10;
const AFTER_MINUS: u32 = 0x20;
/// The file was sieved over n: says nothing of the numbers.
const OVER_N: u32 = 0x100;
/// The next in a chain has 2k in place of n+1.
const DOUBLED: u32 = 0x400;

/// A header.
pub(super) struct Header {
    base: u32,
    bits: u32,
}

impl Header {
    /// Reads a header, if a line is one: five parts between colons, the first a number.
    pub(super) fn read(line: &str) -> Result<Option<Self>, String> {
        let parts: Vec<&str> = line.split(':').map(str::trim).collect();
        let [depth, letter, _, base, bits] = parts.as_slice() else {
            return Ok(None);
        };
        if depth.parse::<u64>().is_err() || letter.chars().count() != 1 {
            return Ok(None);
        }
        let base = base.parse().ok().filter(|&base| base >= 2);
        let base = base.ok_or("the base is not a number from 2 on")?;
        let bits: u32 = bits.parse().map_err(|_| "the bits are not a number")?;
        let known = PLUS | MINUS | NEXT_PLUS | NEXT_MINUS | AFTER_PLUS | AFTER_MINUS;
        if bits & !(known | OVER_N | DOUBLED) != 0 || bits & known == 0 {
            return Err(format!(
                "the bits {bits} mean numbers that are not read here; k*b^n+1 is 1, k*b^n-1 is 2, twins are 3"
            ));
        }
        Ok(Some(Self { base, bits }))
    }

    /// The candidates of a line.
    pub(super) fn line(&self, line: &str) -> Result<Vec<String>, String> {
        let values: Vec<&str> = line.split_whitespace().collect();
        let [k, n] = values.as_slice() else {
            return Err(format!("{line:?} is not a k and an n"));
        };
        let whole = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let n: u64 = match n.parse() {
            Ok(n) if whole(k) => n,
            _ => return Err(format!("{line:?} is not a k and an n")),
        };
        let b = self.base;
        let mut expressions = Vec::new();
        for (minus, plus, step) in [
            (MINUS, PLUS, 0u64),
            (NEXT_MINUS, NEXT_PLUS, 1),
            (AFTER_MINUS, AFTER_PLUS, 2),
        ] {
            for (bit, sign) in [(minus, "-1"), (plus, "+1")] {
                if self.bits & bit == 0 {
                    continue;
                }
                expressions.push(if step > 0 && self.bits & DOUBLED != 0 {
                    format!("{}*{k}*{b}^{n}{sign}", 1 << step)
                } else {
                    format!("{k}*{b}^{}{sign}", n + step)
                });
            }
        }
        Ok(expressions)
    }
}
