import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * The JDK's own TLS as a peer for tests: one process for any number of connections, in both roles.
 *
 * <p>It writes a port to its output, listens there on the loopback for orders, and ends when its input ends. An order
 * is one line of words on a connection of its own; the answers are lines on the same connection:
 *
 * <pre>
 * server                 listens; the answer is `listening PORT`
 * client port=P name=HOST
 *   suites=A,B           with these suites only
 *   key=NAME             with the identity of NAME.crt and NAME.key
 *   alpn=A,B             with these protocols
 *   auth=need            requires the client's certificate
 *   times=N              so many connections, one after the other, which share their sessions
 * </pre>
 *
 * There are two answers for each connection: `connected suite=NAME created=TIME alpn=NAME peer=CERTIFICATE` (the time
 * when the session was created tells a resumed one from a new one; the certificate is in hexadecimal, or missing), and
 * `closed`. Either may be `failed WHY` instead. Messages, each with its length before it in four bytes, are sent back
 * without that, until the other side closes. Whom to trust stands in root.pem. All these files are PEM.
 */
public final class Jsse {
    /** What may come between any two bytes, in milliseconds. */
    private static final int BOUND = 60_000;

    public static void main(String[] arguments) throws Exception {
        // The old suites are what it is here for. This is read once, by the first context.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        ServerSocket orders = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        System.out.println(orders.getLocalPort());
        daemon(() -> {
            while (true) {
                Socket order = orders.accept();
                daemon(() -> obey(order));
            }
        });
        while (System.in.read() != -1) {}
        System.exit(0);
    }

    private interface Task {
        void run() throws Exception;
    }

    private static void daemon(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (Exception failure) {
                failure.printStackTrace();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void obey(Socket order) throws IOException {
        try (order; PrintWriter answers = new PrintWriter(order.getOutputStream(), true)) {
            order.setSoTimeout(BOUND);
            String line = new BufferedReader(new InputStreamReader(order.getInputStream())).readLine();
            Map<String, String> options = new HashMap<>();
            for (String word : line.split(" ")) {
                options.put(word.replaceFirst("=.*", ""), word.replaceFirst("^[^=]*=?", ""));
            }
            int times = Integer.parseInt(options.get("times"));
            try {
                SSLContext context = context(options.get("key"));
                if (options.containsKey("server")) {
                    serve(context, options, times, answers);
                } else {
                    connect(context, options, times, answers);
                }
            } catch (IOException | GeneralSecurityException failure) {
                answers.println("failed " + failure);
            }
        }
    }

    private static void serve(SSLContext context, Map<String, String> options, int times, PrintWriter answers)
            throws IOException {
        var factory = context.getServerSocketFactory();
        try (var listener = (SSLServerSocket) factory.createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(BOUND);
            listener.setSSLParameters(set(listener.getSSLParameters(), options));
            answers.println("listening " + listener.getLocalPort());
            for (int i = 0; i < times; i++) {
                echo((SSLSocket) listener.accept(), answers);
            }
        }
    }

    private static void connect(SSLContext context, Map<String, String> options, int times, PrintWriter answers)
            throws IOException {
        int port = Integer.parseInt(options.get("port"));
        for (int i = 0; i < times; i++) {
            Socket tcp = new Socket(InetAddress.getLoopbackAddress(), port);
            var socket = (SSLSocket) context.getSocketFactory().createSocket(tcp, options.get("name"), port, true);
            SSLParameters parameters = set(socket.getSSLParameters(), options);
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            echo(socket, answers);
        }
    }

    private static SSLParameters set(SSLParameters parameters, Map<String, String> options) {
        parameters.setProtocols(new String[] {"TLSv1.2"});
        parameters.setCipherSuites(options.get("suites").split(","));
        if (options.containsKey("alpn")) {
            parameters.setApplicationProtocols(options.get("alpn").split(","));
        }
        parameters.setNeedClientAuth(options.containsKey("auth"));
        return parameters;
    }

    /** Sends messages back until the other side closes. A failure ends this connection only. */
    private static void echo(SSLSocket socket, PrintWriter answers) throws IOException {
        try (socket) {
            socket.setSoTimeout(BOUND);
            socket.setTcpNoDelay(true);
            socket.startHandshake();
            SSLSession session = socket.getSession();
            answers.println("connected suite=" + session.getCipherSuite() + " created=" + session.getCreationTime()
                    + " alpn=" + socket.getApplicationProtocol() + " peer=" + peer(session));
            InputStream input = socket.getInputStream();
            for (byte[] length = input.readNBytes(4); length.length > 0; length = input.readNBytes(4)) {
                socket.getOutputStream().write(input.readNBytes(ByteBuffer.wrap(length).getInt()));
            }
            answers.println("closed");
        } catch (IOException | GeneralSecurityException failure) {
            answers.println("failed " + failure);
        }
    }

    /** The certificate that the other side has shown, or nothing. */
    private static String peer(SSLSession session) throws CertificateEncodingException {
        try {
            return HexFormat.of().formatHex(session.getPeerCertificates()[0].getEncoded());
        } catch (SSLPeerUnverifiedException none) {
            return "";
        }
    }

    /** A context that trusts root.pem, with this identity, or none. */
    private static SSLContext context(String identity) throws IOException, GeneralSecurityException {
        KeyStore trusted = emptyStore();
        trusted.setCertificateEntry("root", certificate("root.pem"));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyStore own = emptyStore();
        if (identity != null) {
            Certificate certificate = certificate(identity + ".crt");
            String pem = Files.readString(Path.of(identity + ".key")).replaceAll("-----[^-]*-----", "");
            var encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem));
            PrivateKey key = KeyFactory.getInstance(certificate.getPublicKey().getAlgorithm()).generatePrivate(encoded);
            own.setKeyEntry("own", key, new char[0], new Certificate[] {certificate});
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    private static Certificate certificate(String file) throws IOException, GeneralSecurityException {
        try (InputStream input = Files.newInputStream(Path.of(file))) {
            return CertificateFactory.getInstance("X.509").generateCertificate(input);
        }
    }
}
