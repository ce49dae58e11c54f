// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.zookeeper.server.DataTree;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/**
 * Apache ZooKeeper's own recovery, without a server: reads the name of a data directory per line, answers
 * `last_zxid=X digest=X digest_mismatches=N first_mismatch=X` (dump_datadir prints the same for Paddock's), or
 * `refused=Exception`.
 */
public final class Recover {
    private long mismatches;
    private long first;

    private void mismatch(long zxid) {
        if (mismatches++ == 0) {
            first = zxid;
        }
    }

    private String recover(File folder) throws Exception {
        DataTree tree = new DataTree();
        tree.addDigestWatcher(this::mismatch);
        FileTxnSnapLog files = new FileTxnSnapLog(folder, folder);
        try {
            long last = files.restore(tree, new ConcurrentHashMap<>(), (header, txn, digest) -> { });
            return String.format("last_zxid=%x digest=%x digest_mismatches=%d first_mismatch=%x",
                    last, tree.getTreeDigest(), mismatches, first);
        } finally {
            files.close();
        }
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String answer;
            try {
                answer = new Recover().recover(new File(line));
            } catch (Exception e) {
                answer = "refused=" + e.getClass().getSimpleName();
            }
            System.out.println(answer);
        }
    }
}
