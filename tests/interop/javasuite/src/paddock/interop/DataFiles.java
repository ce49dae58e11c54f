// SPDX-License-Identifier: Apache-2.0
//
// What a paddockd has written into its directories, read by Java's own code: what it has acknowledged is on disk, so a
// tree loaded from there is the tree it serves.
package paddock.interop;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.Request;
import org.apache.zookeeper.server.persistence.FileSnap;
import org.apache.zookeeper.server.persistence.FileTxnLog;
import org.apache.zookeeper.server.persistence.TxnLog;
import org.apache.zookeeper.server.persistence.Util;

public final class DataFiles {
    private final ServerProcess process;

    public DataFiles(ServerProcess process) {
        this.process = process;
    }

    /** The newest snapshot alone. */
    public DataTree snapshot() {
        return load(new ConcurrentHashMap<>());
    }

    /** The newest snapshot and the log behind it. */
    public DataTree tree() {
        return tree(new ConcurrentHashMap<>());
    }

    private DataTree tree(Map<Long, Integer> sessions) {
        DataTree tree = load(sessions);
        try {
            process.files().fastForwardFromEdits(tree, sessions, (header, txn, digest) -> { });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tree;
    }

    private DataTree load(Map<Long, Integer> sessions) {
        DataTree tree = new DataTree();
        try {
            new FileSnap(process.snapDir()).deserialize(tree, sessions);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tree;
    }

    /** The committed transactions from this zxid on. */
    public List<Request> committed(long zxid) {
        List<Request> requests = new ArrayList<>();
        eachFrom(zxid, requests::add);
        return requests;
    }

    private void eachFrom(long zxid, Consumer<Request> consumer) {
        try (FileTxnLog log = new FileTxnLog(process.logDir());
             TxnLog.TxnIterator at = log.read(zxid)) {
            while (at.getHeader() != null) {
                consumer.accept(new Request(at.getHeader().getClientId(), at.getHeader().getCxid(),
                    at.getHeader().getType(), at.getHeader(), at.getTxn(), at.getHeader().getZxid()));
                if (!at.next()) {
                    break;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<String> openSessions() {
        Set<String> open = new HashSet<>();
        eachFrom(0, request -> {
            String session = "0x" + Long.toHexString(request.sessionId);
            if (request.type == OpCode.createSession) {
                open.add(session);
            } else if (request.type == OpCode.closeSession) {
                open.remove(session);
            }
        });
        return open;
    }

    /** Changes the tree on disk as nothing in the protocol could: the process ends, and starts from a new snapshot. */
    public void edit(Consumer<DataTree> change) {
        process.restart(() -> {
            Map<Long, Integer> sessions = new ConcurrentHashMap<>();
            DataTree tree = tree(sessions);
            change.accept(tree);
            File file = new File(process.snapDir(), Util.makeSnapshotName(tree.lastProcessedZxid));
            try {
                new FileSnap(process.snapDir()).serialize(tree, sessions, file, true);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
