// SPDX-License-Identifier: Apache-2.0
//
// Read-only mode (readonlymode.enabled): a member that has looked for a leader in vain for a while
// lets clients read its tree, if they said in their ConnectRequest that this is enough for them.
//
//     resting ──looking for max(2 s, tickTime)──► reading ──election decided──► resting
//
// While it lasts nothing changes the tree: writes and syncs are answered NotReadOnly. Sessions are
// local ones (locals.h); a session that the tree knows is not let in, its client has to find the
// majority. Source: ReadOnlyZooKeeperServer, ReadOnlyRequestProcessor, QuorumPeer.run.
#ifndef PADDOCK_SERVER_READ_ONLY_H
#define PADDOCK_SERVER_READ_ONLY_H

#include <stdbool.h>
#include <stdint.h>

#include "port/loop.h"

struct server;

struct read_only {
    struct server *server;
    struct port_timer timer; // the grace, while it runs
    bool is_looking;
};

void read_only_init(struct read_only *r, struct server *s);
void read_only_fini(struct read_only *r);

// The member looks for a leader and has settled its log, or no longer does. Legal at any time, also
// when nothing has changed; clients are gone when it returns from the end.
void read_only_look(struct read_only *r, bool is_looking);

// Is a request of this type refused while only reading is possible?
bool read_only_refuses(int32_t type);

#endif
