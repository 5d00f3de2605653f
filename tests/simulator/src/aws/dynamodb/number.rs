//! DynamoDB's numbers: decimal, of up to 38 significant digits.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most significant digits of a number.
const PRECISION: u32 = 38;
/// The largest exponent of a number, with one digit before the point, and the smallest.
const MAGNITUDE: std::ops::RangeInclusive<i32> = -130..=125;

/// A number: `digits` × 10^`exponent`, without trailing zeros in `digits`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    digits: i128,
    exponent: i32,
}

/// Why a text or a result is no number of DynamoDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotANumber {
    /// It is no decimal number.
    Text,
    /// It has more than 38 significant digits.
    Precision,
    /// It is too large.
    Overflow,
    /// It is too close to zero.
    Underflow,
}

impl Number {
    fn normal(mut digits: i128, mut exponent: i32) -> Result<Self, NotANumber> {
        if digits == 0 {
            return Ok(Self { digits, exponent: 0 });
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent += 1;
        }
        let number = Self { digits, exponent };
        if number.length() > PRECISION {
            return Err(NotANumber::Precision);
        }
        match number.magnitude() {
            magnitude if magnitude > *MAGNITUDE.end() => Err(NotANumber::Overflow),
            magnitude if magnitude < *MAGNITUDE.start() => Err(NotANumber::Underflow),
            _ => Ok(number),
        }
    }

    fn length(&self) -> u32 {
        self.digits.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1)
    }

    fn magnitude(&self) -> i32 {
        self.exponent.saturating_add(self.length().cast_signed() - 1)
    }

    /// The sum. An error if it does not fit.
    pub fn plus(self, other: Self) -> Result<Self, NotANumber> {
        let exponent = self.exponent.min(other.exponent);
        let scaled = |number: Self| {
            let shift = u32::try_from(number.exponent - exponent).map_err(|_| NotANumber::Precision)?;
            let factor = 10_i128.checked_pow(shift).ok_or(NotANumber::Precision)?;
            number.digits.checked_mul(factor).ok_or(NotANumber::Precision)
        };
        if self.digits == 0 || other.digits == 0 {
            return Ok(if self.digits == 0 { other } else { self });
        }
        let sum = scaled(self)?.checked_add(scaled(other)?).ok_or(NotANumber::Precision)?;
        Self::normal(sum, exponent)
    }

    /// The difference. An error if it does not fit.
    pub fn minus(self, other: Self) -> Result<Self, NotANumber> {
        self.plus(Self { digits: -other.digits, ..other })
    }

    /// The whole number, if it is one and fits.
    pub fn whole(self) -> Option<i64> {
        let factor = 10_i128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        i64::try_from(self.digits.checked_mul(factor)?).ok()
    }

    /// The number's size in an item: a byte for two digits, and one more.
    pub(super) fn size(self) -> usize {
        if self.digits == 0 {
            return 1;
        }
        let even = |exponent: i32| exponent.rem_euclid(2).unsigned_abs();
        let digits = self.length() + even(self.exponent);
        digits.div_ceil(2) as usize + 1 + usize::from(self.digits < 0)
    }
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::normal(i128::try_from(number).unwrap_or(i128::MAX), 0)
            .unwrap_or(Self { digits: 0, exponent: 0 })
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| NotANumber::Text)?),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, &mantissa[1..]),
            Some(b'+') => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
            return Err(NotANumber::Text);
        }
        let zeros = fraction.bytes().rev().take_while(|byte| *byte == b'0').count();
        let fraction = &fraction[..fraction.len() - zeros];
        let digits = whole
            .bytes()
            .chain(fraction.bytes())
            .try_fold(0_i128, |digits, byte| digits.checked_mul(10)?.checked_add(i128::from(byte - b'0')));
        let digits = digits.ok_or(NotANumber::Precision)?;
        let exponent = exponent.saturating_sub(i32::try_from(fraction.len()).unwrap_or(i32::MAX));
        Self::normal(if negative { -digits } else { digits }, exponent)
    }
}

/// Without an exponent, as DynamoDB returns it.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.unsigned_abs().to_string();
        if self.digits < 0 {
            f.write_str("-")?;
        }
        if let Ok(zeros) = usize::try_from(self.exponent) {
            return write!(f, "{digits}{:0<zeros$}", "");
        }
        let places = self.exponent.unsigned_abs() as usize;
        if digits.len() > places {
            let (whole, fraction) = digits.split_at(digits.len() - places);
            write!(f, "{whole}.{fraction}")
        } else {
            write!(f, "0.{digits:0>places$}")
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.digits.signum().cmp(&other.digits.signum());
        if signs != Ordering::Equal || self.digits == 0 {
            return signs;
        }
        let size = |number: &Self| {
            let length = number.length();
            (number.magnitude(), number.digits.unsigned_abs() * 10_u128.pow(PRECISION - length))
        };
        let sizes = size(self).cmp(&size(other));
        if self.digits < 0 { sizes.reverse() } else { sizes }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(|why| {
            serde::de::Error::custom(match why {
                NotANumber::Text => {
                    format!("The parameter cannot be converted to a numeric value: {text}")
                }
                NotANumber::Precision => {
                    "Attempting to store more than 38 significant digits in a Number".to_owned()
                }
                NotANumber::Overflow => {
                    "Number overflow. Attempting to store a number with magnitude larger than supported range"
                        .to_owned()
                }
                NotANumber::Underflow => {
                    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
                        .to_owned()
                }
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_returned_without_leading_and_trailing_zeros() {
        for (given, returned) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("1.50", "1.5"),
            ("007", "7"),
            ("1e3", "1000"),
            ("-12e-4", "-0.0012"),
            ("1700000000", "1700000000"),
            (".5", "0.5"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(number(given).to_string(), returned);
        }
        for bad in ["", "a", "1.2.3", "--1", "1e", "0x1", " 1"] {
            assert_eq!(bad.parse::<Number>(), Err(NotANumber::Text), "{bad}");
        }
        assert_eq!("1e126".parse::<Number>(), Err(NotANumber::Overflow));
        assert_eq!("1e-131".parse::<Number>(), Err(NotANumber::Underflow));
        assert_eq!("123456789012345678901234567890123456789".parse::<Number>(), Err(NotANumber::Precision));
    }

    #[test]
    fn numbers_are_ordered_by_their_value() {
        let ordered =
            ["-1e125", "-20", "-3", "-0.5", "0", "1e-130", "0.09", "0.1", "9", "10", "10.5", "1e38"];
        for pair in ordered.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        assert_eq!(number("100"), number("1e2"));
    }

    #[test]
    fn sums_are_exact() {
        assert_eq!(number("0.1").plus(number("0.2")), Ok(number("0.3")));
        assert_eq!(number("5").minus(number("7.5")), Ok(number("-2.5")));
        assert_eq!(number("1e100").plus(number("1")), Err(NotANumber::Precision));
        assert_eq!(number("1e100").plus(number("0")), Ok(number("1e100")));
    }
}
