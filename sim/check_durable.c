// SPDX-License-Identifier: Apache-2.0
//
// Durability. What somebody was answered - a write of his own, or a state that a read showed - is
// found by everybody who asks later, through every crash in between: his answer shows that change
// of the node or a later one. This goes by the order in time, not by zxids, so it also sees a
// server that came back older and gives the same zxids to other writes.
//
// (Reads of a standalone server are never behind; where they may be, only a read after a sync
// counts.)
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
    struct finding *ret;
};

static void note_call(struct durable *d, const struct history_item *item)
{
    const struct history_part *parts = history_parts(d->l->history, item);
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
    const struct history *h = d->l->history;
    const struct history_item *item = &h->items[number];
    const struct history_part *p = history_parts(h, item) + i;
    size_t at = h->items[item->call].first_part + i;
    int64_t proven = d->at_call[at];
    bool is_old = p->code == ZK_OK && p->has_stat && p->stat.mzxid < proven;
    bool is_gone = p->code == ZK_NO_NODE && proven > 0 && !may_be_deleted(d->l, p->node, proven);
    if (!is_old && !is_gone) {
        return true;
    }
    return finding_report(
        d->ret, name, (int32_t[]){d->by_at_call[at], number, HISTORY_NONE, HISTORY_NONE},
        "%s was known to have changed at zxid 0x%" PRIx64 "; later it %s", history_path(h, p->node),
        proven, is_gone ? "is not there" : "is shown older");
}

static bool take_answer(struct durable *d, int32_t number)
{
    const struct history *h = d->l->history;
    const struct history_item *item = &h->items[number];
    const struct history_part *parts = history_parts(h, item);
    bool is_write = history_is_write(item->type);
    bool is_right = true;
    for (size_t i = 0; i < item->part_count && is_right; i++) {
        is_right = is_write || check_part(d, number, i);
    }
    for (size_t i = 0; i < item->part_count; i++) {
        const struct history_part *p = &parts[i];
        int32_t node = p->made != HISTORY_NONE ? p->made : p->node;
        if (is_write && ledger_is_done(h, item) && history_is_change(p->type)) {
            prove(d, node, item->zxid, number);
        } else if (p->code == ZK_OK && p->has_stat) {
            prove(d, node, p->stat.mzxid, number);
        }
    }
    return is_right;
}

bool check_durable(const struct ledger *l, struct finding *ret)
{
    const struct history *h = l->history;
    struct durable d = {.l = l, .ret = ret};
    d.proven = mem_zalloc(h->node_count * sizeof(int64_t));
    d.by = mem_zalloc(h->node_count * sizeof(int32_t));
    d.at_call = mem_zalloc((h->part_count + 1) * sizeof(int64_t));
    d.by_at_call = mem_zalloc((h->part_count + 1) * sizeof(int32_t));
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        if (h->items[i].kind == HISTORY_CALL) {
            note_call(&d, &h->items[i]);
        } else if (h->items[i].kind == HISTORY_ANSWER) {
            is_right = take_answer(&d, i);
        }
    }
    mem_free(d.proven);
    mem_free(d.by);
    mem_free(d.at_call);
    mem_free(d.by_at_call);
    return is_right;
}
