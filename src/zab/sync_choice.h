// SPDX-License-Identifier: Apache-2.0
//
// How a learner is brought up to date: with the transactions it lacks (DIFF), after it has dropped
// those that nobody else has (TRUNC), or with the whole tree (SNAP). Pure: zxids in, a packet out.
// The packet and its zxid are what a Java leader would send first, but for some TRUNCs.
//
//     P: the learner's last zxid. min, max: the ends of the committed transactions in memory.
//
//     in this order                                   the answer
//     snapshots are forced                            SNAP
//     P == the leader's own point                     DIFF P
//     P > max, and P is a transaction's zxid          TRUNC max; SNAP when max is of another
//                                                     epoch, or no transaction
//     min <= P <= max                                 by what is around P in memory
//     P < min, and the log may be used                by what is around P in the log
//     else                                            SNAP
//
//     around P: the newest T <= P, the oldest N > P
//     T == P, or P is only an epoch's beginning       DIFF max
//     there is no N, or it is of another epoch        SNAP
//     else (P is nobody else's transaction)           TRUNC T
//
// A learner's log can be cut behind a transaction that is in it. Across epochs that is not sure:
// what it has of P's epoch may stand on a snapshot from that epoch's beginning, or on a history
// that parts from ours before max. Nor is it when max is an epoch's beginning, nobody's
// transaction: a Java learner would keep the first one behind it. Java's leader sends TRUNC all the
// same, and its learner stops with an error or goes on with a log that is not ours. Source:
// LearnerHandler.syncFollower, queueCommittedProposals; FileTxnLog.truncate.
#ifndef PADDOCK_ZAB_SYNC_CHOICE_H
#define PADDOCK_ZAB_SYNC_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

enum sync_way { SYNC_DIFF, SYNC_TRUNC, SYNC_SNAP, SYNC_BY_MEMORY, SYNC_BY_LOG };

// What the leader has. `min` and `max` are `last` when nothing is in memory.
struct sync_range {
    int64_t last; // its own point: the newest committed zxid, or the beginning of its epoch
    int64_t min, max;
};

// What memory or the log has around P; -1: nothing.
struct sync_around {
    int64_t at_or_before;
    int64_t after;
};

struct sync_choice {
    enum sync_way way;
    int64_t zxid;   // of the DIFF or TRUNC packet
    int64_t cursor; // what the learner lacks is behind this
};

// SYNC_BY_MEMORY and SYNC_BY_LOG: look there, then ask sync_choose_around.
struct sync_choice sync_choose(int64_t zxid, const struct sync_range *range, bool force_snapshot,
                               bool use_log);
struct sync_choice sync_choose_around(int64_t zxid, const struct sync_range *range,
                                      const struct sync_around *around);

#endif
