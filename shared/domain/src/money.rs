//! Money as whole minor units of one currency, so that amounts are never rounded.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// The largest amount that every JSON reader represents exactly: 2^53 - 1.
pub const MAX_AMOUNT: u64 = (1 << 53) - 1;

/// An amount of money, never negative: a discount or a refund is the positive amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units of the currency (cents of USD, whole yen of JPY).
    #[serde(deserialize_with = "minor_units")]
    pub amount: u64,
    /// The currency of the units.
    pub currency: Currency,
}

/// An ISO 4217 code: three upper-case letters. The engine does not check whether the code is assigned, because the list
/// changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Text that is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not an ISO 4217 code: give three upper-case letters, such as USD")]
pub struct InvalidCurrency;

impl Money {
    /// An amount in minor units of a currency.
    pub fn new(amount: u64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The amount in major units, with the decimal digits of the currency: `49.00`, `4900` (JPY), `4.900` (KWD).
    pub fn decimal(&self) -> String {
        let digits = self.currency.minor_digits();
        if digits == 0 {
            return self.amount.to_string();
        }
        let unit = 10_u64.pow(digits);
        let width = digits as usize;
        format!("{}.{:0width$}", self.amount / unit, self.amount % unit)
    }

    /// The amount multiplied by a number.
    #[must_use]
    pub fn times(self, factor: u32) -> Self {
        Self { amount: self.amount.saturating_mul(u64::from(factor)), ..self }
    }

    /// The sum of two amounts; `None` if their currencies differ.
    pub fn plus(self, other: Self) -> Option<Self> {
        let same = self.currency == other.currency;
        same.then(|| Self { amount: self.amount.saturating_add(other.amount), ..self })
    }

    /// This amount less another, never below zero; `None` if their currencies differ.
    pub fn less(self, other: Self) -> Option<Self> {
        let same = self.currency == other.currency;
        same.then(|| Self { amount: self.amount.saturating_sub(other.amount), ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.decimal())
    }
}

impl Currency {
    /// Validates the text.
    pub fn new(text: &str) -> Result<Self, InvalidCurrency> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(InvalidCurrency),
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters are accepted; `XXX` is ISO 4217's "no currency".
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// The number of digits after the decimal point (ISO 4217's minor unit; 2 unless listed).
    pub fn minor_digits(&self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
            | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            "CLF" | "UYW" => 4,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;
    fn try_from(text: String) -> Result<Self, InvalidCurrency> {
        Self::new(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.to_string()
    }
}

fn minor_units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct MinorUnits;

    impl serde::de::Visitor<'_> for MinorUnits {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("minor units (cents) as a whole number from 0 to 9007199254740991")
        }

        fn visit_u64<E: serde::de::Error>(self, amount: u64) -> Result<u64, E> {
            if amount <= MAX_AMOUNT {
                return Ok(amount);
            }
            Err(E::invalid_value(serde::de::Unexpected::Unsigned(amount), &self))
        }

        fn visit_i64<E: serde::de::Error>(self, amount: i64) -> Result<u64, E> {
            let unsigned = u64::try_from(amount);
            unsigned.map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(amount), &self))
        }
    }

    deserializer.deserialize_u64(MinorUnits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn money(amount: u64, currency: &str) -> Money {
        Money::new(amount, Currency::new(currency).unwrap())
    }

    #[test]
    fn an_amount_reads_in_the_digits_of_its_currency() {
        assert_eq!(money(4900, "USD").decimal(), "49.00");
        assert_eq!(money(5, "USD").decimal(), "0.05");
        assert_eq!(money(4900, "JPY").decimal(), "4900");
        assert_eq!(money(4900, "KWD").to_string(), "KWD 4.900");
    }

    #[test]
    fn a_currency_is_three_upper_case_letters() {
        for wrong in ["usd", "US", "USDT", "$", "", "U1D", "ÄB"] {
            let error = Currency::new(wrong).unwrap_err().to_string();
            assert!(error.contains("three upper-case letters"), "{error}");
        }
    }

    #[test]
    fn an_amount_is_whole_and_not_negative() {
        for wrong in [json!(-1), json!(49.5), json!("4900"), json!(null), json!(1_u64 << 53)] {
            let read = serde_json::from_value::<Money>(json!({ "amount": wrong, "currency": "USD" }));
            let error = read.unwrap_err().to_string();
            assert!(error.contains("minor units (cents) as a whole number"), "{error}");
        }
    }

    #[test]
    fn amounts_of_different_currencies_do_not_mix() {
        assert_eq!(money(1, "USD").plus(money(2, "USD")), Some(money(3, "USD")));
        assert_eq!(money(1, "USD").less(money(2, "USD")), Some(money(0, "USD")));
        assert_eq!(money(1, "USD").plus(money(2, "EUR")), None);
        assert_eq!(money(1, "USD").less(money(1, "EUR")), None);
    }

    #[test]
    fn money_is_written_as_it_is_read() {
        let written = json!({ "amount": 4900, "currency": "EUR" });
        let read: Money = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), written);
    }
}
