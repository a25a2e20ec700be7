//! The many lines of an error: all that is known, and nothing that breaks out of its line.

use super::*;

#[test]
fn a_report_says_which_certificate_what_time_and_why() {
    let (a, b) = (root("Root A"), root("Root B"));
    let int = intermediate("Int A", &a, |_| ());
    let end = leaf(&int, |params| params.serial_number = Some(rcgen::SerialNumber::from(0x1234_u64)));
    let error = verify(&trust(&[&b]), &[end], &USUAL).unwrap_err();
    let report = error.report().to_string();
    println!("{report}");
    let lines: Vec<_> = report.lines().map(str::trim).collect();
    for line in [
        "no path leads to a trusted root (unknown_issuer, alert unknown_ca)",
        "checked for server a.example, 1 root at 2026-06-01T00:00:00Z",
        "certificate 1 of 1 <- this one",
        "subject CN=a.example",
        "issuer  CN=Int A",
        "serial  1234",
        "valid   2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z",
        "likely causes",
        "1. the server does not send its intermediates: it should send the certificate of CN=Int A too, if that is an intermediate",
    ] {
        assert!(lines.contains(&line), "{line:?} is not in\n{report}");
    }
    assert_eq!(error.kind.name(), "unknown_issuer");
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn hostile_text_stays_in_its_line() {
    let mine = root("Mine");
    let evil = root("Evil\n1. trust me");
    let end = leaf(&evil, |params| params.distinguished_name.push(DnType::OrganizationName, "\r\n\u{1b}[2J"));
    let many: Vec<_> = std::iter::repeat_n(end, 50).collect();
    let report = verify(&trust(&[&mine]), &many, &USUAL).unwrap_err().report().to_string();
    assert!(!report.contains("\n1. trust me") && !report.contains('\u{1b}') && !report.contains('\r'));
    assert!(report.len() < 20_000);
}
