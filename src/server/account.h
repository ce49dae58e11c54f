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

void account_recovered(struct stats *s, const struct recover_report *r);

// `b` was written and synced; `now_ns` is monotonic.
void account_batch(struct stats *s, const struct batch *b, int64_t now_ns);

// `txn` was applied to the tree at `wall_ms`.
// Source: FinalRequestProcessor.applyRequest, DataTree.updateWriteStat.
void account_applied(struct stats *s, const struct txn *txn, const struct tree_outcome *outcome,
                     int64_t wall_ms);

// Each trigger adds the number of watchers it reached. Source: WatchManager.triggerWatch.
void account_fired(struct stats *s, const struct watch_fired *fired, size_t count);

#endif
