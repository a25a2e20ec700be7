# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tls12_global_optspecs
    string join \n json quiet h/help V/version
end

function __fish_tls12_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_tls12_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_tls12_using_subcommand
    set -l cmd (__fish_tls12_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c tls12 -n "__fish_tls12_needs_command" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_needs_command" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_needs_command" -s h -l help -d 'Print help'
complete -c tls12 -n "__fish_tls12_needs_command" -s V -l version -d 'Print version'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "client" -d 'Connects to a server, sends it standard input, and writes its data to standard output'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "server" -d 'Answers connections, until it is stopped'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "verify" -d 'Validates a certificate chain, and explains what is wrong with it'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "suites" -d 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "scan" -d 'Finds out what a server supports, by offering it'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "explain" -d 'Explains captured connections: the messages, what of them can be verified, and why a handshake failed'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "tap" -d 'Relays connections to a server, and records them, until it is stopped'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "replay" -d 'Replays a connection that --record or the library recorded, without a peer, and explains its error'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "ticket-keys" -d 'Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "completions" -d 'Prints a script that completes the commands and options of this tool in a shell'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "man" -d 'Prints a man page: `tls12 man client | man -l -`'
complete -c tls12 -n "__fish_tls12_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l starttls -d 'Begin in plaintext, and start TLS as this protocol does' -r -f -a "smtp\t'SMTP (RFC 3207)'
lmtp\t'LMTP (RFC 2033, RFC 3207)'
imap\t'IMAP (RFC 9051 §6.2.1)'
pop3\t'POP3 (RFC 2595 §4)'
sieve\t'ManageSieve (RFC 5804 §2.2)'
ftp\t'FTP (RFC 4217)'
ldap\t'LDAP (RFC 4511 §4.14)'
xmpp\t'XMPP, as a client does (RFC 6120 §5)'
xmpp-server\t'XMPP, as another server does (RFC 6120 §5)'
postgres\t'PostgreSQL'
mysql\t'MySQL and MariaDB'
mssql\t'Microsoft SQL Server, TDS 7 (MS-TDS §2.2.6.5)'
rdp\t'Remote Desktop (MS-RDPBCGR §2.2.1)'
nntp\t'NNTP (RFC 4642)'
irc\t'IRC (the IRCv3 extension tls)'"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l proxy -d 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l timeout -d 'The time limit for connecting, for the handshake, and for the server to send something, each' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l ca -d 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l pin -d 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l trust -d 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l tofu -d 'Trust the key that this server presents first, and no other from then on, as ssh does; the file stores it' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l psk -d 'Use this pre-shared key, with this identity' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l server-name -d 'The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l verify-name -d 'The name that the server\'s certificate must contain, if it differs from the name that is sent' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l client-cert -d 'Present this certificate chain to a server that requests one and can use it, the client\'s own certificate first (PEM, DER, PKCS#12)' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l client-key -d 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l session-in -d 'Offer to resume the session in this file, written by --session-out' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l session-out -d 'Write the session to this file, for --session-in; it can be the same file' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l renegotiate -d 'Renegotiate when the server requests it, at most N times' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l tickets -d 'Whether to request a session ticket' -r -f -a "on\t''
off\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l min-hello -d 'Pad the ClientHello to at least this number of bytes, including its header of 4 (RFC 7685)' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l max-fragment -d 'Request records of at most this number of bytes, in both directions' -r -f -a "512\t''
1024\t''
2048\t''
4096\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l min-version -d 'The minimum version of TLS; 1.3 needs no --max-version' -r -f -a "1.2\t''
1.3\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l max-version -d 'The maximum version of TLS; by default 1.2' -r -f -a "1.2\t''
1.3\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l suite -d 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first' -r -f -a "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\t''
TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\t''
TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\t''
TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\t''
TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256\t''
TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384\t''
TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA\t''
TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\t''
TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA\t''
TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA\t''
TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256\t''
TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256\t''
TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384\t''
TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384\t''
TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA\t''
TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA\t''
TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256\t''
TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384\t''
TLS_RSA_WITH_AES_128_GCM_SHA256\t''
TLS_RSA_WITH_AES_256_GCM_SHA384\t''
TLS_RSA_WITH_AES_128_CBC_SHA\t''
TLS_RSA_WITH_AES_256_CBC_SHA\t''
TLS_RSA_WITH_AES_128_CBC_SHA256\t''
TLS_RSA_WITH_AES_256_CBC_SHA256\t''
TLS_PSK_WITH_AES_128_GCM_SHA256\t''
TLS_PSK_WITH_AES_256_GCM_SHA384\t''
TLS_PSK_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_PSK_WITH_AES_128_CBC_SHA\t''
TLS_PSK_WITH_AES_256_CBC_SHA\t''
TLS_PSK_WITH_AES_128_CBC_SHA256\t''
TLS_PSK_WITH_AES_256_CBC_SHA384\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l group -d 'Negotiate only this group; give it several times, most preferred first' -r -f -a "x25519\t''
secp256r1\t''
secp384r1\t''
secp521r1\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l policy -d 'What may be negotiated' -r -f -a "modern\t'ECDHE with AEADs'
default\t'Also ECDHE with AES-CBC'
legacy\t'Also without forward secrecy: static RSA, and pre-shared keys without ECDHE; and servers without secure renegotiation'"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l allow -d 'Allow something that is refused by default but that old devices need; can be given several times' -r -f -a "sha1\t'Signatures with SHA-1 in the handshake'
small-rsa-keys\t'Peers\' RSA keys of 1024 bits and more'
sha1-signatures\t'Signatures with SHA-1 on certificates'
common-name\t'The common name of a certificate that has no subjectAltName'
expired-roots\t'Roots that have expired'
old-versions\t'Certificates of X.509 version 1 or 2'
expired-crls\t'Revocation lists that have expired'
unusable-staple\t'Stapled OCSP responses that cannot be used'"
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l crl -d 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l warn-days -d 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l alpn -d 'Negotiate an application protocol, such as h2; separate several by commas, most preferred first' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l export -d 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l key-password-file -d 'The first line of this file is the password of encrypted private keys' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l key-password -d 'The environment variable with the password of encrypted private keys: env:NAME' -r
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l keylog -d 'Append the connections\' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l pcapng -d 'Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l record -d 'Record the connection to this file, for `tls12 replay`; a server records its first one' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l require-status -d 'Refuse a server\'s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l explain -d 'If the handshake fails and the server gives no reason, scan the server, and compare what it supports with what was offered'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l look -d 'Only inspect the server: connect even if its certificate is not trusted, show the chain, the verdict and the pin, and send no data'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l show-certs -d 'Show the server\'s certificates in full, on standard error'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l no-server-name -d 'Send no server_name extension'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l keep-open -d 'Send nothing at the end of standard input, and wait for the server to close'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l strict -d 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l require-ems -d 'Refuse a peer that does not support the extended master secret (RFC 7627)'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l trace -d 'Print each handshake message and alert, as it is sent or received, to standard error'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand client" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l cert -d 'A certificate chain, the server\'s own first (PEM, DER, PKCS#12)' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l key -d 'Its private key (PEM or DER: PKCS#8, PKCS#1 or SEC 1; or PKCS#12), which can be encrypted; not needed with a chain in PKCS#12' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l psk -d 'Use this pre-shared key for the client with this identity; can be given several times' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l ocsp -d 'Staple this OCSP response to the certificate (DER)' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l client-ca -d 'Verify clients with the certificates in this file or directory, of CAs or of clients (PEM or DER); can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l tickets -d 'Whether to issue and accept session tickets' -r -f -a "on\t''
off\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l session-ids -d 'Whether to keep the sessions of clients without a ticket in memory, by session ID' -r -f -a "on\t''
off\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l count -d 'Serve this number of connections, and exit with the exit code of the first that failed' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l redis -d 'Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l fleet-secrets -d 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l files -d 'Answer GET requests with the files in this directory and its subdirectories; links that lead out of it are not followed' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l min-version -d 'The minimum version of TLS; 1.3 needs no --max-version' -r -f -a "1.2\t''
1.3\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l max-version -d 'The maximum version of TLS; by default 1.2' -r -f -a "1.2\t''
1.3\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l suite -d 'Negotiate only this cipher suite, whatever the policy; give it several times, most preferred first' -r -f -a "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\t''
TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\t''
TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\t''
TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\t''
TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256\t''
TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384\t''
TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA\t''
TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA\t''
TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA\t''
TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA\t''
TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256\t''
TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256\t''
TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384\t''
TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384\t''
TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA\t''
TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA\t''
TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256\t''
TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384\t''
TLS_RSA_WITH_AES_128_GCM_SHA256\t''
TLS_RSA_WITH_AES_256_GCM_SHA384\t''
TLS_RSA_WITH_AES_128_CBC_SHA\t''
TLS_RSA_WITH_AES_256_CBC_SHA\t''
TLS_RSA_WITH_AES_128_CBC_SHA256\t''
TLS_RSA_WITH_AES_256_CBC_SHA256\t''
TLS_PSK_WITH_AES_128_GCM_SHA256\t''
TLS_PSK_WITH_AES_256_GCM_SHA384\t''
TLS_PSK_WITH_CHACHA20_POLY1305_SHA256\t''
TLS_PSK_WITH_AES_128_CBC_SHA\t''
TLS_PSK_WITH_AES_256_CBC_SHA\t''
TLS_PSK_WITH_AES_128_CBC_SHA256\t''
TLS_PSK_WITH_AES_256_CBC_SHA384\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l group -d 'Negotiate only this group; give it several times, most preferred first' -r -f -a "x25519\t''
secp256r1\t''
secp384r1\t''
secp521r1\t''"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l policy -d 'What may be negotiated' -r -f -a "modern\t'ECDHE with AEADs'
default\t'Also ECDHE with AES-CBC'
legacy\t'Also without forward secrecy: static RSA, and pre-shared keys without ECDHE; and servers without secure renegotiation'"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l allow -d 'Allow something that is refused by default but that old devices need; can be given several times' -r -f -a "sha1\t'Signatures with SHA-1 in the handshake'
small-rsa-keys\t'Peers\' RSA keys of 1024 bits and more'
sha1-signatures\t'Signatures with SHA-1 on certificates'
common-name\t'The common name of a certificate that has no subjectAltName'
expired-roots\t'Roots that have expired'
old-versions\t'Certificates of X.509 version 1 or 2'
expired-crls\t'Revocation lists that have expired'
unusable-staple\t'Stapled OCSP responses that cannot be used'"
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l crl -d 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l warn-days -d 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l alpn -d 'Negotiate an application protocol, such as h2; separate several by commas, most preferred first' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l export -d 'Print LEN bytes of keying material for LABEL, in hexadecimal (RFC 5705)' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l key-password-file -d 'The first line of this file is the password of encrypted private keys' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l key-password -d 'The environment variable with the password of encrypted private keys: env:NAME' -r
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l keylog -d 'Append the connections\' secrets to this file, for Wireshark; without it, to the file named by SSLKEYLOGFILE' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l pcapng -d 'Record the connections in this file, with their secrets, for Wireshark and `tls12 explain`' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l record -d 'Record the connection to this file, for `tls12 replay`; a server records its first one' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l request-client-cert -d 'Request a certificate from clients, but also serve those without one'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l require-client-cert -d 'Require a certificate from clients'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l verbose -d 'Explain failures in detail: what each side supports, what to try, and the full report on a refused certificate'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l once -d 'Serve one connection, and exit with its exit code; connections without any data do not count'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l echo -d 'Send received data back'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l rev -d 'Send each line back with its bytes reversed'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l stdin -d 'Send standard input to the client, and print the client\'s data; for one connection, as with --once'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l http -d 'Answer every GET request with a page about the connection'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l strict -d 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l require-ems -d 'Refuse a peer that does not support the extended master secret (RFC 7627)'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l trace -d 'Print each handshake message and alert, as it is sent or received, to standard error'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand server" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l ca -d 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l pin -d 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times' -r
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l trust -d 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l name -d 'The name that the server\'s certificate must have' -r
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l time -d 'The time at which the chain must be valid, such as 2026-06-01T12:00:00Z; now if not given' -r
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l allow -d 'Allow something that is refused by default but that old devices need; can be given several times' -r -f -a "sha1\t'Signatures with SHA-1 in the handshake'
small-rsa-keys\t'Peers\' RSA keys of 1024 bits and more'
sha1-signatures\t'Signatures with SHA-1 on certificates'
common-name\t'The common name of a certificate that has no subjectAltName'
expired-roots\t'Roots that have expired'
old-versions\t'Certificates of X.509 version 1 or 2'
expired-crls\t'Revocation lists that have expired'
unusable-staple\t'Stapled OCSP responses that cannot be used'"
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l crl -d 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l warn-days -d 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before' -r
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l staple -d 'The OCSP response that the server staples (DER)' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l max-depth -d 'Allow at most this number of intermediates' -r
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l require-status -d 'Refuse a server\'s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l strict -d 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l show-certs -d 'Show each certificate in full'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l client -d 'Validate the certificate of a client'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand suites" -l policy -d 'Only what this policy allows' -r -f -a "modern\t'ECDHE with AEADs'
default\t'Also ECDHE with AES-CBC'
legacy\t'Also without forward secrecy: static RSA, and pre-shared keys without ECDHE; and servers without secure renegotiation'"
complete -c tls12 -n "__fish_tls12_using_subcommand suites" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand suites" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand suites" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l ca -d 'Trust the certificates in this file or directory, of CAs or of servers (PEM or DER); can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l pin -d 'Trust this key: sha256/ and the Base64 of its hash, or a file with a certificate for it; can be given several times' -r
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l trust -d 'Trust exactly this certificate, the first in the file (PEM or DER), and none that it has issued; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l allow -d 'Allow something that is refused by default but that old devices need; can be given several times' -r -f -a "sha1\t'Signatures with SHA-1 in the handshake'
small-rsa-keys\t'Peers\' RSA keys of 1024 bits and more'
sha1-signatures\t'Signatures with SHA-1 on certificates'
common-name\t'The common name of a certificate that has no subjectAltName'
expired-roots\t'Roots that have expired'
old-versions\t'Certificates of X.509 version 1 or 2'
expired-crls\t'Revocation lists that have expired'
unusable-staple\t'Stapled OCSP responses that cannot be used'"
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l crl -d 'Refuse certificates that the revocation lists in this file (PEM or DER) contain, or do not cover; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l warn-days -d 'Warn about certificates that expire within this number of days; a server warns at startup, by default 30 days before' -r
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l server-name -d 'The name of the server, which is sent (server_name, RFC 6066 §3) and which its certificate must contain; by default HOST' -r
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l verify-name -d 'The name that the server\'s certificate must contain, if it differs from the name that is sent' -r
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l starttls -d 'Begin in plaintext, and start TLS as this protocol does' -r -f -a "smtp\t'SMTP (RFC 3207)'
lmtp\t'LMTP (RFC 2033, RFC 3207)'
imap\t'IMAP (RFC 9051 §6.2.1)'
pop3\t'POP3 (RFC 2595 §4)'
sieve\t'ManageSieve (RFC 5804 §2.2)'
ftp\t'FTP (RFC 4217)'
ldap\t'LDAP (RFC 4511 §4.14)'
xmpp\t'XMPP, as a client does (RFC 6120 §5)'
xmpp-server\t'XMPP, as another server does (RFC 6120 §5)'
postgres\t'PostgreSQL'
mysql\t'MySQL and MariaDB'
mssql\t'Microsoft SQL Server, TDS 7 (MS-TDS §2.2.6.5)'
rdp\t'Remote Desktop (MS-RDPBCGR §2.2.1)'
nntp\t'NNTP (RFC 4642)'
irc\t'IRC (the IRCv3 extension tls)'"
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l proxy -d 'Connect through this proxy: http://HOST:PORT (CONNECT) or socks5://HOST:PORT' -r
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l timeout -d 'The time limit for connecting, for the handshake, and for the server to send something, each' -r
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l require-status -d 'Refuse a server\'s certificate if its revocation status is unknown: neither a stapled OCSP response nor a list (--crl) gives it'
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l strict -d 'Also refuse certificates for violations that are only noted by default: those of rules for CAs (RFC 5280)'
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l no-server-name -d 'Send no server_name extension'
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l keylog -d 'Decrypt with the secrets in this file, which a browser, curl or tls12 wrote; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l rsa-key -d 'Decrypt with this private key of the server, for cipher suites with static RSA; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l key-password-file -d 'The first line of this file is the password of encrypted private keys' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l key-password -d 'The environment variable with the password of encrypted private keys: env:NAME' -r
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l psk -d 'Decrypt with this pre-shared key, for cipher suites without ECDHE; can be given several times' -r
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l ca -d 'Verify the certificates against those in this file or directory, at the time of the capture; can be given several times' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l stream -d 'Explain only the connection with this number, which is that of Wireshark (tcp.stream)' -r
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l html -d 'Draw the connections in this file too, as a page for a browser that needs no network' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l data -d 'Print the application data'
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -s v -l verbose -d 'Print each record, and each field of a message with its bytes'
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l show-secrets -d 'Show the master secret and the keys in the page'
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -l pcapng -d 'Record the connections in this file, for Wireshark and `tls12 explain`' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -l count -d 'Relay this number of connections, and exit with the exit code of the first that failed' -r
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -l timeout -d 'The time limit for connecting to the server, and for both sides to be silent, each' -r
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -l once -d 'Relay one connection, and exit with its exit code'
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand tap" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand replay" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand replay" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -l redis -d 'Share sessions and ticket keys with other servers through this Redis or Valkey: redis://HOST:PORT or unix:///PATH' -r
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -l fleet-secrets -d 'The secrets that seal what is in Redis, the same for all servers: 64 hexadecimal digits per line. The first seals; all open' -r -F
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -s h -l help -d 'Print help'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -f -a "rotate" -d 'Make the next key the current one ahead of schedule'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -f -a "revoke" -d 'Invalidate all tickets that a compromised key has sealed'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and not __fish_seen_subcommand_from rotate revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from rotate" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from rotate" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from revoke" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from revoke" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Make the next key the current one ahead of schedule'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Invalidate all tickets that a compromised key has sealed'
complete -c tls12 -n "__fish_tls12_using_subcommand ticket-keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tls12 -n "__fish_tls12_using_subcommand completions" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand completions" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand completions" -s h -l help -d 'Print help'
complete -c tls12 -n "__fish_tls12_using_subcommand man" -l json -d 'Print JSON, one object per line; docs/tls12.schema.json in the repository describes it'
complete -c tls12 -n "__fish_tls12_using_subcommand man" -l quiet -d 'Print failures only'
complete -c tls12 -n "__fish_tls12_using_subcommand man" -s h -l help -d 'Print help'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "client" -d 'Connects to a server, sends it standard input, and writes its data to standard output'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "server" -d 'Answers connections, until it is stopped'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "verify" -d 'Validates a certificate chain, and explains what is wrong with it'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "suites" -d 'Lists the cipher suites, groups and signature schemes that can be negotiated, most preferred first'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "scan" -d 'Finds out what a server supports, by offering it'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "explain" -d 'Explains captured connections: the messages, what of them can be verified, and why a handshake failed'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "tap" -d 'Relays connections to a server, and records them, until it is stopped'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "replay" -d 'Replays a connection that --record or the library recorded, without a peer, and explains its error'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "ticket-keys" -d 'Changes the ticket keys that servers share through Redis. They use the new keys within seconds, without a restart'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "completions" -d 'Prints a script that completes the commands and options of this tool in a shell'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "man" -d 'Prints a man page: `tls12 man client | man -l -`'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and not __fish_seen_subcommand_from client server verify suites scan explain tap replay ticket-keys completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and __fish_seen_subcommand_from ticket-keys" -f -a "rotate" -d 'Make the next key the current one ahead of schedule'
complete -c tls12 -n "__fish_tls12_using_subcommand help; and __fish_seen_subcommand_from ticket-keys" -f -a "revoke" -d 'Invalidate all tickets that a compromised key has sealed'
