// SPDX-License-Identifier: Apache-2.0
//
// The counters of a server beside the JVM, where tests look for those of one inside: whatever is collected is asked of
// the process by `mntr`, and reset by `srst`.
package paddock.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.apache.zookeeper.metrics.impl.DefaultMetricsProvider;

final class ProcessMetrics extends DefaultMetricsProvider {
    private static final String PREFIX = "zk_";
    private final InetAddress host;
    private final int port;

    ProcessMetrics(InetAddress host, int port) {
        this.host = host;
        this.port = port;
    }

    @Override
    public void dump(BiConsumer<String, Object> sink) {
        ask("mntr").lines().filter(line -> line.startsWith(PREFIX)).forEach(line -> {
            String[] pair = line.substring(PREFIX.length()).split("\t", 2);
            sink.accept(pair[0], number(pair[1]));
        });
    }

    private static Object number(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException notWhole) {
            try {
                return Double.valueOf(text);
            } catch (NumberFormatException notANumber) {
                return text;
            }
        }
    }

    @Override
    public void resetAllValues() {
        ask("srst");
    }

    private String ask(String word) {
        try (Socket socket = new Socket(host, port)) {
            socket.setSoTimeout(5000);
            socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
