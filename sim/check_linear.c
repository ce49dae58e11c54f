// SPDX-License-Identifier: Apache-2.0
//
// Linearizable writes, over all sessions and all nodes. The zxid of its answer gives every write,
// done or refused, its place in one order. That order is right when
//
//     (1) no two writes have one zxid;
//     (2) it agrees with time: a write sent after an answer has a greater zxid than it;
//     (3) each answer follows from the state before it: whether a node is there, which version;
//     (4) each set adds one to the version, so none is lost or done twice;
//     (5) each value found was written by one request, at its place, and not by a refused one.
#include "sim/check.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"

static const char name[] = "linearizable writes";

#define PAIR(a, b) ((int32_t[]){(a), (b), ANNALS_NONE, ANNALS_NONE})

// ---- (1), (2): the order ----

struct placed {
    int64_t zxid;
    int32_t item;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;
    return x->zxid != y->zxid ? (x->zxid > y->zxid) - (x->zxid < y->zxid)
                              : (x->item > y->item) - (x->item < y->item);
}

// SystemError: the server could not write, and the request has no place.
static bool has_place(const struct annals_item *item)
{
    return item->kind == ANNALS_ANSWER && annals_is_write(item->type) &&
           item->code != ZK_SYSTEM_ERROR;
}

static bool check_unique(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    struct placed *all = mem_alloc(h->count * sizeof(all[0]));
    size_t count = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (has_place(&h->items[i])) {
            all[count++] = (struct placed){h->items[i].zxid, (int32_t)i};
        }
    }
    bool is_right = true;
    if (count > 0) {
        qsort(all, count, sizeof(all[0]), compare_placed);
    }
    for (size_t i = 1; i < count && is_right; i++) {
        if (all[i].zxid == all[i - 1].zxid) {
            is_right = finding_report(ret, name, PAIR(all[i - 1].item, all[i].item),
                                      "two writes have zxid 0x%" PRIx64, all[i].zxid);
        }
    }
    mem_free(all);
    return is_right;
}

static int32_t item_with_zxid(const struct annals *h, int64_t zxid)
{
    for (int32_t i = 0; i < (int32_t)h->count; i++) {
        if (h->items[i].kind == ANNALS_ANSWER && h->items[i].zxid == zxid) {
            return i;
        }
    }
    return ANNALS_NONE;
}

static bool check_time(const struct ledger *l, int32_t number, struct finding *ret)
{
    const struct annals_item *item = &l->history->items[number];
    int64_t floor = l->floors[item->call];
    if (item->zxid > floor) {
        return true;
    }
    return finding_report(ret, name, PAIR(item_with_zxid(l->history, floor), number),
                          "sent after zxid 0x%" PRIx64 " was answered, and ordered before it",
                          floor);
}

// ---- (3): answers ----

static bool check_presence(const struct ledger *l, int32_t number, const struct annals_part *p,
                           struct finding *ret)
{
    const struct annals_item *item = &l->history->items[number];
    bool is_create = annals_is_create(p->type);
    int32_t node = p->node;
    if (p->made != ANNALS_NONE) {
        node = p->made;
    } else if (is_create && p->code == ZK_NO_NODE) {
        node = annals_parent(l->history, node);
        is_create = false; // the parent is what has to be there
    }
    enum ledger_presence was = ledger_presence(l, node, item->zxid - 1);
    bool needs_absence = is_create ? p->code == ZK_OK : p->code == ZK_NO_NODE;
    bool needs_presence =
        is_create ? p->code == ZK_NODE_EXISTS : p->code == ZK_OK || p->code == ZK_BAD_VERSION;
    if ((needs_absence && was == IS_PRESENT) || (needs_presence && was == IS_ABSENT)) {
        const struct ledger_change *last = ledger_last(l, node, item->zxid - 1);
        return finding_report(ret, name, PAIR(last != NULL ? last->item : ANNALS_NONE, number),
                              "%s of %s answers %s, but the node was%s there", op_name(p->type),
                              annals_path(l->history, p->node), zk_code_name(p->code),
                              was == IS_PRESENT ? "" : " not");
    }
    return true;
}

