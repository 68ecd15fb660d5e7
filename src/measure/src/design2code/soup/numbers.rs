//! Python's `int`: what counts as one, and how a large one is written in hexadecimal.

use super::strip;

/// A whole number of any size, as hexadecimal digits without leading zeros (none for zero).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Integer {
    negative: bool,
    digits: String,
}

/// `int(text)`: white space around it, a sign, digits of any script with single underscores between them.
/// `None` is Python's `ValueError`.
pub(crate) fn integer(text: &str) -> Option<Integer> {
    let text = strip(text);
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.split('_').map(decimal_digits).collect::<Option<Vec<_>>>()?.concat();
    if digits.len() > 4300 {
        return None;
    }
    Some(Integer { negative: text.starts_with('-'), digits: hexadecimal(digits.bytes()) })
}

/// The text as ASCII digits; `None` if it is empty or holds anything but decimal digits (`\d+`).
pub(crate) fn decimal_digits(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    text.chars().map(|c| digit(c).and_then(|value| char::from_digit(value, 10))).collect()
}

impl Integer {
    /// `int(value)` of a finite float: towards zero.
    pub(crate) fn truncated(value: f64) -> Self {
        let bits = value.trunc().abs().to_bits();
        let exponent = (bits >> 52) as i32 - 1075;
        let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
        let digits = match exponent {
            -52..=-1 => format!("{:x}", mantissa >> -exponent),
            0.. => {
                format!("{:x}", u128::from(mantissa) << (exponent % 4)) + &"0".repeat(exponent as usize / 4)
            }
            _ => String::new(),
        };
        Self { negative: value <= -1.0, digits }
    }

    /// `format(self, "02x")`.
    pub(crate) fn two_digits(&self) -> String {
        let sign = if self.negative && !self.digits.is_empty() { "-" } else { "" };
        let width = 2 - sign.len();
        format!("{sign}{:0>width$}", self.digits)
    }
}

/// Hexadecimal digits of a number in decimal ASCII digits.
fn hexadecimal(decimal: impl Iterator<Item = u8>) -> String {
    let mut limbs: Vec<u32> = Vec::new();
    for digit in decimal {
        let mut carry = u64::from(digit - b'0');
        for limb in &mut limbs {
            let sum = u64::from(*limb) * 10 + carry;
            *limb = sum as u32;
            carry = sum >> 32;
        }
        if carry > 0 {
            limbs.push(carry as u32);
        }
    }
    let digits: String = limbs.iter().rev().map(|limb| format!("{limb:08x}")).collect();
    digits.trim_start_matches('0').to_owned()
}

/// The value of a decimal digit of any script (Unicode 14, general category Nd).
fn digit(c: char) -> Option<u32> {
    let code = u32::from(c);
    let below = ZEROS.partition_point(|&zero| zero <= code);
    let value = code - ZEROS.get(below.checked_sub(1)?)?;
    (value < 10).then_some(value)
}

/// The digit zero of each script.
#[rustfmt::skip]
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        integer(text).map(|integer| integer.two_digits())
    }

    #[test]
    fn whole_numbers_as_python_takes_and_writes_them() {
        let ok = [(" 7\n", "07"), ("+1_0", "0a"), ("-5", "-5"), ("-0", "00"), ("٣", "03"), ("300", "12c")];
        for (text, hex) in ok {
            assert_eq!(written(text).as_deref(), Some(hex), "{text}");
        }
        assert_eq!(written("340282366920938463463374607431768211456"), Some(format!("1{}", "0".repeat(32))));
        for text in ["", " ", "1.5", "_1", "1_", "1__0", "- 1", "1 2", "½", "0x1"] {
            assert_eq!(integer(text), None);
        }
    }

    #[test]
    fn floats_are_cut_towards_zero() {
        let hex = |value| Integer::truncated(value).two_digits();
        assert_eq!([hex(0.7), hex(-0.7), hex(255.5), hex(-300.9)], ["00", "00", "ff", "-12c"]);
        assert_eq!([hex(1.0), hex(1048576.5), hex(2f64.powi(67))], ["01", "100000", "80000000000000000"]);
    }
}
