//! DNS names in certificates: which are well-formed (RFC 5280 §4.2.1.6, RFC 1034 §3.5, RFC 1123 §2.1), which ones match
//! a server (RFC 9525 §6.3), and which are within a subtree (RFC 5280 §4.2.1.10).

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

/// Whether it is a valid name in a certificate: labels of letters, digits, hyphens, and underscores, which are in use
/// although the syntax excludes them; not absolute; not an address. The first label may be a wildcard if at least two
/// labels follow.
pub(super) fn is_presentable(name: &[u8]) -> bool {
    match without_wildcard(name) {
        // No wildcard for a whole top-level domain, as in all other implementations.
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

/// Whether a name in a certificate matches the requested server. A malformed name matches nothing. A wildcard matches
/// one label. A trailing dot in the requested name, which makes it absolute, is ignored.
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

/// Whether a name in a certificate is within the subtree of `base`. `None` if the base is malformed.
///
/// A name may have further labels to the left of the base; if the base starts with a dot, which RFC 5280 does not
/// define but CAs use, it must have at least one. A wildcard is permitted if every name that it matches is, and
/// excluded if any name that it matches is.
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
