//! 4.6 basic constraints, 4.7 key usage.

use super::{Row, invalid, valid};
use crate::certificates::der::{Fields, TRUE, critical, extension, id, sequence};
use crate::pkits::path::{Case, Edit, Path};

fn no_length(_: &mut Fields) {}

/// Authorities with these path lengths, one below the other.
fn lengths(all: &[Option<u8>]) -> Path {
    all.iter().enumerate().fold(Path::anchor(), |path, (i, length)| {
        path.then(&format!("pathLenConstraint CA {i}"), |f| {
            if let Some(length) = length {
                f.path_length(*length);
            }
        })
    })
}

fn usage(is_critical: bool, bits: [u8; 2]) -> Case {
    Path::new("keyUsage CA", |f| f.usage(is_critical, bits)).end(|_| ())
}

/// keyCertSign and cRLSign, alone and together: how many bits are unused, and the bits.
const CERT_SIGN: [u8; 2] = [2, 0b0000_0100];
const CRL_SIGN: [u8; 2] = [1, 0b0000_0010];
const BOTH: [u8; 2] = [1, 0b0000_0110];

pub const ROWS: &[Row] = &[
    invalid("4.6.1", "an authority without basicConstraints", || {
        Path::new("Missing basicConstraints CA", |f| f.remove(id::BASIC_CONSTRAINTS)).end(|_| ())
    }),
    invalid("4.6.2", "critical basicConstraints with cA FALSE", || {
        Path::new("cA False CA", |f| f.set(id::BASIC_CONSTRAINTS, critical(id::BASIC_CONSTRAINTS, &sequence(&[]))))
            .end(|_| ())
    }),
    invalid("4.6.3", "basicConstraints with cA FALSE that are not critical", || {
        Path::new("cA False CA", |f| f.set(id::BASIC_CONSTRAINTS, extension(id::BASIC_CONSTRAINTS, &sequence(&[]))))
            .end(|_| ())
    }),
    valid("4.6.4", "basicConstraints with cA TRUE that are not critical", || {
        let basic = || extension(id::BASIC_CONSTRAINTS, &sequence(&[&TRUE]));
        Path::new("Not Critical CA", |f| f.set(id::BASIC_CONSTRAINTS, basic())).end(|_| ())
    }),
    invalid("4.6.5", "path length 0, and an authority below", || lengths(&[Some(0), None]).end(|_| ())),
    invalid("4.6.6", "path length 0, an authority below, and one at the end", || {
        lengths(&[Some(0), None]).end_ca(no_length)
    }),
    valid("4.6.7", "path length 0", || lengths(&[Some(0)]).end(|_| ())),
    valid("4.6.8", "path length 0, and an authority at the end", || lengths(&[Some(0)]).end_ca(no_length)),
    invalid("4.6.9", "path lengths 6, 0, 0", || lengths(&[Some(6), Some(0), Some(0)]).end(|_| ())),
    invalid("4.6.10", "path lengths 6, 0, 0, and an authority at the end", || {
        lengths(&[Some(6), Some(0), Some(0)]).end_ca(no_length)
    }),
    invalid("4.6.11", "path lengths 6, 1, 1, none", || lengths(&[Some(6), Some(1), Some(1), None]).end(|_| ())),
    invalid("4.6.12", "path lengths 6, 1, 1, none, and an authority at the end", || {
        lengths(&[Some(6), Some(1), Some(1), None]).end_ca(no_length)
    }),
    valid("4.6.13", "path lengths 6, 4, 1, none", || lengths(&[Some(6), Some(4), Some(1), None]).end(|_| ())),
    valid("4.6.14", "path lengths 6, 4, 1, none, and an authority at the end", || {
        lengths(&[Some(6), Some(4), Some(1), None]).end_ca(no_length)
    }),
    valid("4.6.15", "path length 0, and a self-issued certificate", || lengths(&[Some(0)]).again(|_| ()).end(|_| ())),
    invalid("4.6.16", "path length 0, a self-issued certificate, and an authority below", || {
        lengths(&[Some(0)]).again(|_| ()).then("subCA", |_| ()).end(|_| ())
    }),
    valid("4.6.17", "path length 1, a self-issued certificate, an authority, another self-issued one", || {
        lengths(&[Some(1)]).again(|_| ()).then("subCA", |f| f.path_length(0)).again(|_| ()).end(|_| ())
    }),
    invalid("4.7.1", "a critical keyUsage without keyCertSign", || usage(true, CRL_SIGN)),
    invalid("4.7.2", "a keyUsage without keyCertSign, not critical", || usage(false, CRL_SIGN)),
    valid("4.7.3", "a keyUsage that is not critical", || usage(false, BOTH)),
    invalid("4.7.4", "a critical keyUsage without cRLSign", || usage(true, CERT_SIGN)),
    invalid("4.7.5", "a keyUsage without cRLSign, not critical", || usage(false, CERT_SIGN)),
];
