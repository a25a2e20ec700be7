//! How `tls12 explain` reads captures: these files belong to the tool, and not to the library.

#[path = "../../src/bin/tls12/explain/capture.rs"]
pub mod capture;
#[path = "../../src/bin/tls12/explain/packet.rs"]
pub mod packet;
#[path = "../../src/bin/tls12/explain/reassembly.rs"]
pub mod reassembly;
