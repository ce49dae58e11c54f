// SPDX-License-Identifier: Apache-2.0
//
// Writes one line per test method to the file named by paddock.results: status, class, method, first line of the reason.
// It also names our connection factory anew before every test, because some tests set that property and clear it.
package paddock.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Optional;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

public class ResultListener implements TestExecutionListener {
    private final String factory = System.getProperty("paddock.factory", "");
    private final Path results = Path.of(System.getProperty("paddock.results"));

    @Override
    public void executionStarted(TestIdentifier test) {
        if (!factory.isEmpty()) {
            System.setProperty("zookeeper.serverCnxnFactory", factory);
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        write("skipped", test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean passed = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (passed && !test.isTest()) {
            return;
        }
        Optional<Throwable> cause = result.getThrowable();
        write(passed ? "passed" : "failed", test, cause.map(Throwable::toString).orElse(""));
    }

    private void write(String status, TestIdentifier test, String reason) {
        String line = String.join("\t", status, name(test), reason.lines().findFirst().orElse(""));
        try {
            Files.write(results, Collections.singleton(line), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /* Repeated and parameterized tests share a method: their display name tells them apart. */
    private static String name(TestIdentifier test) {
        TestSource source = test.getSource().orElse(null);
        if (source instanceof MethodSource) {
            MethodSource method = (MethodSource) source;
            String plain = method.getMethodName();
            String shown = test.getDisplayName();
            return method.getClassName() + "\t" + (shown.startsWith(plain) ? plain : plain + " " + shown);
        }
        if (source instanceof ClassSource) {
            return ((ClassSource) source).getClassName() + "\t(class)";
        }
        return test.getDisplayName() + "\t(container)";
    }
}
