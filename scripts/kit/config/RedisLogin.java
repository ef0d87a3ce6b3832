package kit.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Redis' protocol, as far as a login needs it. */
final class RedisLogin {
    private RedisLogin() {
    }

    /** Logs in, chooses the database, and asks for a PONG.
     *
     * @param at       host:port
     * @param password "" for none
     * @param patience in seconds, for each answer
     * @throws IOException whose message is the server's own, such as "WRONGPASS …" */
    static void ping(String at, int database, String password, int patience) throws IOException {
        int colon = at.lastIndexOf(':');
        String host = at.substring(0, colon).replaceAll("[\\[\\]]", "");
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, Integer.parseInt(at.substring(colon + 1))), patience * 1000);
            socket.setSoTimeout(patience * 1000);
            BufferedReader answers = new BufferedReader(
                    new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            if (!password.isEmpty()) {
                ask(socket.getOutputStream(), answers, "OK", "AUTH", password);
            }
            ask(socket.getOutputStream(), answers, "OK", "SELECT", String.valueOf(database));
            ask(socket.getOutputStream(), answers, "PONG", "PING");
        } catch (SocketTimeoutException e) {
            throw new IOException("no answer within " + patience + " s");
        }
    }

    private static void ask(OutputStream out, BufferedReader answers, String expected, String... words)
            throws IOException {
        String question = Stream.of(words).map(RedisLogin::bulk)
                .collect(Collectors.joining("", "*" + words.length + "\r\n", ""));
        out.write(question.getBytes(StandardCharsets.UTF_8));
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("it closes the connection");
        }
        if (!answer.equals("+" + expected)) {
            throw new IOException(answer.startsWith("-") ? answer.substring(1) : "it does not speak Redis' protocol");
        }
    }

    private static String bulk(String word) {
        return "$" + word.getBytes(StandardCharsets.UTF_8).length + "\r\n" + word + "\r\n";
    }
}
