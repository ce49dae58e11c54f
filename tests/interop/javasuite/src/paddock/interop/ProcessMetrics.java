// SPDX-License-Identifier: Apache-2.0
//
// The counters of a server beside the JVM, where tests look for those of one inside: whatever is collected is asked of
// the process by `mntr`, and reset by `srst`.
package paddock.interop;

import java.util.function.BiConsumer;
import org.apache.zookeeper.metrics.impl.DefaultMetricsProvider;

final class ProcessMetrics extends DefaultMetricsProvider {
    private static final String PREFIX = "zk_";
    private final ServerProcess process;

    ProcessMetrics(ServerProcess process) {
        this.process = process;
    }

    @Override
    public void dump(BiConsumer<String, Object> sink) {
        process.ask("mntr").lines().filter(line -> line.startsWith(PREFIX)).forEach(line -> {
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
        process.ask("srst");
    }
}
