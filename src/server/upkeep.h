// SPDX-License-Identifier: Apache-2.0
//
// What the server does by itself from time to time: expire sessions and idle connections, delete
// empty containers and outdated TTL nodes, purge old files. Everything that changes the tree goes
// through the write path like a client's request.
// Source: SessionTrackerImpl, ContainerManager, DatadirCleanupManager.
#ifndef PADDOCK_SERVER_UPKEEP_H
#define PADDOCK_SERVER_UPKEEP_H

#include "base/buf.h"
#include "port/loop.h"
#include "store/purge.h"

struct server;

struct upkeep_purge {
    struct port_job job;
    struct server *server;
    struct purge_report report;
    struct store_error error;
    enum err err;
};

struct upkeep {
    struct server *server;
    struct port_timer tick; // sessions and connections
    int64_t tick_due_ms;
    int64_t tick_ms;             // when it fired last
    struct port_timer reap_scan; // looks for candidates
    struct port_timer reap_one;  // deletes the next of them
    struct buf reap_paths;       // candidates: {i32 length, bytes} each
    size_t reap_at;              // next one in reap_paths
    struct port_timer purge_timer;
    struct port_worker *purge_worker; // opened with the first purge
    struct upkeep_purge purge;
};

void upkeep_start(struct upkeep *u, struct server *server);
void upkeep_stop(struct upkeep *u); // timers off; waits for a purge that runs

#endif
