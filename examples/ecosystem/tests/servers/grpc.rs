//! gRPC's own library (python3-grpcio), as the server of our client and as the client of our server.

use std::process::Command;

use crate::peer::Process;
use crate::{Folder, complaint, free_port, output, python, python_has, wait_for_port};

fn example() -> Command {
    Command::new(env!("CARGO_BIN_EXE_grpc"))
}

#[test]
fn the_client_asks_a_server_of_grpcs_own() {
    if !python_has("grpc") {
        return;
    }
    let folder = Folder::new();
    let server = Process::spawn(python("grpc_peer.py").args(["serve", &folder.certificate, &folder.key]), None);
    let port = server.wait_for("its port", |said| str::from_utf8(said).ok()?.strip_suffix('\n')?.parse::<u16>().ok());
    let url = format!("https://localhost:{port}");
    assert_eq!(output(example().args(["check", &url, &folder.roots])), "SERVING\n");
    // A root that the server's certificate does not lead to.
    let error = complaint(example().args(["check", &url, &Folder::new().roots]));
    assert!(error.contains("certificate"), "{error}");
}

#[test]
fn the_server_answers_a_client_of_grpcs_own() {
    if !python_has("grpc") {
        return;
    }
    let (folder, port) = (Folder::new(), free_port());
    let address = format!("127.0.0.1:{port}");
    let _server = Process::spawn(example().args(["serve", &address, &folder.certificate, &folder.key]), None);
    wait_for_port(port);
    // HealthCheckResponse: field 1, a varint, is 1, SERVING.
    assert_eq!(output(python("grpc_peer.py").args(["check", &format!("localhost:{port}"), &folder.roots])), "0801\n");
}
