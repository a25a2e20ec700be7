//! Clients of the server on axum: curl, and the example on hyper.

use std::process::Command;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use crate::peer::BOUND;
use crate::{Folder, hyper_example, installed, run};

#[path = "../../examples/axum.rs"]
#[allow(dead_code, reason = "its main is for the command line")]
mod axum_example;

#[test]
fn the_server_greets_its_clients() {
    run(async {
        let folder = Folder::new();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        // The silent client is connected to the end, however long the others take.
        let listener = axum_example::listener(socket, &folder.certificate, &folder.key).unwrap().handshake_time(BOUND);
        let server = tokio::spawn(async move {
            axum_example::serve(listener).await.unwrap();
        });
        // One that says nothing does not keep the others waiting.
        let mut silent = TcpStream::connect(address).await.unwrap();

        let url = format!("https://{address}/");
        for (protocols, version, protocol) in
            [(&["h2"][..], "HTTP/2.0", "h2"), (&["http/1.1"], "HTTP/1.1", "http/1.1"), (&[], "HTTP/1.1", "no protocol")]
        {
            let answer = hyper_example::get(&url, &folder.roots, protocols).await.unwrap();
            assert_eq!(
                answer,
                format!(
                    "{version} 200 OK\nhello 127.0.0.1, by {protocol}, with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n"
                )
            );
        }
        if let Some(curl) = installed("curl") {
            for (option, protocol) in [("--http2", "h2"), ("--http1.1", "http/1.1")] {
                let mut command = Command::new(&curl);
                command.args(["--silent", "--show-error", "--cacert", &folder.roots, option, &url]);
                let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
                let said = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                assert!(said.starts_with(&format!("hello 127.0.0.1, by {protocol}, with TLS_ECDHE_RSA_")), "{said}");
            }
        }
        // It is told nothing, and still connected.
        let mut heard = [0];
        tokio::select! {
            biased;
            read = silent.read(&mut heard) => panic!("{read:?}"),
            () = tokio::task::yield_now() => {}
        }
        server.abort();
    });
}
