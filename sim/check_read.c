// SPDX-License-Identifier: Apache-2.0
//
// Reads. The header of an answer holds the zxid Z up to which the server had applied. What the
// answer shows must be the state at Z, of a node, of its children and of everything else in it:
//
//     (1) no known change of the node lies in (mzxid, Z], none of its children in (pzxid, Z];
//     (2) NoNode only when the node was not there; every child that was there is listed, and none
//         that was not.
//
// With check_order, which says that Z does not go back for a client, reads are sequentially
// consistent for each session.
#include "sim/check.h"

#include <inttypes.h>

static const char name[] = "reads";

#define PAIR(a, b) ((int32_t[]){(a), (b), ANNALS_NONE, ANNALS_NONE})

struct reading {
    const struct ledger *l;
    int32_t number;
    int64_t zxid;
    const struct annals_part *p;
    const char *path;
    struct finding *ret;
};

static bool check_interval(const struct reading *r, const struct ledger_change *next, int64_t since,
                           const char *what)
{
    if (next == NULL || next->zxid > r->zxid) {
        return true;
    }
    return finding_report(r->ret, name, PAIR(next->item, r->number),
                          "%s of %s are shown as of 0x%" PRIx64 " at zxid 0x%" PRIx64
                          ", but changed at 0x%" PRIx64,
                          what, r->path, since, r->zxid, next->zxid);
}

static bool check_stat(const struct reading *r)
{
    const struct jute_stat *s = &r->p->stat;
    if (s->czxid == 0) { // a node that was always there
        return true;
    }
    bool is_whole = s->czxid <= s->mzxid && s->mzxid <= r->zxid && s->czxid <= s->pzxid &&
                    s->pzxid <= r->zxid && (s->version == 0) == (s->mzxid == s->czxid);
    if (!is_whole) {
        return finding_report(r->ret, name, PAIR(r->number, ANNALS_NONE),
                              "the stat of %s is impossible", r->path);
    }
    return check_interval(r, ledger_next(r->l, r->p->node, s->mzxid), s->mzxid, "data") &&
           check_interval(r, ledger_next_child(r->l, r->p->node, s->pzxid), s->pzxid, "children");
}

static bool check_absent(const struct reading *r)
{
    if (ledger_presence(r->l, r->p->node, r->zxid) != IS_PRESENT) {
        return true;
    }
    const struct ledger_change *last = ledger_last(r->l, r->p->node, r->zxid);
    return finding_report(r->ret, name, PAIR(last->item, r->number),
                          "%s is not found at zxid 0x%" PRIx64 ", but was there", r->path, r->zxid);
}

static bool is_listed(const struct reading *r, int32_t node)
{
    const int32_t *names = r->l->history->names + r->p->first_name;
    for (size_t i = 0; i < r->p->name_count; i++) {
        if (names[i] == node) {
            return true;
        }
    }
    return false;
}

static bool check_listed(const struct reading *r)
{
    const struct ledger *l = r->l;
    for (size_t i = 0; i < r->p->name_count; i++) {
        int32_t child = l->history->names[r->p->first_name + i];
        if (ledger_presence(l, child, r->zxid) == IS_ABSENT) {
            return finding_report(r->ret, name, PAIR(r->number, ANNALS_NONE),
                                  "%s is listed at zxid 0x%" PRIx64 ", but was not there",
                                  annals_path(l->history, child), r->zxid);
        }
    }
    return true;
}

static bool check_complete(const struct reading *r)
{
    const struct ledger *l = r->l;
    for (size_t i = l->first_child[r->p->node]; i < l->first_child[r->p->node + 1]; i++) {
        const struct ledger_change *c = l->children[i];
        if (c->zxid <= r->zxid && c->kind == CHANGE_CREATE &&
            ledger_presence(l, c->node, r->zxid) == IS_PRESENT && !is_listed(r, c->node)) {
            return finding_report(r->ret, name, PAIR(c->item, r->number),
                                  "%s was there at zxid 0x%" PRIx64 ", but is not listed",
                                  annals_path(l->history, c->node), r->zxid);
        }
    }
    if (r->p->has_stat && r->p->stat.num_children != (int32_t)r->p->name_count) {
        return finding_report(r->ret, name, PAIR(r->number, ANNALS_NONE),
                              "the stat of %s counts other children than are listed", r->path);
    }
    return true;
}

static bool check_part(const struct reading *r)
{
    if (r->p->code == ZK_NO_NODE) {
        return check_absent(r);
    }
    if (r->p->code != ZK_OK) {
        return true;
    }
    bool is_children = r->p->has_names && r->p->type != OP_GET_EPHEMERALS;
    return (!r->p->has_stat || check_stat(r)) &&
           (!is_children || (check_listed(r) && check_complete(r)));
}

bool check_read(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        const struct annals_item *item = &h->items[i];
        bool is_read = item->kind == ANNALS_ANSWER && op_kind(item->type) == OP_KIND_READ;
        for (size_t k = 0; is_read && k < item->part_count && is_right; k++) {
            const struct annals_part *p = annals_parts(h, item) + k;
            struct reading r = {l, i, item->zxid, p, annals_path(h, p->node), ret};
            is_right = check_part(&r);
        }
    }
    return is_right;
}
