//! Inputs from other inputs.
use fastrand::Rng;

/// Parts that formats give a meaning to.
const TOKENS: [&str; 44] = [
    "[", "]", "{", "}", "\"", "'", ":", ",", "- ", "? ", "&a ", "*a", "!t ", "|\n", ">\n", "#", "%", "\\u",
    "\\", "\n", "\n  ", " ", "\t", "{{", "}}", "{", "|", "(", ")", ".", "..", "/", "@", "//", "?", "=", ";",
    "<<", "---\n", "0", "1e9", "null", "\u{200b}", "é",
];

/// Changes a text; the result has at most `most` bytes.
pub(super) fn change(text: &str, other: &str, most: usize, random: &mut Rng) -> String {
    let (from, to) = range(text, random);
    let (before, part, after) = (&text[..from], &text[from..to], &text[to..]);
    let mut changed = match random.u8(..7) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{}{after}", random.choice(TOKENS).unwrap_or_default()),
        2 => {
            let token = random.choice(TOKENS).unwrap_or_default();
            format!("{before}{}{after}", token.repeat(random.usize(1..=most)))
        }
        3 if !part.is_empty() => {
            format!("{before}{}{after}", part.repeat(random.usize(1..=most.div_ceil(part.len()))))
        }
        // A part becomes nested in itself.
        4 if !part.is_empty() => {
            let middle = part.floor_char_boundary(part.len() / 2);
            let times = random.usize(1..=most.div_ceil(part.len()));
            format!("{before}{}{}{after}", part[..middle].repeat(times), part[middle..].repeat(times))
        }
        // Each repetition has a number, so that no two are equal.
        5 if !part.is_empty() => {
            let times = random.usize(1..=most.div_ceil(part.len()));
            let numbered: Vec<_> = (0..times).map(|number| format!("{part}{number}")).collect();
            format!("{before}{}{after}", numbered.concat())
        }
        _ => {
            let (from, to) = range(other, random);
            format!("{before}{}{after}", &other[from..to])
        }
    };
    changed.truncate(changed.floor_char_boundary(most));
    changed
}

/// A text enlarged to about this size, each time in another way: it is repeated as a whole; or the part in its middle is
/// repeated, as wide as a quarter, a sixteenth and a few bytes of it.
pub(super) fn enlarged(text: &str, size: usize) -> Vec<String> {
    let fill = |before: &str, part: &str, after: &str| {
        let room = size.saturating_sub(before.len() + after.len());
        let mut whole = format!("{before}{}{after}", part.repeat(room / part.len().max(1)));
        whole.truncate(whole.floor_char_boundary(size));
        whole
    };
    let within = [4, 16, 512].map(|parts| {
        let half = (text.len() / parts / 2).max(1);
        let middle = text.len() / 2;
        let (from, to) =
            (text.floor_char_boundary(middle.saturating_sub(half)), text.floor_char_boundary(middle + half));
        fill(&text[..from], &text[from..to], &text[to..])
    });
    [fill("", text, "")].into_iter().chain(within).collect()
}

/// A range of a text, mostly a short one.
fn range(text: &str, random: &mut Rng) -> (usize, usize) {
    let from = random.usize(..=text.len());
    let longest = if random.bool() { 12 } else { text.len() };
    let to = text.len().min(from + random.usize(..=longest));
    (text.floor_char_boundary(from), text.floor_char_boundary(to))
}
