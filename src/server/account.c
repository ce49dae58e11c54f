// SPDX-License-Identifier: Apache-2.0
//
// Adding events up.
#include "server/account.h"

#include "base/assert.h"
#include "jute/op.h"

enum { NS_PER_MS = 1000000 };

void account_recovered(struct stats *s, const struct recover_report *r)
{
    stats_add(s, STATS_DBINITTIME, r->snapshot_ms + r->replay_ms);
    stats_add(s, STATS_STARTUP_SNAP_LOAD_TIME, r->snapshot_ms);
    stats_add(s, STATS_STARTUP_TXNS_LOAD_TIME, r->replay_ms);
    stats_add(s, STATS_STARTUP_TXNS_LOADED, (int64_t)r->txns_replayed);
}

void account_batch(struct stats *s, const struct batch *b, int64_t now_ns)
{
    stats_sync(s, b->sync_ns);
    stats_count(s, STATS_SYNC_PROCESSOR_REQUEST_QUEUED, b->count);
    stats_add(s, STATS_SYNC_PROCESSOR_BATCH_SIZE, (int64_t)b->count);
    stats_add(s, STATS_SYNC_PROCESSOR_QUEUE_FLUSH_TIME_MS, b->sync_ns / NS_PER_MS);
    for (size_t i = 0; i < b->count; i++) {
        stats_add(s, STATS_SYNC_PROCESSOR_QUEUE_AND_FLUSH_TIME_MS,
                  (now_ns - b->items[i].arrived_ns) / NS_PER_MS);
    }
}

// ---- transactions ----

// Changes that one operation is in flight with: a node's, and its parent's when children change.
static void account_changes(struct stats *s, uint64_t count)
{
    stats_count(s, STATS_OUTSTANDING_CHANGES_QUEUED, count);
    stats_count(s, STATS_OUTSTANDING_CHANGES_REMOVED, count);
}

static void account_op(struct stats *s, const struct txn_op *op)
{
    bool is_one_node = op->type == OP_SET_DATA || op->type == OP_SET_ACL;
    bool is_session = op->type == OP_CREATE_SESSION || op->type == OP_CLOSE_SESSION;
    account_changes(s, is_session || op->type == OP_CHECK ? 0 : is_one_node ? 1 : 2);
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        stats_path(s, STATS_WRITE_PER_NAMESPACE, op->create.path, (int64_t)op->create.data.len);
        return;
    case OP_CREATE_CONTAINER:
        stats_path(s, STATS_WRITE_PER_NAMESPACE, op->create_container.path,
                   (int64_t)op->create_container.data.len);
        return;
    case OP_CREATE_TTL:
        stats_count(s, STATS_TTL_NODE_CREATED_COUNT, 1);
        stats_path(s, STATS_WRITE_PER_NAMESPACE, op->create_ttl.path,
                   (int64_t)op->create_ttl.data.len);
        return;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        stats_path(s, STATS_WRITE_PER_NAMESPACE, op->del.path, 0);
        return;
    case OP_SET_DATA:
        stats_path(s, STATS_WRITE_PER_NAMESPACE, op->set_data.path, (int64_t)op->set_data.data.len);
        return;
    default: // the rest writes no data; types are numbers of the wire here, not of our enum
        return;
    }
}

void account_applied(struct stats *s, const struct txn *txn, const struct tree_outcome *outcome,
                     int64_t wall_ms)
{
    int64_t latency_ms = wall_ms - txn->header.time_ms;
    if (latency_ms >= 0) {
        stats_add(s, STATS_PROPAGATION_LATENCY, latency_ms);
    }
    if (outcome->result.code != ZK_OK) {
        return;
    }
    if (txn->header.type != OP_MULTI) {
        account_op(s, &txn->op);
        return;
    }
    for (int32_t i = 0; i < txn->op_count; i++) {
        account_op(s, &txn->ops[i]);
    }
}

// ---- watches ----

static enum stats_summary summary_of(enum watch_event event)
{
    switch (event) {
    case WATCH_EVENT_CREATED:
        return STATS_NODE_CREATED_WATCH_COUNT;
    case WATCH_EVENT_DELETED:
        return STATS_NODE_DELETED_WATCH_COUNT;
    case WATCH_EVENT_DATA_CHANGED:
        return STATS_NODE_CHANGED_WATCH_COUNT;
    case WATCH_EVENT_CHILDREN_CHANGED:
        return STATS_NODE_CHILDREN_WATCH_COUNT;
    }
    ASSERT(false);
    return STATS_NODE_CREATED_WATCH_COUNT;
}

// Events of one trigger stand behind each other.
void account_fired(struct stats *s, const struct watch_fired *fired, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && fired[end].event == fired[i].event &&
               fired[end].zxid == fired[i].zxid && slice_equal(fired[end].path, fired[i].path)) {
            end++;
        }
        stats_add(s, summary_of(fired[i].event), (int64_t)(end - i));
        i = end;
    }
}

// ---- a member of an ensemble ----

void account_role(struct account_role *a, struct stats *s, enum zab_role role, int64_t now_ms)
{
    if (role == ZAB_LOOKING && (a->role != ZAB_LOOKING || a->looking_ms < 0)) {
        stats_count(s, STATS_LOOKING_COUNT, 1);
        a->looking_ms = now_ms;
    } else if (role != ZAB_LOOKING && a->role == ZAB_LOOKING) {
        a->elected_ms = now_ms;
        if (role != ZAB_OBSERVING) { // which elects nobody
            stats_add(s, STATS_ELECTION_TIME, now_ms - a->looking_ms);
        }
    }
    a->role = role;
}

void account_serving(const struct account_role *a, struct stats *s, int64_t now_ms)
{
    stats_add(s, STATS_UNAVAILABLE_TIME, now_ms - a->looking_ms);
    switch (a->role) {
    case ZAB_LEADING:
        stats_add(s, STATS_LEADER_UNAVAILABLE_TIME, now_ms - a->looking_ms);
        return;
    case ZAB_FOLLOWING:
        stats_add(s, STATS_FOLLOWER_SYNC_TIME, now_ms - a->elected_ms);
        return;
    case ZAB_OBSERVING:
        stats_add(s, STATS_OBSERVER_SYNC_TIME, now_ms - a->elected_ms);
        return;
    case ZAB_LOOKING:
        return;
    }
}

void account_received(struct stats *s, int32_t type)
{
    bool is_proposal = type == ZAB_PROPOSAL;
    bool is_commit = type == ZAB_COMMIT || type == ZAB_INFORM || type == ZAB_COMMITANDACTIVATE ||
                     type == ZAB_INFORMANDACTIVATE;
    stats_count(s, STATS_LEARNER_PROPOSAL_RECEIVED_COUNT, is_proposal ? 1 : 0);
    stats_count(s, STATS_LEARNER_COMMIT_RECEIVED_COUNT, is_commit ? 1 : 0);
}

// A cut is followed by what is missing, like any difference.
void account_sent(struct stats *s, int32_t type)
{
    bool is_diff = type == ZAB_DIFF || type == ZAB_TRUNC;
    stats_count(s, STATS_DIFF_COUNT, is_diff ? 1 : 0);
    stats_count(s, STATS_SNAP_COUNT, type == ZAB_SNAP ? 1 : 0);
}
