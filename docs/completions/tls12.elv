
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
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand client 'Connects to a server: standard input goes to it, what it sends goes to standard output'
            cand server 'Answers connections, until it is stopped'
            cand verify 'Validates a certificate chain, and says what is wrong with it'
            cand suites 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first'
            cand scan 'Finds out what a server supports, by offering it'
            cand ticket-keys 'Changes the ticket keys that servers share by Redis. They need no restart, but some seconds to hear of it'
            cand completions 'Prints a script that completes the commands and options of this tool in a shell'
            cand man 'Prints a man page: `tls12 man client | man -l -`'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;client'= {
            cand --starttls 'Begin in the clear, and start TLS as this protocol does'
            cand --proxy 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT'
            cand --timeout 'How long to wait for a connection, for the end of the handshake, and while the server sends nothing, each'
            cand --ca 'Trust the certificates in this file or folder, of authorities or of servers (PEM or DER); can be given several times'
            cand --pin 'Trust whoever has this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times'
            cand --trust 'Trust this very certificate, the first in the file (PEM or DER), and nothing that it has issued; can be given several times'
            cand --tofu 'Trust the key that this server shows first, and no other from then on, as ssh does; the file keeps it'
            cand --psk 'Share this key with the server, under this identity'
            cand --server-name 'Ask for the server of this name (server_name, RFC 6066 §3), which its certificate must have too; HOST if not given'
            cand --verify-name 'The name that the server''s certificate must have, if it is another one than the server is asked for'
            cand --client-cert 'Show this certificate chain to a server that asks for one and can use it, our own certificate first (PEM, DER, PKCS#12)'
            cand --client-key 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12'
            cand --session-in 'Offer to resume the session in this file, which --session-out has written'
            cand --session-out 'Write the session to this file, for --session-in; it can be the same file'
            cand --renegotiate 'Renegotiate when the server asks for it, at most N times'
            cand --tickets 'Whether to ask for a session ticket'
            cand --min-hello 'Pad the ClientHello to at least so many bytes (RFC 7685), its header of 4 included'
            cand --max-fragment 'Ask for records of at most so many bytes, both ways'
            cand --suite 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first'
            cand --group 'Negotiate only this group; give it several times, most preferred first'
            cand --policy 'What may be negotiated'
            cand --allow 'Allow what old devices need and is refused by default; can be given several times'
            cand --crl 'Refuse what is on the revocation lists in this file (PEM or DER), and what is on none; can be given several times'
            cand --warn-days 'Warn of certificates that expire within so many days; by default, the server warns of its own at its start, 30 days before'
            cand --alpn 'Agree on an application protocol, such as h2; several with commas between them, most preferred first'
            cand --export 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)'
            cand --key-password-file 'The first line of this file is the password of encrypted private keys'
            cand --key-password 'The environment variable with the password of encrypted private keys: env:NAME'
            cand --keylog 'Append the connections'' secrets to this file, for Wireshark; without it, to the one that SSLKEYLOGFILE names'
            cand --require-status 'Refuse a server''s certificate if nothing tells whether it was revoked: no stapled OCSP response, and no list (--crl)'
            cand --explain 'If the handshake fails and the server does not say why, find out: scan the server, and hold what it supports against what was offered'
            cand --look 'Only look: connect whatever the verdict on the certificate, show the chain, the verdict and the pin, and send nothing'
            cand --show-certs 'Show the server''s certificates in full, on standard error'
            cand --no-server-name 'Ask for no name (no server_name extension)'
            cand --keep-open 'Send nothing at the end of standard input, and wait for the server to close'
            cand --strict 'Also refuse certificates for what is only noted by default: demands of RFC 5280 on those who issue certificates'
            cand --require-ems 'Refuse a peer that does not know the extended master secret (RFC 7627)'
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;server'= {
            cand --cert 'A certificate chain, the server''s own first (PEM, DER, PKCS#12)'
            cand --key 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; a chain in PKCS#12 has it'
            cand --psk 'Share this key with the client of this identity; can be given several times'
            cand --ocsp 'Staple this OCSP response to the certificate (DER)'
            cand --client-ca 'Trust the certificates in this file or folder, of authorities or of clients (PEM or DER), to know clients by; can be given several times'
            cand --tickets 'Whether to give out and accept session tickets'
            cand --session-ids 'Whether to keep the sessions of clients that get no ticket, in memory, under an ID'
            cand --count 'Serve so many connections, and end with the exit code of the first that has failed'
            cand --redis 'Share sessions and ticket keys with other servers by this Redis or Valkey: redis://HOST:PORT or unix:///PATH'
            cand --fleet-secrets 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits a line. The first seals, all open'
            cand --files 'Answer GET with the files in this folder, and below it; links that lead out of it are not followed'
            cand --suite 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first'
            cand --group 'Negotiate only this group; give it several times, most preferred first'
            cand --policy 'What may be negotiated'
            cand --allow 'Allow what old devices need and is refused by default; can be given several times'
            cand --crl 'Refuse what is on the revocation lists in this file (PEM or DER), and what is on none; can be given several times'
            cand --warn-days 'Warn of certificates that expire within so many days; by default, the server warns of its own at its start, 30 days before'
            cand --alpn 'Agree on an application protocol, such as h2; several with commas between them, most preferred first'
            cand --export 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)'
            cand --key-password-file 'The first line of this file is the password of encrypted private keys'
            cand --key-password 'The environment variable with the password of encrypted private keys: env:NAME'
            cand --keylog 'Append the connections'' secrets to this file, for Wireshark; without it, to the one that SSLKEYLOGFILE names'
            cand --request-client-cert 'Ask clients for a certificate, but serve those that have none as well'
            cand --require-client-cert 'Ask clients for a certificate, and refuse those that have none'
            cand --verbose 'Explain failures at length: what each side had, what to try, and all that there is to say of a refused certificate'
            cand --once 'Serve one connection, and end with its exit code; connections on which nothing comes do not count'
            cand --echo 'Send back what is received'
            cand --rev 'Send back each line with its bytes in reverse'
            cand --stdin 'Send standard input to the client, and print what the client sends; for one connection, as with --once'
            cand --http 'Answer any GET with a page about the connection'
            cand --strict 'Also refuse certificates for what is only noted by default: demands of RFC 5280 on those who issue certificates'
            cand --require-ems 'Refuse a peer that does not know the extended master secret (RFC 7627)'
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;verify'= {
            cand --ca 'Trust the certificates in this file or folder, of authorities or of servers (PEM or DER); can be given several times'
            cand --pin 'Trust whoever has this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times'
            cand --trust 'Trust this very certificate, the first in the file (PEM or DER), and nothing that it has issued; can be given several times'
            cand --name 'The name that the server''s certificate must have'
            cand --time 'The time at which the chain must be valid, such as 2026-06-01T12:00:00Z; now if not given'
            cand --allow 'Allow what old devices need and is refused by default; can be given several times'
            cand --crl 'Refuse what is on the revocation lists in this file (PEM or DER), and what is on none; can be given several times'
            cand --warn-days 'Warn of certificates that expire within so many days; by default, the server warns of its own at its start, 30 days before'
            cand --staple 'The OCSP response that the server staples (DER)'
            cand --max-depth 'Allow at most so many intermediates'
            cand --require-status 'Refuse a server''s certificate if nothing tells whether it was revoked: no stapled OCSP response, and no list (--crl)'
            cand --strict 'Also refuse certificates for what is only noted by default: demands of RFC 5280 on those who issue certificates'
            cand --show-certs 'Show each certificate in full'
            cand --client 'Validate the certificate of a client'
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;suites'= {
            cand --policy 'Only what this policy allows'
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;scan'= {
            cand --ca 'Trust the certificates in this file or folder, of authorities or of servers (PEM or DER); can be given several times'
            cand --pin 'Trust whoever has this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times'
            cand --trust 'Trust this very certificate, the first in the file (PEM or DER), and nothing that it has issued; can be given several times'
            cand --allow 'Allow what old devices need and is refused by default; can be given several times'
            cand --crl 'Refuse what is on the revocation lists in this file (PEM or DER), and what is on none; can be given several times'
            cand --warn-days 'Warn of certificates that expire within so many days; by default, the server warns of its own at its start, 30 days before'
            cand --server-name 'Ask for the server of this name (server_name, RFC 6066 §3), which its certificate must have too; HOST if not given'
            cand --verify-name 'The name that the server''s certificate must have, if it is another one than the server is asked for'
            cand --starttls 'Begin in the clear, and start TLS as this protocol does'
            cand --proxy 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT'
            cand --timeout 'How long to wait for a connection, for the end of the handshake, and while the server sends nothing, each'
            cand --require-status 'Refuse a server''s certificate if nothing tells whether it was revoked: no stapled OCSP response, and no list (--crl)'
            cand --strict 'Also refuse certificates for what is only noted by default: demands of RFC 5280 on those who issue certificates'
            cand --no-server-name 'Ask for no name (no server_name extension)'
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'tls12;ticket-keys'= {
            cand --redis 'Share sessions and ticket keys with other servers by this Redis or Valkey: redis://HOST:PORT or unix:///PATH'
            cand --fleet-secrets 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits a line. The first seals, all open'
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
            cand rotate 'Make the next key the current one, before it is time'
            cand revoke 'Make all tickets void that a compromised key has sealed'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;ticket-keys;rotate'= {
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;ticket-keys;revoke'= {
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;ticket-keys;help'= {
            cand rotate 'Make the next key the current one, before it is time'
            cand revoke 'Make all tickets void that a compromised key has sealed'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'tls12;ticket-keys;help;rotate'= {
        }
        &'tls12;ticket-keys;help;revoke'= {
        }
        &'tls12;ticket-keys;help;help'= {
        }
        &'tls12;completions'= {
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;man'= {
            cand --json 'Print JSON, one object a line; docs/tls12.schema.json in the repository describes it'
            cand --quiet 'Print failures only'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'tls12;help'= {
            cand client 'Connects to a server: standard input goes to it, what it sends goes to standard output'
            cand server 'Answers connections, until it is stopped'
            cand verify 'Validates a certificate chain, and says what is wrong with it'
            cand suites 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first'
            cand scan 'Finds out what a server supports, by offering it'
            cand ticket-keys 'Changes the ticket keys that servers share by Redis. They need no restart, but some seconds to hear of it'
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
        &'tls12;help;ticket-keys'= {
            cand rotate 'Make the next key the current one, before it is time'
            cand revoke 'Make all tickets void that a compromised key has sealed'
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
