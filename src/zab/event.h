// SPDX-License-Identifier: Apache-2.0
//
// What happens to a member of an ensemble, as zab/ sees it. The executor (server/ensemble.c, or a
// script in a test) turns bytes from sockets, finished jobs, deadlines and the write path's wishes
// into these; zab_step answers each with effects (effect.h). Nothing else reaches zab/.
//
// Links: a connection on the quorum port is known by a number that the executor gives and never
// gives again. On a leader every link leads to a learner, on a learner the one link leads to its
// leader (or observer master); a follower that is an observer master has both.
//
// Memory: slices are borrowed for the duration of the step.
#ifndef PADDOCK_ZAB_EVENT_H
#define PADDOCK_ZAB_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "zab/packet.h"

typedef uint64_t zab_link; // 0: none

enum zab_event_type {
    ZAB_EV_START, // recovered; begin to look for a leader
    ZAB_EV_TIME,  // a deadline of zab_deadline_ms has come

    // Election.
    ZAB_EV_NOTIFICATION, // `bytes` of one frame on the election connection to `sid`

    // Links. On a learner: the way to its leader. On a leader: its learners.
    ZAB_EV_LINK_UP,    // learner: the dialled link is open. Leader: somebody connected
    ZAB_EV_LINK_DOWN,  // closed by the other end, failed, timed out, or could not be dialled
    ZAB_EV_LINK_ROOM,  // leader: what was queued on the link has been sent, more may follow
    ZAB_EV_PACKET,     // `packet` arrived on `link`
    ZAB_EV_SNAP_BEGUN, // leader: the SNAP packet and its stream are on the way; `zxid` is its point
    ZAB_EV_SNAP_SENT,  // leader: the stream has been handed over whole; false in `is_ok`: it failed
    ZAB_EV_SNAP_LOADED, // learner: the stream became the tree, durably, at `zxid`; or not `is_ok`
    ZAB_EV_LOG_READ,    // leader: an answer to ZAB_DO_READ_LOG: `records`, `is_end`, `is_ok`; of a
                        // first read also `zxid`, the newest one in the log at or before the one
                        // asked for, -1 when the log does not reach back to it

    // Storage.
    ZAB_EV_EPOCH_SAVED, // ZAB_DO_SAVE_ACCEPTED or _CURRENT is durable, or not `is_ok`
    ZAB_EV_LOGGED,      // everything proposed or appended up to `zxid` is durable here
    ZAB_EV_TRUNCATED,   // the log ends with `zxid` now and the tree was built anew; or not `is_ok`
    ZAB_EV_SETTLED,     // ZAB_DO_STOP_SERVING is done: the tree stands at `zxid`, the log's end

    // The write path of a leader that serves.
    ZAB_EV_PROPOSE, // `zxid`, the transaction in `bytes`; `config` of a reconfig, else null
    ZAB_EV_SYNC,    // `token` wants to know when everything proposed so far is committed, and that
                    // this server still leads then. Observer master: a sync of the observer
                    // on `link` came back
    ZAB_EV_APPLIED, // the tree stands at `zxid`

    ZAB_EV_HAND_OVER, // `sid` is to lead instead, or, with -1, whoever is best; what
                      // zab_refuses_handover refuses is ignored

    ZAB_EV_FAILED, // this server cannot go on in its role (a full disk, rolled-over zxids): stand
                   // down
};

struct zab_record {
    int64_t zxid;
    struct slice txn;
};

struct zab_event {
    enum zab_event_type type;
    int64_t now_ms; // monotonic; never goes back
    zab_link link;
    int64_t sid;    // of NOTIFICATION, HAND_OVER
    int64_t zxid;   // as each type says
    uint64_t token; // of SYNC
    bool is_ok;
    bool is_end; // of LOG_READ: nothing follows in the log
    struct slice bytes;
    struct slice config; // canonical text
    struct zab_packet packet;
    const struct zab_record *records;
    size_t record_count;
};

#endif
