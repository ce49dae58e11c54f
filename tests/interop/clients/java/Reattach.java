// SPDX-License-Identifier: Apache-2.0
//
// A session outlives its server: Reattach HOST:PORT prints "ready", the caller ends the server and starts it on the same
// files, and the session, its ephemerals and its watches must still be there. The caller then types a line, and the
// session is expired by a second client with the same id.

import java.util.List;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

public final class Reattach {
    private Reattach() {
    }

    public static void main(String[] args) throws Exception {
        Check.Events session = new Check.Events();
        ZooKeeper zk = Check.connect(args[0], session);
        long id = zk.getSessionId();
        zk.create("/mine", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        zk.create("/ours", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        Check.Events once = new Check.Events();
        Check.Events always = new Check.Events();
        zk.getData("/ours", once, null);
        zk.exists("/later", once);
        zk.addWatch("/ours", always, AddWatchMode.PERSISTENT_RECURSIVE);
        System.out.println("ready");

        session.state(KeeperState.Disconnected);
        session.state(KeeperState.SyncConnected);
        Check.equal(id, zk.getSessionId(), "the session is the same");
        Check.equal(List.of("/mine"), zk.getEphemerals(), "its ephemerals stay");
        always.state(KeeperState.Disconnected);
        always.state(KeeperState.SyncConnected);
        once.state(KeeperState.Disconnected);
        once.state(KeeperState.SyncConnected);
        zk.create("/ours/child", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        always.next(EventType.NodeCreated, "/ours/child");
        zk.create("/later", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        once.next(EventType.NodeCreated, "/later");
        zk.setData("/ours", null, -1);
        once.next(EventType.NodeDataChanged, "/ours");
        always.next(EventType.NodeDataChanged, "/ours");

        Check.Events thief = new Check.Events();
        ZooKeeper same = new ZooKeeper(args[0], 10_000, thief, id, zk.getSessionPasswd());
        thief.state(KeeperState.SyncConnected);
        Check.equal(id, same.getSessionId(), "taken over with its password");
        session.state(KeeperState.Disconnected);
        same.close();
        session.state(KeeperState.Expired);
        Check.refused(Code.SESSIONEXPIRED, () -> zk.exists("/", false), "an expired session");

        ZooKeeper witness = Check.connect(args[0], new Check.Events());
        Check.equal(null, witness.exists("/mine", false), "ephemerals go with their session");
        Check.Events liar = new Check.Events();
        ZooKeeper wrong = new ZooKeeper(args[0], 10_000, liar, witness.getSessionId(), new byte[16]);
        liar.state(KeeperState.Expired);
        wrong.close();
        witness.close();
        Check.done();
    }
}
