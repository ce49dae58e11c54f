// SPDX-License-Identifier: Apache-2.0
//
// Stands for a process where tests reach for the ZooKeeperServer of a connection factory. It never runs: settings that
// change start the process again with the same directories, the tree is the process's, and the first processor is the
// reaper's way in.
package org.apache.zookeeper.server;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.zookeeper.DeleteContainerRequest;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import paddock.interop.Reaper;
import paddock.interop.ServerProcess;

public final class ProcessServer extends ZooKeeperServer {
    private final ZooKeeperServer like;
    private final ServerProcess process;
    private final Reaper reaper;

    /** `like` is the server that the test built, with its settings; its database shows the process from here on. */
    public ProcessServer(ZooKeeperServer like, FileTxnSnapLog files, ServerProcess process) {
        super(files, like.getTickTime(), like.getMinSessionTimeout(), like.getMaxSessionTimeout(),
            like.getClientPortListenBacklog(), like.getZKDatabase(), like.getInitialConfig());
        this.like = like;
        this.process = process;
        this.reaper = new Reaper(process);
        this.firstProcessor = new RequestProcessor() {
            @Override
            public void processRequest(Request request) throws RequestProcessorException {
                post(request);
            }

            @Override
            public void shutdown() {
            }
        };
        setZKDatabase(like.getZKDatabase());
    }

    @Override
    public void setZKDatabase(ZKDatabase database) {
        super.setZKDatabase(database);
        database.dataTree = new ProcessTree(process, this);
    }

    @Override
    public void setMinSessionTimeout(int min) {
        super.setMinSessionTimeout(min);
        applySettings();
    }

    @Override
    public void setMaxSessionTimeout(int max) {
        super.setMaxSessionTimeout(max);
        applySettings();
    }

    /** Who started `like` waits for it to end. */
    @Override
    public ZooKeeperServerShutdownHandler getZkShutdownHandler() {
        return like.getZkShutdownHandler();
    }

    private void applySettings() {
        if (process != null && process.isRunning()) { // Not yet in the constructor.
            process.restart();
        }
    }

    private void post(Request request) throws RequestProcessor.RequestProcessorException {
        try {
            reaper.due(request.readRequestRecord(DeleteContainerRequest::new).getPath());
        } catch (IOException e) {
            throw new RequestProcessor.RequestProcessorException("no path", e);
        }
        tellCommitted();
    }

    void reap() {
        reaper.awaitPass();
        tellCommitted();
    }

    private void tellCommitted() {
        reaper.committed().forEach(getZKDatabase()::addCommittedProposal);
    }

    /** The connections that have a session, each good for its session id alone. */
    public List<ServerCnxn> connections() {
        Set<String> sessions = process.sessions();
        return sessions.stream().map(id -> new Cnxn(Long.parseUnsignedLong(id.substring(2), 16)))
            .collect(Collectors.toList());
    }

    public void closeReaper() throws InterruptedException {
        reaper.close();
    }

    private static final class Cnxn extends MockServerCnxn {
        private final long session;

        Cnxn(long session) {
            this.session = session;
        }

        @Override
        public long getSessionId() {
            return session;
        }
    }
}
