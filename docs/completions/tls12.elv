
use builtin;
use str;

set edit:completion:arg-completer[tls12] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'tls12'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'tls12'= {
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand client 'Connects to a server, sends it standard input, and writes its data to standard output'
            cand server 'Answers connections, until it is stopped'
            cand verify 'Validates a certificate chain, and explains what is wrong with it'
            cand suites 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first'
            cand scan 'Finds out what a server supports, by offering it'
            cand explain 'Explains captured connections: the messages, what of them can be verified, and why a handshake failed'
            cand tap 'Relays connections to a server, and records them, until it is stopped'
            cand replay 'Replays a connection that --record or the library recorded, without a peer, and explains its error'
            cand ticket-keys 'Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart'
            cand completions 'Prints a script that completes the commands and options of this tool in a shell'
            cand man 'Prints a man page: `tls12 man client | man -l -`'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;client'= {
            cand --starttls 'Begin in plaintext, and start TLS as this protocol does'
            cand --proxy 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT'
            cand --timeout 'The time limit for connecting, for the handshake, and for the server to send something, each'
            cand --ca 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times'
            cand --pin 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times'
            cand --trust 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times'
            cand --tofu 'Trust the key that this server presents first, and no other from then on, as ssh does; the file stores it'
            cand --psk 'Use this pre-shared key, with this identity'
            cand --server-name 'The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST'
            cand --verify-name 'The name that the server''s certificate must contain, if it differs from the name that is sent'
            cand --client-cert 'Present this certificate chain to a server that requests one and can use it, the client''s own certificate first (PEM, DER, PKCS#12)'
            cand --client-key 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12'
            cand --session-in 'Offer to resume the session in this file, written by --session-out'
            cand --session-out 'Write the session to this file, for --session-in; it can be the same file'
            cand --renegotiate 'Renegotiate when the server requests it, at most N times'
            cand --tickets 'Whether to request a session ticket'
            cand --min-hello 'Pad the ClientHello to at least this number of bytes, including its header of 4 (RFC 7685)'
            cand --max-fragment 'Request records of at most this number of bytes, in both directions'
            cand --min-version 'The minimum version of TLS; 1.3 needs no --max-version'
            cand --max-version 'The maximum version of TLS; by default 1.2'
            cand --suite 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first'
            cand --group 'Negotiate only this group; give it several times, most preferred first'
            cand --policy 'What may be negotiated'
            cand --allow 'Allow something that is refused by default but that old devices need; can be given several times'
            cand --crl 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times'
            cand --warn-days 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before'
            cand --alpn 'Negotiate an application protocol, such as h2; separate several by commas, most preferred first'
            cand --export 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)'
            cand --key-password-file 'The first line of this file is the password of encrypted private keys'
            cand --key-password 'The environment variable with the password of encrypted private keys: env:NAME'
            cand --keylog 'Append the connections'' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE'
            cand --pcapng 'Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`'
            cand --record 'Record the connection to this file, for `tls12 replay`; a server records its first one'
            cand --require-status 'Refuse a server''s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it'
            cand --explain 'If the handshake fails and the server gives no reason, scan the server, and compare what it supports with what was offered'
            cand --look 'Only inspect the server: connect even if its certificate is not trusted, show the chain, the verdict and the pin, and send no data'
            cand --show-certs 'Show the server''s certificates in full, on standard error'
            cand --no-server-name 'Send no server_name extension'
            cand --keep-open 'Send nothing at the end of standard input, and wait for the server to close'
            cand --strict 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
            cand --require-ems 'Refuse a peer that does not support the extended master secret (RFC 7627)'
            cand --trace 'Print each handshake message and alert, as it is sent or received, to standard error'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;server'= {
            cand --cert 'A certificate chain, the server''s own first (PEM, DER, PKCS#12)'
            cand --key 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12'
            cand --psk 'Use this pre-shared key for the client with this identity; can be given several times'
            cand --ocsp 'Staple this OCSP response to the certificate (DER)'
            cand --client-ca 'Verify clients with the certificates in this file or directory, of CAs or of clients (PEM or DER); can be given several times'
            cand --tickets 'Whether to issue and accept session tickets'
            cand --session-ids 'Whether to keep the sessions of clients without a ticket in memory, by session ID'
            cand --count 'Serve this number of connections, and exit with the exit code of the first that failed'
            cand --redis 'Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH'
            cand --fleet-secrets 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open'
            cand --files 'Answer GET requests with the files in this directory and its subdirectories; links that lead out of it are not followed'
            cand --min-version 'The minimum version of TLS; 1.3 needs no --max-version'
            cand --max-version 'The maximum version of TLS; by default 1.2'
            cand --suite 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first'
            cand --group 'Negotiate only this group; give it several times, most preferred first'
            cand --policy 'What may be negotiated'
            cand --allow 'Allow something that is refused by default but that old devices need; can be given several times'
            cand --crl 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times'
            cand --warn-days 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before'
            cand --alpn 'Negotiate an application protocol, such as h2; separate several by commas, most preferred first'
            cand --export 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)'
            cand --key-password-file 'The first line of this file is the password of encrypted private keys'
            cand --key-password 'The environment variable with the password of encrypted private keys: env:NAME'
            cand --keylog 'Append the connections'' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE'
            cand --pcapng 'Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`'
            cand --record 'Record the connection to this file, for `tls12 replay`; a server records its first one'
            cand --request-client-cert 'Request a certificate from clients, but also serve those without one'
            cand --require-client-cert 'Require a certificate from clients'
            cand --verbose 'Explain failures in detail: what each side supports, what to try, and the full report on a refused certificate'
            cand --once 'Serve one connection, and exit with its exit code; connections without any data do not count'
            cand --echo 'Send received data back'
            cand --rev 'Send each line back with its bytes reversed'
            cand --stdin 'Send standard input to the client, and print the client''s data; for one connection, as with --once'
            cand --http 'Answer every GET request with a page about the connection'
            cand --strict 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
            cand --require-ems 'Refuse a peer that does not support the extended master secret (RFC 7627)'
            cand --trace 'Print each handshake message and alert, as it is sent or received, to standard error'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;verify'= {
            cand --ca 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times'
            cand --pin 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times'
            cand --trust 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times'
            cand --name 'The name that the server''s certificate must have'
            cand --time 'The time at which the chain must be valid, such as 2026-06-01T12:00:00Z; now if not given'
            cand --allow 'Allow something that is refused by default but that old devices need; can be given several times'
            cand --crl 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times'
            cand --warn-days 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before'
            cand --staple 'The OCSP response that the server staples (DER)'
            cand --max-depth 'Allow at most this number of intermediates'
            cand --require-status 'Refuse a server''s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it'
            cand --strict 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
            cand --show-certs 'Show each certificate in full'
            cand --client 'Validate the certificate of a client'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;suites'= {
            cand --policy 'Only what this policy allows'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;scan'= {
            cand --ca 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times'
            cand --pin 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times'
            cand --trust 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times'
            cand --allow 'Allow something that is refused by default but that old devices need; can be given several times'
            cand --crl 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times'
            cand --warn-days 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before'
            cand --server-name 'The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST'
            cand --verify-name 'The name that the server''s certificate must contain, if it differs from the name that is sent'
            cand --starttls 'Begin in plaintext, and start TLS as this protocol does'
            cand --proxy 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT'
            cand --timeout 'The time limit for connecting, for the handshake, and for the server to send something, each'
            cand --require-status 'Refuse a server''s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it'
            cand --strict 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
            cand --no-server-name 'Send no server_name extension'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;explain'= {
            cand --keylog 'Decrypt with the secrets in this file, which a browser, curl or tls12 wrote; can be given several times'
            cand --rsa-key 'Decrypt with this private key of the server, for cipher suites with static RSA; can be given several times'
            cand --key-password-file 'The first line of this file is the password of encrypted private keys'
            cand --key-password 'The environment variable with the password of encrypted private keys: env:NAME'
            cand --psk 'Decrypt with this pre-shared key, for cipher suites without ECDHE; can be given several times'
            cand --ca 'Verify the certificates against those in this file or directory, at the time of the capture; can be given several times'
            cand --stream 'Explain only the connection with this number, which is that of Wireshark (tcp.stream)'
            cand --html 'Draw the connections in this file too, as a page for a browser that needs no network'
            cand --data 'Print the application data'
            cand -v 'Print each record, and each field of a message with its bytes'
            cand --verbose 'Print each record, and each field of a message with its bytes'
            cand --show-secrets 'Show the master secret and the keys in the page'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;tap'= {
            cand --pcapng 'Record the connections in this file, for Wireshark and `tls12 explain`'
            cand --count 'Relay this number of connections, and exit with the exit code of the first that failed'
            cand --timeout 'The time limit for connecting to the server, and for both sides to be silent, each'
            cand --once 'Relay one connection, and exit with its exit code'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;replay'= {
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;ticket-keys'= {
            cand --redis 'Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH'
            cand --fleet-secrets 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open'
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
            cand rotate 'Make the next key the current one ahead of schedule'
            cand revoke 'Invalidate all tickets that a compromised key has sealed'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;ticket-keys;rotate'= {
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;ticket-keys;revoke'= {
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;ticket-keys;help'= {
            cand rotate 'Make the next key the current one ahead of schedule'
            cand revoke 'Invalidate all tickets that a compromised key has sealed'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;ticket-keys;help;rotate'= {
        }
        &'tls12;ticket-keys;help;revoke'= {
        }
        &'tls12;ticket-keys;help;help'= {
        }
        &'tls12;completions'= {
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;man'= {
            cand --json 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;help'= {
            cand client 'Connects to a server, sends it standard input, and writes its data to standard output'
            cand server 'Answers connections, until it is stopped'
            cand verify 'Validates a certificate chain, and explains what is wrong with it'
            cand suites 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first'
            cand scan 'Finds out what a server supports, by offering it'
            cand explain 'Explains captured connections: the messages, what of them can be verified, and why a handshake failed'
            cand tap 'Relays connections to a server, and records them, until it is stopped'
            cand replay 'Replays a connection that --record or the library recorded, without a peer, and explains its error'
            cand ticket-keys 'Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart'
            cand completions 'Prints a script that completes the commands and options of this tool in a shell'
            cand man 'Prints a man page: `tls12 man client | man -l -`'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;help;client'= {
        }
        &'tls12;help;server'= {
        }
        &'tls12;help;verify'= {
        }
        &'tls12;help;suites'= {
        }
        &'tls12;help;scan'= {
        }
        &'tls12;help;explain'= {
        }
        &'tls12;help;tap'= {
        }
        &'tls12;help;replay'= {
        }
        &'tls12;help;ticket-keys'= {
            cand rotate 'Make the next key the current one ahead of schedule'
            cand revoke 'Invalidate all tickets that a compromised key has sealed'
        }
        &'tls12;help;ticket-keys;rotate'= {
        }
        &'tls12;help;ticket-keys;revoke'= {
        }
        &'tls12;help;completions'= {
        }
        &'tls12;help;man'= {
        }
        &'tls12;help;help'= {
        }
    ]
    $completions[$command]
}
