// SPDX-License-Identifier: Apache-2.0
//
// What larger events add to the statistics: a batch that became durable, a transaction that was
// applied, watches that fired, a recovery. Small ones are counted where they happen.
#ifndef PADDOCK_SERVER_ACCOUNT_H
#define PADDOCK_SERVER_ACCOUNT_H

#include "jute/txn.h"
#include "server/pipeline.h"
#include "server/stats.h"
#include "store/recover.h"
#include "tree/tree.h"
#include "tree/watch.h"
#include "zab/zab.h"

void account_recovered(struct stats *s, const struct recover_report *r);

// `b` was written and synced; `now_ns` is monotonic.
void account_batch(struct stats *s, const struct batch *b, int64_t now_ns);

// `txn` was applied to the tree at `wall_ms`.
// Source: FinalRequestProcessor.applyRequest, DataTree.updateWriteStat.
void account_applied(struct stats *s, const struct txn *txn, const struct tree_outcome *outcome,
                     int64_t wall_ms);

// Each trigger adds the number of watchers it reached. Source: WatchManager.triggerWatch.
void account_fired(struct stats *s, const struct watch_fired *fired, size_t count);

// ---- a member of an ensemble ----

// Since when it has been without a role, and in one.
struct account_role {
    enum zab_role role;
    int64_t looking_ms; // since then; -1: never yet
    int64_t elected_ms; // since then it knows its role
};

// Its role is `role` at `now_ms`; legal when that is no news.
void account_role(struct account_role *a, struct stats *s, enum zab_role role, int64_t now_ms);
// It serves clients.
void account_serving(const struct account_role *a, struct stats *s, int64_t now_ms);
// A packet of type `type` came, or is sent.
void account_received(struct stats *s, int32_t type);
void account_sent(struct stats *s, int32_t type);

#endif
