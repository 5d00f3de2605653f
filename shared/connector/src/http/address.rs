//! Which IP addresses a merchant's URL may resolve to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether this is a public unicast address, the only kind that a merchant's URL may resolve to.
///
/// For IPv4, the special ranges are refused. For IPv6, only 2000::/3 is allocated, so every address outside of it is
/// refused (loopback, unique local, link local, multicast, NAT64 `64:ff9b::/96` and `64:ff9b:1::/48`, discard, …), and
/// within it the ranges of the IANA special-purpose registry. An IPv4-mapped address connects as the IPv4 address that
/// it contains and is checked as such. 6to4, Teredo and NAT64 addresses contain an IPv4 address too, but relays decide
/// where they end, so they are always refused.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(|| is_public_v6(v6), is_public_v4),
    }
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, multicast and class E.
#[expect(clippy::ip_constant, reason = "a range reads best as its own first address")]
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // shared by carriers
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link local: the clouds' metadata, and Lambda's own endpoints
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24), // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24), // AMT
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(192, 175, 48, 0), 24), // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast
];

/// The special ranges within 2000::/3: <https://www.iana.org/assignments/iana-ipv6-special-registry>.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarks, ORCHID, …
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !SPECIAL_V4.iter().any(|(net, length)| (bits ^ net.to_bits()) >> (32 - length) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let global_unicast = bits >> 125 == 0b001;
    global_unicast && !SPECIAL_V6.iter().any(|(net, length)| (bits ^ net.to_bits()) >> (128 - length) == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn first_and_last_of_every_refused_range_are_refused_and_their_neighbours_are_not() {
        // first, last, the public address before, the public address after
        for (first, last, before, after) in [
            ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
            ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
            ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
            ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
            ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
            ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
            ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
            ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
            ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
            ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
            ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
            ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
            ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
            ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", None, Some("2001:200::")),
            ("2001:db8::", "2001:db8:ffff::", Some("2001:db7:ffff::"), Some("2001:db9::")),
            ("2002::", "2002:ffff::", Some("2001:ffff::"), Some("2003::")),
            ("3fff::", "3fff:fff:ffff::", Some("3ffe:ffff::"), Some("3fff:1000::")),
        ] {
            assert!(!public(first), "{first}");
            assert!(!public(last), "{last}");
            assert!(before.is_none_or(public), "{before:?}");
            assert!(after.is_none_or(public), "{after:?}");
        }
    }

    #[test]
    fn addresses_that_an_attacker_would_try_are_refused() {
        for address in [
            "169.254.169.254",        // instance metadata
            "169.254.170.2",          // container credentials
            "fd00:ec2::254",          // instance metadata over IPv6
            "::1",                    // loopback
            "::",                     // unspecified
            "::ffff:127.0.0.1",       // mapped loopback
            "::ffff:169.254.169.254", // mapped metadata
            "::ffff:0:127.0.0.1",     // translated
            "::127.0.0.1",            // IPv4-compatible
            "64:ff9b::7f00:1",        // NAT64 of loopback
            "64:ff9b:1::a9fe:a9fe",   // local NAT64 of metadata
            "2002:7f00:1::",          // 6to4 of loopback
            "2001:0:7f00:1::",        // Teredo
            "fe80::1",                // link local
            "fec0::1",                // site local
            "fc00::1",                // unique local
            "ff02::1",                // multicast
            "100::1",                 // discard
            "5f00::1",                // segment routing
            "255.255.255.255",        // broadcast
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1", "::ffff:93.184.216.34"]
        {
            assert!(public(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn addresses_that_the_standard_library_calls_special_are_never_public(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast()
                || v4.is_documentation() || v4.is_multicast() || v4.is_unspecified();
            prop_assert!(!(special && is_public(v4.into())));
            prop_assert_eq!(is_public(v4.into()), is_public(v4.to_ipv6_mapped().into()));
        }

        #[test]
        fn no_address_of_a_tunnel_prefix_is_public(bits: u32) {
            let [a, b, c, d] = Ipv4Addr::from_bits(bits).octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for v6 in [
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, high, low, 0, 0, 0, 0),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
            ] {
                prop_assert!(!is_public(v6.into()), "{}", v6);
            }
        }

        #[test]
        fn nothing_outside_2000_3_is_public(bits: u128) {
            let v6 = Ipv6Addr::from_bits(bits);
            let outside = !(0x2000..0x4000).contains(&v6.segments()[0]) && v6.to_ipv4_mapped().is_none();
            prop_assert!(!(outside && is_public(v6.into())));
        }
    }
}