static bool check_version(const struct ledger *l, int32_t number, const struct annals_part *p,
                          struct finding *ret)
{
    const struct annals_item *item = &l->history->items[number];
    if (annals_is_create(p->type) || p->type == OP_SET_ACL || p->version == -1 ||
        (p->code != ZK_OK && p->code != ZK_BAD_VERSION) ||
        ledger_presence(l, p->node, item->zxid - 1) != IS_PRESENT) {
        return true;
    }
    const struct ledger_change *last = ledger_last(l, p->node, item->zxid - 1);
    int32_t most =
        last->version + (int32_t)ledger_hidden(l, p->node, OP_SET_DATA, last->zxid, item->zxid - 1);
    bool is_possible = p->version >= last->version && p->version <= most;
    bool is_certain = p->version == last->version && most == last->version;
    bool may_be_other = l->may_vanish[p->node] ||
                        ledger_hidden(l, p->node, OP_DELETE, last->zxid, item->zxid - 1) > 0;
    if (!may_be_other && (p->code == ZK_OK ? !is_possible : is_certain)) {
        return finding_report(ret, name, PAIR(last->item, number),
                              "%s of %s expects version %d and answers %s at version %d",
                              op_name(p->type), annals_path(l->history, p->node), p->version,
                              zk_code_name(p->code), last->version);
    }
    return true;
}

static bool check_answer(const struct ledger *l, int32_t number, struct finding *ret)
{
    const struct annals_item *item = &l->history->items[number];
    const struct annals_part *parts = annals_parts(l->history, item);
    bool is_right = check_time(l, number, ret);
    for (size_t i = 0; i < item->part_count && is_right && item->type != OP_CLOSE_SESSION; i++) {
        if (parts[i].code == ZK_RUNTIME_INCONSISTENCY) {
            break; // behind the part that failed
        }
        // Parts in front of the one that failed say ZK_OK and were as possible as they claim.
        is_right =
            check_presence(l, number, &parts[i], ret) && check_version(l, number, &parts[i], ret);
    }
    return is_right;
}

// ---- (4), (5): changes ----

static bool check_step(const struct ledger *l, const struct ledger_change *last,
                       const struct ledger_change *c, struct finding *ret)
{
    if (c->kind != CHANGE_SET || last->node != c->node || last->czxid != c->czxid) {
        return true;
    }
    int64_t step = (int64_t)c->version - last->version;
    size_t hidden = ledger_hidden(l, c->node, OP_SET_DATA, last->zxid, c->zxid - 1);
    if (step >= 1 && step <= 1 + (int64_t)hidden) {
        return true;
    }
    return finding_report(ret, name, PAIR(last->item, c->item),
                          "version %d of %s comes after version %d, with %zu sets in doubt",
                          c->version, annals_path(l->history, c->node), last->version, hidden);
}

static bool check_writer(const struct ledger *l, const struct ledger_change *c, struct finding *ret)
{
    const struct annals *h = l->history;
    int32_t writer = c->value != 0 ? l->writers[c->value] : ANNALS_NONE;
    if (c->value == 0 || (c->is_answered && h->items[c->item].call == writer)) {
        return true;
    }
    int32_t answer = writer != ANNALS_NONE ? h->items[writer].answer : ANNALS_NONE;
    bool is_open = writer != ANNALS_NONE && answer == ANNALS_NONE;
    if (is_open && c->zxid > l->floors[writer]) {
        return true;
    }
    bool is_done = answer != ANNALS_NONE && ledger_is_done(h, &h->items[answer]);
    if (is_done && h->items[answer].zxid == c->zxid) {
        return true;
    }
    return finding_report(ret, name, PAIR(answer != ANNALS_NONE ? answer : writer, c->item),
                          "%s shows value %u at zxid 0x%" PRIx64
                          ", which its request cannot have written",
                          annals_path(h, c->node), c->value, c->zxid);
}

bool check_linear(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    if (l->conflict[0] != ANNALS_NONE) {
        return finding_report(ret, name, PAIR(l->conflict[0], l->conflict[1]),
                              "two answers tell different things of one zxid");
    }
    bool is_right = check_unique(l, ret);
    for (size_t i = 0; i < l->count && is_right; i++) {
        is_right = (i == 0 || check_step(l, &l->changes[i - 1], &l->changes[i], ret)) &&
                   check_writer(l, &l->changes[i], ret);
    }
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        is_right = !has_place(&h->items[i]) || check_answer(l, i, ret);
    }
    return is_right;
}
