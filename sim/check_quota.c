// SPDX-License-Identifier: Apache-2.0
//
// A hard quota on the number of nodes. A create below it is checked at some moment between the
// request and its zxid. So it is refused when the quota was used up all that time, and not refused
// when there was room all that time, whatever became of requests without an answer. (The leader of
// an ensemble may apply later than a follower that has answered, so that time begins earlier
// there.)
#include "sim/check.h"

#include <inttypes.h>

#include "sim/visitor.h"

static const char name[] = "quota";

static const char top_path[] = "/z";
static const char limits_path[] = "/zookeeper/quota/z/zookeeper_limits";
static const char stats_path[] = "/zookeeper/quota/z/zookeeper_stats";

static int32_t find_node(const struct annals *h, const char *path)
{
    for (int32_t n = 0; n < (int32_t)h->node_count; n++) {
        if (strcmp(annals_path(h, n), path) == 0) {
            return n;
        }
    }
    return ANNALS_NONE;
}

struct usage {
    int least, most; // nodes below the quota, its top included
};

// In every moment from `after` until just before `zxid`.
static struct usage usage_in(const struct ledger *l, int32_t top, int64_t after, int64_t zxid)
{
    struct usage u = {1, 1};
    for (int32_t n = 0; n < (int32_t)l->history->node_count; n++) {
        if (annals_parent(l->history, n) != top) {
            continue;
        }
        const struct ledger_change *next = ledger_next(l, n, after);
        bool is_changed = next != NULL && next->zxid < zxid;
        enum ledger_presence before = ledger_presence(l, n, after);
        enum ledger_presence at_end = ledger_presence(l, n, zxid - 1);
        u.least += before == IS_PRESENT && at_end == IS_PRESENT && !is_changed;
        u.most += before != IS_ABSENT || at_end != IS_ABSENT || is_changed;
    }
    return u;
}

// What the server that checked had applied when it did, at least.
static int64_t applied_before(const struct ledger *l, int32_t call)
{
    const struct annals *h = l->history;
    int64_t since_ns = h->items[call].at_ns - h->slack_ms * 1000000;
    while (call > 0 && h->may_be_stale && h->items[call].at_ns > since_ns) {
        call--;
    }
    return l->floors[call];
}

static bool check_create(const struct ledger *l, int32_t top, int32_t number, struct finding *ret)
{
    const struct annals *h = l->history;
    const struct annals_item *item = &h->items[number];
    const struct annals_part *p = annals_parts(h, item);
    struct usage u = usage_in(l, top, applied_before(l, item->call), item->zxid);
    bool is_refused = p->code == ZK_QUOTA_EXCEEDED;
    bool is_beyond = p->code == ZK_OK && u.least >= VISITOR_QUOTA;
    if (!is_beyond && !(is_refused && u.most < VISITOR_QUOTA)) {
        return true;
    }
    return finding_report(ret, name, (int32_t[]){number, ANNALS_NONE, ANNALS_NONE, ANNALS_NONE},
                          "create of %s answers %s where %d to %d of %d nodes are there",
                          annals_path(h, p->node), zk_code_name(p->code), u.least, u.most,
                          VISITOR_QUOTA);
}

bool check_quota(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    int32_t top = find_node(h, top_path);
    int32_t limits = find_node(h, limits_path);
    int32_t stats = find_node(h, stats_path);
    if (top == ANNALS_NONE || limits == ANNALS_NONE || stats == ANNALS_NONE) {
        return true;
    }
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        const struct annals_item *item = &h->items[i];
        bool is_create = item->kind == ANNALS_ANSWER && item->part_count == 1 &&
                         annals_is_create(item->type) && item->code != ZK_SYSTEM_ERROR &&
                         annals_parent(h, annals_parts(h, item)->node) == top;
        // Before both nodes of the quota are there, nothing limits.
        if (is_create && ledger_presence(l, limits, applied_before(l, item->call)) == IS_PRESENT &&
            ledger_presence(l, stats, applied_before(l, item->call)) == IS_PRESENT) {
            is_right = check_create(l, top, i, ret);
        }
    }
    return is_right;
}
