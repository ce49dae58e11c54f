// SPDX-License-Identifier: Apache-2.0
//
// Snapshots while serving. After a jittered number of transactions or bytes the log begins a new
// file and the tree is serialized in slices: one slice a turn on the loop, bounded in bytes, each
// handed to a worker that checksums, compresses, writes and finally names the file. At most
// SNAPPER_SLICES are on their way, so a slow disk costs no memory.
//
//     idle ──due──► walking ──last slice──► finishing ──► idle
//                      └─ error, snapper_give_up ►┘
//
// Source: SyncRequestProcessor, ZooKeeperServer.takeSnapshot; DESIGN 4.
#ifndef PADDOCK_SERVER_SNAPPER_H
#define PADDOCK_SERVER_SNAPPER_H

#include "base/buf.h"
#include "base/prng.h"
#include "port/loop.h"
#include "store/error.h"
#include "store/snapfile.h"
#include "store/snapwrite.h"

struct server;

enum { SNAPPER_SLICES = 4 };
enum snapper_state { SNAPPER_IDLE, SNAPPER_WALKING, SNAPPER_FINISHING };

struct snapper_slice {
    struct port_job job;
    struct snapper *snapper;
    struct buf bytes;
    bool seal;    // behind these bytes
    bool is_last; // finish the file
    bool is_busy; // with the worker
    enum err err; // of the job
};

struct snapper {
    struct server *server;
    struct port_worker *worker; // opened with the first snapshot
    enum snapper_state state;
    struct snapwrite *walk;
    struct snapper_slice slices[SNAPPER_SLICES];
    size_t in_flight;
    bool has_failed;   // a slice of this snapshot could not be written
    bool is_given_up;  // nobody wants it any more
    int64_t zxid;      // of the snapshot being written
    int64_t last_zxid; // of the newest one on disk
    int64_t started_ns;
    struct prng prng;
    uint64_t txns, bytes;         // logged since the last roll
    uint64_t txns_due, bytes_due; // jittered limits; bytes_due UINT64_MAX: off
    // The worker's; the loop reads them when no slice is in flight:
    struct snapfile *file;
    enum err err;
    struct store_error error;
    uint64_t file_bytes;
};

void snapper_init(struct snapper *sn, struct server *server, uint64_t seed, int64_t last_zxid);
void snapper_close(struct snapper *sn); // waits for the worker; an unfinished file is removed

// `txns` transactions of `bytes` were committed; begins a snapshot when one is due.
void snapper_count(struct snapper *sn, uint64_t txns, uint64_t bytes);

// Begin one now unless one is being written.
void snapper_start(struct snapper *sn);

// The tree is about to become what was never agreed to, or another one: what is being taken of it
// would be wrong. Its file goes once the worker has let go of it.
void snapper_give_up(struct snapper *sn);

// End of the turn: serialize the next slice when there is room for it. True while walking.
void snapper_step(struct snapper *sn);

#endif
