// SPDX-License-Identifier: Apache-2.0
//
// Multis are whole. The answer says OK of every part; or OK of those before one that failed, its
// code, and RuntimeInconsistency of those behind it. Of a refused multi nothing is ever seen. A
// multi without an answer that shows in one node at zxid z was done at z in all its nodes: no read
// may show another of them as it was before. (For multis that were answered check_read says so.)
#include "sim/check.h"

#include <inttypes.h>

static const char name[] = "multi";

#define PAIR(a, b) ((int32_t[]){(a), (b), ANNALS_NONE, ANNALS_NONE})

static bool check_shape(const struct annals *h, int32_t number, struct finding *ret)
{
    const struct annals_item *item = &h->items[number];
    const struct annals_part *parts = annals_parts(h, item);
    bool has_failed = false;
    for (size_t i = 0; i < item->part_count && item->code == ZK_OK; i++) {
        bool is_behind = parts[i].code == ZK_RUNTIME_INCONSISTENCY;
        if (has_failed != is_behind) {
            return finding_report(ret, name, PAIR(number, ANNALS_NONE), "part %zu answers %s", i,
                                  zk_code_name(parts[i].code));
        }
        has_failed |= parts[i].code != ZK_OK;
    }
    return true;
}

// A read of a part's node that does not show the multi of zxid z.
static bool is_before(const struct ledger *l, const struct annals_item *item,
                      const struct annals_part *seen, const struct annals_part *part, int64_t z)
{
    if (seen->node != part->node || item->zxid < z) {
        return false;
    }
    if (seen->code == ZK_OK && seen->has_stat) {
        return part->type == OP_DELETE ? seen->stat.czxid < z : seen->stat.mzxid < z;
    }
    const struct ledger_change *next = ledger_next(l, part->node, z);
    bool may_be_gone = part->type == OP_DELETE || l->may_vanish[part->node] ||
                       (next != NULL && next->zxid <= item->zxid) ||
                       ledger_hidden(l, part->node, OP_DELETE, z, item->zxid) > 0;
    return seen->code == ZK_NO_NODE && !may_be_gone;
}

static bool check_whole(const struct ledger *l, const struct ledger_change *c, int32_t writer,
                        struct finding *ret)
{
    const struct annals *h = l->history;
    const struct annals_item *multi = &h->items[writer];
    for (int32_t i = 0; i < (int32_t)h->count; i++) {
        const struct annals_item *item = &h->items[i];
        bool is_read = item->kind == ANNALS_ANSWER && op_kind(item->type) == OP_KIND_READ;
        for (size_t k = 0; is_read && k < item->part_count; k++) {
            const struct annals_part *seen = annals_parts(h, item) + k;
            for (size_t m = 0; m < multi->part_count; m++) {
                const struct annals_part *part = annals_parts(h, multi) + m;
                if (annals_is_change(part->type) && is_before(l, item, seen, part, c->zxid)) {
                    return finding_report(ret, name, (int32_t[]){writer, c->item, i, ANNALS_NONE},
                                          "done at zxid 0x%" PRIx64 " in %s, but not in %s",
                                          c->zxid, annals_path(h, c->node),
                                          annals_path(h, part->node));
                }
            }
        }
    }
    return true;
}

bool check_multi(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    for (int32_t i = 0; i < (int32_t)h->count; i++) {
        bool is_answer = h->items[i].kind == ANNALS_ANSWER && h->items[i].type == OP_MULTI;
        if (is_answer && !check_shape(h, i, ret)) {
            return false;
        }
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct ledger_change *c = &l->changes[i];
        int32_t writer = c->value != 0 ? l->writers[c->value] : ANNALS_NONE;
        if (writer == ANNALS_NONE || h->items[writer].type != OP_MULTI) {
            continue;
        }
        int32_t answer = h->items[writer].answer;
        if (answer != ANNALS_NONE && !ledger_is_done(h, &h->items[answer])) {
            return finding_report(ret, name, PAIR(answer, c->item),
                                  "it was refused, and %s shows a part of it",
                                  annals_path(h, c->node));
        }
        if (answer == ANNALS_NONE && !check_whole(l, c, writer, ret)) {
            return false;
        }
    }
    return true;
}
