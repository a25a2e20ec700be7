//! DNS names in certificates: which are well-formed (RFC 5280 §4.2.1.6, RFC 1034 §3.5, RFC 1123 §2.1), which are a server's
//! (RFC 9525 §6.3), and which are within a subtree (RFC 5280 §4.2.1.10).

/// The most bytes of a name, as text (RFC 1035 §2.3.4: 255 octets on the wire).
pub(super) const MAX_NAME: usize = 253;
/// The most bytes of a label (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;

/// A list of subtrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Permitted,
    Excluded,
}

/// Whether a certificate may have it as a name: labels of letters, digits and hyphens, and of underscores, which are used
/// though the syntax has none; not absolute; not an address. The first label may be a wildcard, if two come after it.
pub(super) fn is_presentable(name: &[u8]) -> bool {
    match without_wildcard(name) {
        // As everybody has it: no wildcard for all of a top-level domain.
        Some(rest) => name.len() <= MAX_NAME && is_host(rest) && rest.contains(&b'.'),
        None => is_host(name),
    }
}

/// Whether it is the name of a host, and not an address.
pub(super) fn is_host(name: &[u8]) -> bool {
    let is_number = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
    name.len() <= MAX_NAME
        && name.split(|byte| *byte == b'.').all(is_label)
        && name.rsplit(|byte| *byte == b'.').next().is_some_and(|last| !is_number(last))
}

fn is_label(label: &[u8]) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.first() != Some(&b'-')
        && label.last() != Some(&b'-')
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a name in a certificate is that of the server asked for. Either may be malformed, and is then none. A wildcard
/// stands for one label; a dot at the end of the name asked for, which makes it absolute, does not count.
pub(super) fn is_name_of(presented: &[u8], asked: &[u8]) -> bool {
    let asked = asked.strip_suffix(b".").unwrap_or(asked);
    if !is_presentable(presented) || !is_host(asked) {
        return false;
    }
    match without_wildcard(presented) {
        Some(rest) => without_first_label(asked).is_some_and(|asked| asked.eq_ignore_ascii_case(rest)),
        None => presented.eq_ignore_ascii_case(asked),
    }
}

/// Whether a name in a certificate is within the subtree of `base`. None, if the base is malformed.
///
/// Labels may be added to the left of a base; at least one must be, if it starts with a dot, which is not in RFC 5280, but
/// used. A wildcard is permitted where all that it stands for is, and excluded where any of that is.
pub(super) fn is_within(presented: &[u8], base: &[u8], list: List) -> Option<bool> {
    let Some((first, _)) = base.split_first() else { return Some(true) };
    let (below, host) = (*first == b'.', base.strip_prefix(b".").unwrap_or(base));
    if !is_host(host) {
        return None;
    }
    let stands_for_base =
        || without_wildcard(presented).is_some_and(|rest| without_first_label(host).is_some_and(|b| is_same(rest, b)));
    Some(
        (!below && is_same(presented, host))
            || is_below(presented, host)
            || (list == List::Excluded && stands_for_base()),
    )
}

/// Whether `name` is `domain` with labels before it. Both are well-formed.
pub(super) fn is_below(name: &[u8], domain: &[u8]) -> bool {
    let Some((before, end)) = name.len().checked_sub(domain.len()).and_then(|at| name.split_at_checked(at)) else {
        return false;
    };
    before.ends_with(b".") && is_same(end, domain)
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn without_wildcard(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(b"*.")
}

fn without_first_label(name: &[u8]) -> Option<&[u8]> {
    let dot = name.iter().position(|byte| *byte == b'.')?;
    name.get(dot + 1..)
}
