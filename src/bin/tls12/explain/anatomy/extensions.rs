//! The extensions of a hello, and the fields in those that are supported.

use tls12::wire::{ExtensionType, is_grease};

use super::reader::Reader;
use super::values;

/// Reads the extension block, if there is one (RFC 5246 §7.4.1.4).
pub fn extensions(reader: &mut Reader<'_>, is_of_server: bool) -> Option<()> {
    const CLAUSE: &str = "RFC 5246 §7.4.1.4";
    if reader.left() == 0 {
        return Some(());
    }
    reader.frame("length of extensions", CLAUSE, 2, values::number)?;
    while reader.left() > 0 {
        let typ = reader.frame("extension_type", CLAUSE, 2, values::extension_type)?;
        let typ = ExtensionType(u16::try_from(typ).ok()?);
        let len = reader.frame("length of extension_data", CLAUSE, 2, values::number)?;
        reader.fixed_of(&format!("extension {typ}"), clause(typ), len, |reader| content(reader, typ, is_of_server))?;
    }
    Some(())
}

/// The clause that defines an extension.
const fn clause(typ: ExtensionType) -> &'static str {
    use ExtensionType as T;
    match typ {
        T::SERVER_NAME => "RFC 6066 §3",
        T::MAX_FRAGMENT_LENGTH => "RFC 6066 §4",
        T::STATUS_REQUEST => "RFC 6066 §8",
        T::SUPPORTED_GROUPS => "RFC 8422 §5.1.1",
        T::EC_POINT_FORMATS => "RFC 8422 §5.1.2",
        T::SIGNATURE_ALGORITHMS => "RFC 5246 §7.4.1.4.1",
        T::ALPN => "RFC 7301 §3.1",
        T::SIGNED_CERTIFICATE_TIMESTAMP => "RFC 6962 §3.3.1",
        T::PADDING => "RFC 7685 §3",
        T::ENCRYPT_THEN_MAC => "RFC 7366 §2",
        T::EXTENDED_MASTER_SECRET => "RFC 7627 §5.1",
        T::RECORD_SIZE_LIMIT => "RFC 8449 §4",
        T::SESSION_TICKET => "RFC 5077 §3.2",
        T::SUPPORTED_VERSIONS => "RFC 8446 §4.2.1",
        T::SIGNATURE_ALGORITHMS_CERT => "RFC 8446 §4.2.3",
        T::RENEGOTIATION_INFO => "RFC 5746 §3.2",
        ExtensionType(number) if is_grease(number) => "RFC 8701 §2",
        _ => "RFC 5246 §7.4.1.4",
    }
}

/// Reads the content of an extension. An unknown one is a single field.
fn content(reader: &mut Reader<'_>, typ: ExtensionType, is_of_server: bool) -> Option<()> {
    use ExtensionType as T;
    let clause = clause(typ);
    if reader.left() == 0 {
        return Some(());
    }
    match typ {
        T::SERVER_NAME => reader.vector_of("server_name_list", clause, 2, |reader| {
            while reader.left() > 0 {
                reader.fixed("name_type", clause, 1, values::name_type)?;
                reader.vector("HostName", clause, 2, values::text)?;
            }
            Some(())
        }),
        T::MAX_FRAGMENT_LENGTH => reader.fixed("MaxFragmentLength", clause, 1, values::max_fragment_length),
        T::STATUS_REQUEST => {
            reader.fixed("status_type", clause, 1, values::status_type)?;
            reader.vector("responder_id_list", clause, 2, values::none)?;
            reader.vector("request_extensions", clause, 2, values::none)
        }
        T::SUPPORTED_GROUPS => reader.items(("named_curve_list", "NamedCurve"), clause, (2, 2), values::group),
        T::EC_POINT_FORMATS => {
            reader.items(("ec_point_format_list", "ECPointFormat"), clause, (1, 1), values::point_format)
        }
        T::SIGNATURE_ALGORITHMS | T::SIGNATURE_ALGORITHMS_CERT => {
            let names = ("supported_signature_algorithms", "SignatureAndHashAlgorithm");
            reader.items(names, clause, (2, 2), values::scheme)
        }
        T::ALPN => reader.vector_of("protocol_name_list", clause, 2, |reader| {
            while reader.left() > 0 {
                reader.vector("ProtocolName", clause, 1, values::text)?;
            }
            Some(())
        }),
        T::PADDING => reader.fixed("zeros", clause, reader.left(), values::none),
        T::RECORD_SIZE_LIMIT => reader.fixed("RecordSizeLimit", clause, 2, values::number),
        T::SESSION_TICKET => reader.fixed("ticket", clause, reader.left(), values::none),
        T::SUPPORTED_VERSIONS if is_of_server => reader.fixed("selected_version", clause, 2, values::version),
        T::SUPPORTED_VERSIONS => reader.items(("versions", "ProtocolVersion"), clause, (1, 2), values::version),
        T::RENEGOTIATION_INFO => reader.vector("renegotiated_connection", clause, 1, values::none),
        _ => reader.fixed("extension_data", clause, reader.left(), values::none),
    }
}
