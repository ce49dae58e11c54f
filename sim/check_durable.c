// SPDX-License-Identifier: Apache-2.0
//
// Durability. What somebody was answered - a write of his own, or a state that a read showed - is
// found by everybody who asks later, through every crash in between: his answer shows that change
// of the node or a later one. This goes by the order in time, not by zxids, so it also sees a
// server that came back older and gives the same zxids to other writes.
//
// Reads of a standalone server are never behind. Where they may be, a read must show what was known
// when the last sync before it on its connection was sent.
#include "sim/check.h"

#include <inttypes.h>

#include "base/mem.h"

static const char name[] = "durability";

struct durable {
    const struct ledger *l;
    int64_t *proven;  // by node: the newest change that somebody was answered or shown
    int32_t *by;      // and the answer that did
    int64_t *at_call; // by part of a call: `proven` when it was sent
    int32_t *by_at_call;
    struct known **synced;  // by connection: known when its last answered sync was sent; or NULL
    struct known **syncing; // by connection: of the newest one that is under way
    int32_t *sync_call;     // by connection: that one
    struct finding *ret;
};

// What was known of one node.
struct known {
    int64_t proven;
    int32_t by;
};

// ---- syncs ----

static void begin_sync(struct durable *d, const struct annals_item *call)
{
    struct known **at = &d->syncing[call->connection];
    mem_free(*at);
    *at = mem_alloc(d->l->history->node_count * sizeof(struct known));
    for (size_t n = 0; n < d->l->history->node_count; n++) {
        (*at)[n] = (struct known){d->proven[n], d->by[n]};
    }
}

// A second sync may have been sent meanwhile: then the later one, which is not answered yet, counts
// when it is.
static void end_sync(struct durable *d, const struct annals_item *answer)
{
    int32_t c = answer->connection;
    if (answer->code == ZK_OK && d->syncing[c] != NULL && d->sync_call[c] == answer->call) {
        mem_free(d->synced[c]);
        d->synced[c] = d->syncing[c];
        d->syncing[c] = NULL;
    }
}

// What an answer to part `i` of a call has to show at least.
static struct known due_at(const struct durable *d, const struct annals_item *item, size_t i)
{
    const struct annals *h = d->l->history;
    if (!h->may_be_stale) {
        size_t at = h->items[item->call].first_part + i;
        return (struct known){d->at_call[at], d->by_at_call[at]};
    }
    const struct known *synced = d->synced[item->connection];
    return synced != NULL ? synced[annals_parts(h, item)[i].node]
                          : (struct known){.by = ANNALS_NONE};
}

// ---- calls and answers ----

static void note_call(struct durable *d, int32_t number)
{
    const struct annals_item *item = &d->l->history->items[number];
    const struct annals_part *parts = annals_parts(d->l->history, item);
    if (item->type == OP_SYNC) {
        begin_sync(d, item);
        d->sync_call[item->connection] = number;
    }
    for (size_t i = 0; i < item->part_count; i++) {
        d->at_call[item->first_part + i] = d->proven[parts[i].node];
        d->by_at_call[item->first_part + i] = d->by[parts[i].node];
    }
}

static void prove(struct durable *d, int32_t node, int64_t zxid, int32_t number)
{
    if (zxid > d->proven[node]) {
        d->proven[node] = zxid;
        d->by[node] = number;
    }
}

static bool may_be_deleted(const struct ledger *l, int32_t node, int64_t after)
{
    const struct ledger_change *c = ledger_next(l, node, after - 1);
    while (c != NULL && c->kind != CHANGE_DELETE) {
        c = ledger_next(l, node, c->zxid);
    }
    return c != NULL || l->may_vanish[node] ||
           ledger_hidden(l, node, OP_DELETE, after, INT64_MAX) > 0;
}

static bool check_part(const struct durable *d, int32_t number, size_t i)
{
    const struct annals *h = d->l->history;
    const struct annals_item *item = &h->items[number];
    const struct annals_part *p = annals_parts(h, item) + i;
    struct known due = due_at(d, item, i);
    int64_t proven = due.proven;
    bool is_old = p->code == ZK_OK && p->has_stat && p->stat.mzxid < proven;
    bool is_gone = p->code == ZK_NO_NODE && proven > 0 && !may_be_deleted(d->l, p->node, proven);
    if (!is_old && !is_gone) {
        return true;
    }
    return finding_report(d->ret, name, (int32_t[]){due.by, number, ANNALS_NONE, ANNALS_NONE},
                          "%s was known to have changed at zxid 0x%" PRIx64 "; later it %s",
                          annals_path(h, p->node), proven,
                          is_gone ? "is not there" : "is shown older");
}

static bool take_answer(struct durable *d, int32_t number)
{
    const struct annals *h = d->l->history;
    const struct annals_item *item = &h->items[number];
    const struct annals_part *parts = annals_parts(h, item);
    bool is_write = annals_is_write(item->type);
    bool is_right = true;
    if (item->type == OP_SYNC) {
        end_sync(d, item);
    }
    for (size_t i = 0; i < item->part_count && is_right; i++) {
        is_right = is_write || check_part(d, number, i);
    }
    for (size_t i = 0; i < item->part_count; i++) {
        const struct annals_part *p = &parts[i];
        int32_t node = p->made != ANNALS_NONE ? p->made : p->node;
        if (is_write && ledger_is_done(h, item) && annals_is_change(p->type)) {
            prove(d, node, item->zxid, number);
        } else if (p->code == ZK_OK && p->has_stat) {
            prove(d, node, p->stat.mzxid, number);
        }
    }
    return is_right;
}

bool check_durable(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    struct durable d = {.l = l, .ret = ret};
    d.proven = mem_zalloc(h->node_count * sizeof(int64_t));
    d.by = mem_zalloc(h->node_count * sizeof(int32_t));
    d.at_call = mem_zalloc((h->part_count + 1) * sizeof(int64_t));
    d.by_at_call = mem_zalloc((h->part_count + 1) * sizeof(int32_t));
    size_t connections = (size_t)h->connections + 1;
    d.synced = mem_zalloc(connections * sizeof(struct known *));
    d.syncing = mem_zalloc(connections * sizeof(struct known *));
    d.sync_call = mem_zalloc(connections * sizeof(int32_t));
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        if (h->items[i].kind == ANNALS_CALL) {
            note_call(&d, i);
        } else if (h->items[i].kind == ANNALS_ANSWER) {
            is_right = take_answer(&d, i);
        }
    }
    mem_free(d.proven);
    mem_free(d.by);
    mem_free(d.at_call);
    mem_free(d.by_at_call);
    for (size_t i = 0; i < connections; i++) {
        mem_free(d.synced[i]);
        mem_free(d.syncing[i]);
    }
    mem_free((void *)d.synced);
    mem_free((void *)d.syncing);
    mem_free(d.sync_call);
    return is_right;
}
