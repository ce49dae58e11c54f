// SPDX-License-Identifier: Apache-2.0
//
// The one message of leader election: what its sender's state is, whom it votes for, and which
// configuration is in force there. Pure.
//
//     i32 state, i64 leader, i64 zxid, i64 election epoch, i64 peer epoch, i32 version = 2,
//     i32 length and bytes of the configuration's canonical text
//
// Source: FastLeaderElection.buildMsg, and the WorkerReceiver, which still takes what 3.3 (28
// bytes, no peer epoch) and 3.4 (40 bytes, no configuration) send.
#ifndef PADDOCK_ZAB_NOTIFICATION_H
#define PADDOCK_ZAB_NOTIFICATION_H

#include "base/buf.h"
#include "zab/vote.h"

enum { NOTIFICATION_VERSION = 2, NOTIFICATION_MIN_BYTES = 28, NOTIFICATION_OLD_BYTES = 40 };

struct notification {
    struct vote vote;    // `version` is 0 for the old forms
    struct slice config; // canonical text; null below version 2
};

// Append the form of version 2, whatever `n` says; a null text becomes an empty one.
void notification_encode(const struct notification *n, struct buf *to);

// Memory: *ret borrows `bytes`. Errors: ERR_TRUNCATED, ERR_MALFORMED.
enum err notification_decode(struct slice bytes, struct notification *ret) MUST_CHECK;

#endif
