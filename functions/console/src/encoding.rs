//! The content coding of a response, as the request accepts it (RFC 9110, section 12.5.3).

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Brotli.
    Brotli,
    /// gzip.
    Gzip,
    /// None.
    Identity,
}

impl Encoding {
    /// Smallest first: if a request accepts several equally, the first is chosen.
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// The value of `content-encoding`, if the header is sent.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The encodings that an `accept-encoding` header accepts, the preferred first.
    pub(crate) fn accepted(header: Option<&str>) -> Vec<Self> {
        let header = header.unwrap_or("identity");
        let mut accepted: Vec<_> = Self::ALL.into_iter().map(|one| (one, one.weight(header))).collect();
        accepted.retain(|(_, weight)| *weight > 0);
        // The sort is stable.
        accepted.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        accepted.into_iter().map(|(encoding, _)| encoding).collect()
    }

    /// The weight in thousandths. A header that does not name the encoding accepts it by `*`; identity is acceptable
    /// unless it is excluded.
    fn weight(self, header: &str) -> u16 {
        let (mut own, mut any) = (None, None);
        for part in header.split(',') {
            let mut parameters = part.split(';').map(str::trim);
            let name = parameters.next().unwrap_or_default();
            let weight = parameters.find_map(|one| one.strip_prefix("q=").or(one.strip_prefix("Q=")));
            let weight = weight.map_or(1_000, thousandths);
            if name.eq_ignore_ascii_case(self.name().unwrap_or("identity")) {
                own = Some(weight);
            } else if name == "*" {
                any = Some(weight);
            }
        }
        // Identity that is not named comes after every encoding that is.
        let unnamed = u16::from(self == Self::Identity);
        own.or(any).unwrap_or(unnamed)
    }
}

/// A quality value, such as `0.8`; 0 for text that is not a quality value.
fn thousandths(quality: &str) -> u16 {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    let digits = format!("{fraction:0<3}");
    match (whole, digits.get(..3).and_then(|digits| digits.parse::<u16>().ok())) {
        ("1", Some(_)) => 1_000,
        ("0", Some(thousandths)) => thousandths,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding::{self, Brotli, Gzip, Identity};

    #[test]
    fn the_preferred_encoding_comes_first_and_an_excluded_one_not_at_all() {
        let cases: [(&str, &[Encoding]); 14] = [
            ("gzip, deflate, br, zstd", &[Brotli, Gzip, Identity]),
            ("gzip", &[Gzip, Identity]),
            ("GZIP;q=1", &[Gzip, Identity]),
            ("br;q=0.4, gzip;q=0.8", &[Gzip, Brotli, Identity]),
            ("br; q=0, gzip", &[Gzip, Identity]),
            ("br;q=0.000, *", &[Gzip, Identity]),
            ("*", &[Brotli, Gzip, Identity]),
            ("identity, br;q=0.5", &[Identity, Brotli]),
            ("identity;q=0, gzip", &[Gzip]),
            ("*;q=0", &[]),
            ("*;q=0, br", &[Brotli]),
            ("br;q=much, gzip;q=0.001", &[Gzip, Identity]),
            ("x-br, gzipped", &[Identity]),
            ("", &[Identity]),
        ];
        for (header, accepted) in cases {
            assert_eq!(Encoding::accepted(Some(header)), accepted, "{header}");
        }
        assert_eq!(Encoding::accepted(None), [Identity]);
    }
}
