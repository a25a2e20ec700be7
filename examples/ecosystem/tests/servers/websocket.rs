//! Python's websockets, over OpenSSL.

use std::process::Command;

use crate::peer::Process;
use crate::{Folder, complaint, output, python, python_has};

#[test]
fn a_message_is_repeated() {
    if !python_has("websockets") {
        return;
    }
    let folder = Folder::new();
    let mut server = Process::spawn(python("websocket.py").args([&folder.certificate, &folder.key]), None);
    let url = format!("wss://localhost:{}/", server.port());
    let example = |roots: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_websocket"));
        command.args([&url, roots, "is anybody there?"]);
        command
    };
    assert_eq!(output(&mut example(&folder.roots)), "is anybody there?\n");
    let error = complaint(&mut example(&Folder::new().roots));
    assert!(error.contains("certificate"), "{error}");
}
