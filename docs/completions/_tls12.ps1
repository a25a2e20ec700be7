
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'tls12' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'tls12'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'tls12' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('client', 'client', [CompletionResultType]::ParameterValue, 'Connects to a server, sends it standard input, and writes its data to standard output')
            [CompletionResult]::new('server', 'server', [CompletionResultType]::ParameterValue, 'Answers connections, until it is stopped')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Validates a certificate chain, and explains what is wrong with it')
            [CompletionResult]::new('suites', 'suites', [CompletionResultType]::ParameterValue, 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first')
            [CompletionResult]::new('scan', 'scan', [CompletionResultType]::ParameterValue, 'Finds out what a server supports, by offering it')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explains captured connections: the messages, what of them can be verified, and why a handshake failed')
            [CompletionResult]::new('tap', 'tap', [CompletionResultType]::ParameterValue, 'Relays connections to a server, and records them, until it is stopped')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Replays a connection that --record or the library recorded, without a peer, and explains its error')
            [CompletionResult]::new('ticket-keys', 'ticket-keys', [CompletionResultType]::ParameterValue, 'Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints a script that completes the commands and options of this tool in a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints a man page: `tls12 man client | man -l -`')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tls12;client' {
            [CompletionResult]::new('--starttls', '--starttls', [CompletionResultType]::ParameterName, 'Begin in plaintext, and start TLS as this protocol does')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The time limit for connecting, for the handshake, and for the server to send something, each')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times')
            [CompletionResult]::new('--pin', '--pin', [CompletionResultType]::ParameterName, 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times')
            [CompletionResult]::new('--tofu', '--tofu', [CompletionResultType]::ParameterName, 'Trust the key that this server presents first, and no other from then on, as ssh does; the file stores it')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use this pre-shared key, with this identity')
            [CompletionResult]::new('--server-name', '--server-name', [CompletionResultType]::ParameterName, 'The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST')
            [CompletionResult]::new('--verify-name', '--verify-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must contain, if it differs from the name that is sent')
            [CompletionResult]::new('--client-cert', '--client-cert', [CompletionResultType]::ParameterName, 'Present this certificate chain to a server that requests one and can use it, the client''s own certificate first (PEM, DER, PKCS#12)')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12')
            [CompletionResult]::new('--session-in', '--session-in', [CompletionResultType]::ParameterName, 'Offer to resume the session in this file, written by --session-out')
            [CompletionResult]::new('--session-out', '--session-out', [CompletionResultType]::ParameterName, 'Write the session to this file, for --session-in; it can be the same file')
            [CompletionResult]::new('--renegotiate', '--renegotiate', [CompletionResultType]::ParameterName, 'Renegotiate when the server requests it, at most N times')
            [CompletionResult]::new('--tickets', '--tickets', [CompletionResultType]::ParameterName, 'Whether to request a session ticket')
            [CompletionResult]::new('--min-hello', '--min-hello', [CompletionResultType]::ParameterName, 'Pad the ClientHello to at least this number of bytes, including its header of 4 (RFC 7685)')
            [CompletionResult]::new('--max-fragment', '--max-fragment', [CompletionResultType]::ParameterName, 'Request records of at most this number of bytes, in both directions')
            [CompletionResult]::new('--min-version', '--min-version', [CompletionResultType]::ParameterName, 'The minimum version of TLS; 1.3 needs no --max-version')
            [CompletionResult]::new('--max-version', '--max-version', [CompletionResultType]::ParameterName, 'The maximum version of TLS; by default 1.2')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Negotiate only this group; give it several times, most preferred first')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'What may be negotiated')
            [CompletionResult]::new('--allow', '--allow', [CompletionResultType]::ParameterName, 'Allow something that is refused by default but that old devices need; can be given several times')
            [CompletionResult]::new('--crl', '--crl', [CompletionResultType]::ParameterName, 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times')
            [CompletionResult]::new('--warn-days', '--warn-days', [CompletionResultType]::ParameterName, 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before')
            [CompletionResult]::new('--alpn', '--alpn', [CompletionResultType]::ParameterName, 'Negotiate an application protocol, such as h2; separate several by commas, most preferred first')
            [CompletionResult]::new('--export', '--export', [CompletionResultType]::ParameterName, 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)')
            [CompletionResult]::new('--key-password-file', '--key-password-file', [CompletionResultType]::ParameterName, 'The first line of this file is the password of encrypted private keys')
            [CompletionResult]::new('--key-password', '--key-password', [CompletionResultType]::ParameterName, 'The environment variable with the password of encrypted private keys: env:NAME')
            [CompletionResult]::new('--keylog', '--keylog', [CompletionResultType]::ParameterName, 'Append the connections'' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE')
            [CompletionResult]::new('--pcapng', '--pcapng', [CompletionResultType]::ParameterName, 'Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record the connection to this file, for `tls12 replay`; a server records its first one')
            [CompletionResult]::new('--require-status', '--require-status', [CompletionResultType]::ParameterName, 'Refuse a server''s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it')
            [CompletionResult]::new('--explain', '--explain', [CompletionResultType]::ParameterName, 'If the handshake fails and the server gives no reason, scan the server, and compare what it supports with what was offered')
            [CompletionResult]::new('--look', '--look', [CompletionResultType]::ParameterName, 'Only inspect the server: connect even if its certificate is not trusted, show the chain, the verdict and the pin, and send no data')
            [CompletionResult]::new('--show-certs', '--show-certs', [CompletionResultType]::ParameterName, 'Show the server''s certificates in full, on standard error')
            [CompletionResult]::new('--no-server-name', '--no-server-name', [CompletionResultType]::ParameterName, 'Send no server_name extension')
            [CompletionResult]::new('--keep-open', '--keep-open', [CompletionResultType]::ParameterName, 'Send nothing at the end of standard input, and wait for the server to close')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)')
            [CompletionResult]::new('--require-ems', '--require-ems', [CompletionResultType]::ParameterName, 'Refuse a peer that does not support the extended master secret (RFC 7627)')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Print each handshake message and alert, as it is sent or received, to standard error')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;server' {
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'A certificate chain, the server''s own first (PEM, DER, PKCS#12)')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Use this pre-shared key for the client with this identity; can be given several times')
            [CompletionResult]::new('--ocsp', '--ocsp', [CompletionResultType]::ParameterName, 'Staple this OCSP response to the certificate (DER)')
            [CompletionResult]::new('--client-ca', '--client-ca', [CompletionResultType]::ParameterName, 'Verify clients with the certificates in this file or directory, of CAs or of clients (PEM or DER); can be given several times')
            [CompletionResult]::new('--tickets', '--tickets', [CompletionResultType]::ParameterName, 'Whether to issue and accept session tickets')
            [CompletionResult]::new('--session-ids', '--session-ids', [CompletionResultType]::ParameterName, 'Whether to keep the sessions of clients without a ticket in memory, by session ID')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Serve this number of connections, and exit with the exit code of the first that failed')
            [CompletionResult]::new('--redis', '--redis', [CompletionResultType]::ParameterName, 'Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH')
            [CompletionResult]::new('--fleet-secrets', '--fleet-secrets', [CompletionResultType]::ParameterName, 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open')
            [CompletionResult]::new('--files', '--files', [CompletionResultType]::ParameterName, 'Answer GET requests with the files in this directory and its subdirectories; links that lead out of it are not followed')
            [CompletionResult]::new('--min-version', '--min-version', [CompletionResultType]::ParameterName, 'The minimum version of TLS; 1.3 needs no --max-version')
            [CompletionResult]::new('--max-version', '--max-version', [CompletionResultType]::ParameterName, 'The maximum version of TLS; by default 1.2')
            [CompletionResult]::new('--suite', '--suite', [CompletionResultType]::ParameterName, 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first')
            [CompletionResult]::new('--group', '--group', [CompletionResultType]::ParameterName, 'Negotiate only this group; give it several times, most preferred first')
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'What may be negotiated')
            [CompletionResult]::new('--allow', '--allow', [CompletionResultType]::ParameterName, 'Allow something that is refused by default but that old devices need; can be given several times')
            [CompletionResult]::new('--crl', '--crl', [CompletionResultType]::ParameterName, 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times')
            [CompletionResult]::new('--warn-days', '--warn-days', [CompletionResultType]::ParameterName, 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before')
            [CompletionResult]::new('--alpn', '--alpn', [CompletionResultType]::ParameterName, 'Negotiate an application protocol, such as h2; separate several by commas, most preferred first')
            [CompletionResult]::new('--export', '--export', [CompletionResultType]::ParameterName, 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)')
            [CompletionResult]::new('--key-password-file', '--key-password-file', [CompletionResultType]::ParameterName, 'The first line of this file is the password of encrypted private keys')
            [CompletionResult]::new('--key-password', '--key-password', [CompletionResultType]::ParameterName, 'The environment variable with the password of encrypted private keys: env:NAME')
            [CompletionResult]::new('--keylog', '--keylog', [CompletionResultType]::ParameterName, 'Append the connections'' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE')
            [CompletionResult]::new('--pcapng', '--pcapng', [CompletionResultType]::ParameterName, 'Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`')
            [CompletionResult]::new('--record', '--record', [CompletionResultType]::ParameterName, 'Record the connection to this file, for `tls12 replay`; a server records its first one')
            [CompletionResult]::new('--request-client-cert', '--request-client-cert', [CompletionResultType]::ParameterName, 'Request a certificate from clients, but also serve those without one')
            [CompletionResult]::new('--require-client-cert', '--require-client-cert', [CompletionResultType]::ParameterName, 'Require a certificate from clients')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Explain failures in detail: what each side supports, what to try, and the full report on a refused certificate')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Serve one connection, and exit with its exit code; connections without any data do not count')
            [CompletionResult]::new('--echo', '--echo', [CompletionResultType]::ParameterName, 'Send received data back')
            [CompletionResult]::new('--rev', '--rev', [CompletionResultType]::ParameterName, 'Send each line back with its bytes reversed')
            [CompletionResult]::new('--stdin', '--stdin', [CompletionResultType]::ParameterName, 'Send standard input to the client, and print the client''s data; for one connection, as with --once')
            [CompletionResult]::new('--http', '--http', [CompletionResultType]::ParameterName, 'Answer every GET request with a page about the connection')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)')
            [CompletionResult]::new('--require-ems', '--require-ems', [CompletionResultType]::ParameterName, 'Refuse a peer that does not support the extended master secret (RFC 7627)')
            [CompletionResult]::new('--trace', '--trace', [CompletionResultType]::ParameterName, 'Print each handshake message and alert, as it is sent or received, to standard error')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;verify' {
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times')
            [CompletionResult]::new('--pin', '--pin', [CompletionResultType]::ParameterName, 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must have')
            [CompletionResult]::new('--time', '--time', [CompletionResultType]::ParameterName, 'The time at which the chain must be valid, such as 2026-06-01T12:00:00Z; now if not given')
            [CompletionResult]::new('--allow', '--allow', [CompletionResultType]::ParameterName, 'Allow something that is refused by default but that old devices need; can be given several times')
            [CompletionResult]::new('--crl', '--crl', [CompletionResultType]::ParameterName, 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times')
            [CompletionResult]::new('--warn-days', '--warn-days', [CompletionResultType]::ParameterName, 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before')
            [CompletionResult]::new('--staple', '--staple', [CompletionResultType]::ParameterName, 'The OCSP response that the server staples (DER)')
            [CompletionResult]::new('--max-depth', '--max-depth', [CompletionResultType]::ParameterName, 'Allow at most this number of intermediates')
            [CompletionResult]::new('--require-status', '--require-status', [CompletionResultType]::ParameterName, 'Refuse a server''s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)')
            [CompletionResult]::new('--show-certs', '--show-certs', [CompletionResultType]::ParameterName, 'Show each certificate in full')
            [CompletionResult]::new('--client', '--client', [CompletionResultType]::ParameterName, 'Validate the certificate of a client')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;suites' {
            [CompletionResult]::new('--policy', '--policy', [CompletionResultType]::ParameterName, 'Only what this policy allows')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;scan' {
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times')
            [CompletionResult]::new('--pin', '--pin', [CompletionResultType]::ParameterName, 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times')
            [CompletionResult]::new('--trust', '--trust', [CompletionResultType]::ParameterName, 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times')
            [CompletionResult]::new('--allow', '--allow', [CompletionResultType]::ParameterName, 'Allow something that is refused by default but that old devices need; can be given several times')
            [CompletionResult]::new('--crl', '--crl', [CompletionResultType]::ParameterName, 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times')
            [CompletionResult]::new('--warn-days', '--warn-days', [CompletionResultType]::ParameterName, 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before')
            [CompletionResult]::new('--server-name', '--server-name', [CompletionResultType]::ParameterName, 'The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST')
            [CompletionResult]::new('--verify-name', '--verify-name', [CompletionResultType]::ParameterName, 'The name that the server''s certificate must contain, if it differs from the name that is sent')
            [CompletionResult]::new('--starttls', '--starttls', [CompletionResultType]::ParameterName, 'Begin in plaintext, and start TLS as this protocol does')
            [CompletionResult]::new('--proxy', '--proxy', [CompletionResultType]::ParameterName, 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The time limit for connecting, for the handshake, and for the server to send something, each')
            [CompletionResult]::new('--require-status', '--require-status', [CompletionResultType]::ParameterName, 'Refuse a server''s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)')
            [CompletionResult]::new('--no-server-name', '--no-server-name', [CompletionResultType]::ParameterName, 'Send no server_name extension')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;explain' {
            [CompletionResult]::new('--keylog', '--keylog', [CompletionResultType]::ParameterName, 'Decrypt with the secrets in this file, which a browser, curl or tls12 wrote; can be given several times')
            [CompletionResult]::new('--rsa-key', '--rsa-key', [CompletionResultType]::ParameterName, 'Decrypt with this private key of the server, for cipher suites with static RSA; can be given several times')
            [CompletionResult]::new('--key-password-file', '--key-password-file', [CompletionResultType]::ParameterName, 'The first line of this file is the password of encrypted private keys')
            [CompletionResult]::new('--key-password', '--key-password', [CompletionResultType]::ParameterName, 'The environment variable with the password of encrypted private keys: env:NAME')
            [CompletionResult]::new('--psk', '--psk', [CompletionResultType]::ParameterName, 'Decrypt with this pre-shared key, for cipher suites without ECDHE; can be given several times')
            [CompletionResult]::new('--ca', '--ca', [CompletionResultType]::ParameterName, 'Verify the certificates against those in this file or directory, at the time of the capture; can be given several times')
            [CompletionResult]::new('--stream', '--stream', [CompletionResultType]::ParameterName, 'Explain only the connection with this number, which is that of Wireshark (tcp.stream)')
            [CompletionResult]::new('--html', '--html', [CompletionResultType]::ParameterName, 'Draw the connections in this file too, as a page for a browser that needs no network')
            [CompletionResult]::new('--data', '--data', [CompletionResultType]::ParameterName, 'Print the application data')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print each record, and each field of a message with its bytes')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Print each record, and each field of a message with its bytes')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show the master secret and the keys in the page')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;tap' {
            [CompletionResult]::new('--pcapng', '--pcapng', [CompletionResultType]::ParameterName, 'Record the connections in this file, for Wireshark and `tls12 explain`')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Relay this number of connections, and exit with the exit code of the first that failed')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'The time limit for connecting to the server, and for both sides to be silent, each')
            [CompletionResult]::new('--once', '--once', [CompletionResultType]::ParameterName, 'Relay one connection, and exit with its exit code')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;replay' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tls12;ticket-keys' {
            [CompletionResult]::new('--redis', '--redis', [CompletionResultType]::ParameterName, 'Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH')
            [CompletionResult]::new('--fleet-secrets', '--fleet-secrets', [CompletionResultType]::ParameterName, 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Make the next key the current one ahead of schedule')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Invalidate all tickets that a compromised key has sealed')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tls12;ticket-keys;rotate' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'tls12;ticket-keys;revoke' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'tls12;ticket-keys;help' {
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Make the next key the current one ahead of schedule')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Invalidate all tickets that a compromised key has sealed')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tls12;ticket-keys;help;rotate' {
            break
        }
        'tls12;ticket-keys;help;revoke' {
            break
        }
        'tls12;ticket-keys;help;help' {
            break
        }
        'tls12;completions' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'tls12;man' {
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print failures only')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'tls12;help' {
            [CompletionResult]::new('client', 'client', [CompletionResultType]::ParameterValue, 'Connects to a server, sends it standard input, and writes its data to standard output')
            [CompletionResult]::new('server', 'server', [CompletionResultType]::ParameterValue, 'Answers connections, until it is stopped')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Validates a certificate chain, and explains what is wrong with it')
            [CompletionResult]::new('suites', 'suites', [CompletionResultType]::ParameterValue, 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first')
            [CompletionResult]::new('scan', 'scan', [CompletionResultType]::ParameterValue, 'Finds out what a server supports, by offering it')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Explains captured connections: the messages, what of them can be verified, and why a handshake failed')
            [CompletionResult]::new('tap', 'tap', [CompletionResultType]::ParameterValue, 'Relays connections to a server, and records them, until it is stopped')
            [CompletionResult]::new('replay', 'replay', [CompletionResultType]::ParameterValue, 'Replays a connection that --record or the library recorded, without a peer, and explains its error')
            [CompletionResult]::new('ticket-keys', 'ticket-keys', [CompletionResultType]::ParameterValue, 'Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Prints a script that completes the commands and options of this tool in a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Prints a man page: `tls12 man client | man -l -`')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tls12;help;client' {
            break
        }
        'tls12;help;server' {
            break
        }
        'tls12;help;verify' {
            break
        }
        'tls12;help;suites' {
            break
        }
        'tls12;help;scan' {
            break
        }
        'tls12;help;explain' {
            break
        }
        'tls12;help;tap' {
            break
        }
        'tls12;help;replay' {
            break
        }
        'tls12;help;ticket-keys' {
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Make the next key the current one ahead of schedule')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Invalidate all tickets that a compromised key has sealed')
            break
        }
        'tls12;help;ticket-keys;rotate' {
            break
        }
        'tls12;help;ticket-keys;revoke' {
            break
        }
        'tls12;help;completions' {
            break
        }
        'tls12;help;man' {
            break
        }
        'tls12;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
