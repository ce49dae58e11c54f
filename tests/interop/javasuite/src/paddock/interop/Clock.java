// SPDX-License-Identifier: Apache-2.0
//
// The wall clock of a server whose tests decide how old a node is. Java's tests override ContainerManager.getElapsed();
// a process has its clock preloaded instead (c/clock.c). It stands still until it is set, so nothing grows old by chance.
package paddock.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

public final class Clock {
    private final String library;
    private final Path file;
    private final Path next;

    private Clock(String library, Path file) {
        this.library = library;
        this.file = file;
        this.next = Path.of(file + ".next");
        set(System.currentTimeMillis());
    }

    /** Null unless the property paddock.clock names the library. */
    static Clock ofProperties() {
        String library = System.getProperty("paddock.clock", "");
        try {
            return library.isEmpty() ? null : new Clock(library, Files.createTempFile("paddock", ".clock"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void set(long ms) {
        try {
            Files.write(next, ByteBuffer.allocate(Long.BYTES).putLong(ms).array());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE); // A reader sees the old time or the new one.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void preload(Map<String, String> environment) {
        environment.put("LD_PRELOAD", library);
        environment.put("PADDOCK_CLOCK", file.toString());
    }
}
