// SPDX-License-Identifier: Apache-2.0
//
// Containers and TTL nodes. One that is missing though nobody deleted it was taken by the server,
// which may do so
//
//     (1) with a container that had a child and has none;
//     (2) with a TTL node without children that was not set for longer than its TTL, by the wall
//         clock, which jumps here;
//
// and (3) does so in the end: one that could go LIMIT_MS ago is not shown any more. LIMIT_MS counts
// while the reader was connected, so that the server ran, no write was refused, the wall clock
// stood right and nothing befell an ensemble.
#include "sim/check.h"

#include <inttypes.h>

#include "base/mem.h"

static const char name[] = "containers and TTL";

enum { LIMIT_MS = 3000, CLIENTS = 16 };

struct reap {
    const struct ledger *l;
    bool *is_container; // by node
    int64_t *ttl_ms;    // by node; 0: none
    int64_t open_since_ns[CLIENTS];
    int64_t troubled_ns; // the last time that a clock jumped, a write was refused, or of trouble
    struct finding *ret;
};

static bool report(const struct reap *r, int32_t first, int32_t number, const char *what)
{
    const struct annals *h = r->l->history;
    const struct annals_part *p = annals_parts(h, &h->items[number]);
    return finding_report(r->ret, name, (int32_t[]){first, number, ANNALS_NONE, ANNALS_NONE},
                          "%s %s", annals_path(h, p->node), what);
}

// ---- (1), (2): may it be gone? ----

static bool has_child(const struct reap *r, int32_t node, int64_t zxid)
{
    const struct annals *h = r->l->history;
    for (int32_t n = 0; n < (int32_t)h->node_count; n++) {
        if (annals_parent(h, n) == node && ledger_presence(r->l, n, zxid) == IS_PRESENT) {
            return true;
        }
    }
    return false;
}

static bool had_child(const struct reap *r, int32_t node, int64_t after, int64_t until)
{
    const struct annals *h = r->l->history;
    const struct ledger_change *c = ledger_next_child(r->l, node, after);
    bool had = c != NULL && c->zxid <= until;
    for (int32_t n = 0; n < (int32_t)h->node_count && !had; n++) {
        had = annals_parent(h, n) == node && ledger_hidden_creates(r->l, n, after, until) > 0;
    }
    return had;
}

// The wall clock was at least here at some time between two items.
static int64_t wall_most(const struct annals *h, int32_t first, int32_t last)
{
    int64_t most = 0;
    for (int32_t i = first; i <= last; i++) {
        most = h->items[i].wall_ms > most ? h->items[i].wall_ms : most;
    }
    return most;
}

// When the node was last set, by the server's wall clock.
static int64_t mtime_of(const struct annals *h, const struct ledger_change *c)
{
    const struct annals_item *item = &h->items[c->item];
    const struct annals_part *p = annals_parts(h, item);
    for (size_t i = 0; i < item->part_count; i++) {
        if (p[i].has_stat && p[i].node == c->node && p[i].stat.mzxid == c->zxid) {
            return p[i].stat.mtime;
        }
    }
    return 0;
}

static bool check_gone(const struct reap *r, int32_t number, const struct annals_part *p)
{
    const struct annals *h = r->l->history;
    const struct annals_item *item = &h->items[number];
    const struct ledger_change *last = ledger_last(r->l, p->node, item->zxid);
    if (last == NULL || last->kind == CHANGE_DELETE ||
        ledger_hidden(r->l, p->node, OP_DELETE, last->zxid, item->zxid) > 0) {
        return true;
    }
    if (has_child(r, p->node, item->zxid)) {
        return report(r, last->item, number, "is gone with a child below it");
    }
    if (r->is_container[p->node]) {
        return had_child(r, p->node, last->czxid, item->zxid) ||
               report(r, last->item, number, "is gone though it never had a child");
    }
    int64_t age_ms = wall_most(h, h->items[last->item].call, number) - mtime_of(h, last);
    return age_ms >= r->ttl_ms[p->node] || report(r, last->item, number, "is gone before its time");
}

// ---- (3): must it be gone? ----

// The greatest zxid that anybody had seen at that time.
static int64_t zxid_at(const struct reap *r, int32_t number, int64_t at_ns)
{
    while (number > 0 && r->l->history->items[number].at_ns > at_ns) {
        number--;
    }
    return r->l->floors[number];
}

static bool check_shown(const struct reap *r, int32_t number, const struct annals_part *p)
{
    const struct annals_item *item = &r->l->history->items[number];
    int64_t limit_ms = LIMIT_MS + r->l->history->lag_ms;
    int64_t limit_ns = item->at_ns - limit_ms * 1000000;
    const struct jute_stat *s = &p->stat;
    if (s->num_children > 0 || r->open_since_ns[item->client] > limit_ns ||
        r->troubled_ns > limit_ns || s->pzxid > zxid_at(r, number, limit_ns)) {
        return true;
    }
    if (r->is_container[p->node]) {
        return s->cversion == 0 || report(r, ANNALS_NONE, number, "is an empty container for long");
    }
    return item->wall_least_ms - s->mtime < r->ttl_ms[p->node] + limit_ms ||
           report(r, ANNALS_NONE, number, "is there long after its TTL");
}

// ---- the history ----

static bool take_answer(struct reap *r, int32_t number)
{
    const struct annals *h = r->l->history;
    const struct annals_item *item = &h->items[number];
    const struct annals_part *p = annals_parts(h, item);
    if (item->code == ZK_SYSTEM_ERROR) {
        r->troubled_ns = item->at_ns;
    }
    bool is_read = item->part_count == 1 && op_kind(item->type) == OP_KIND_READ;
    if (!is_read || (!r->is_container[p->node] && r->ttl_ms[p->node] == 0)) {
        return true;
    }
    if (p->code == ZK_NO_NODE) {
        return check_gone(r, number, p);
    }
    return p->code != ZK_OK || !p->has_stat || check_shown(r, number, p);
}

static void note_kind(const struct reap *r, const struct annals_item *item)
{
    const struct annals_part *p = annals_parts(r->l->history, item);
    if (item->type == OP_CREATE_CONTAINER) {
        r->is_container[p->node] = true;
    } else if (item->type == OP_CREATE_TTL && p->ttl_ms > r->ttl_ms[p->node]) {
        r->ttl_ms[p->node] = p->ttl_ms;
    }
}

bool check_reap(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    struct reap r = {.l = l, .ret = ret};
    r.is_container = mem_zalloc(h->node_count * sizeof(bool));
    r.ttl_ms = mem_zalloc(h->node_count * sizeof(int64_t));
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        const struct annals_item *item = &h->items[i];
        if (item->kind == ANNALS_CALL) {
            note_kind(&r, item);
        } else if (item->kind == ANNALS_ANSWER) {
            is_right = take_answer(&r, i);
        } else if (item->kind == ANNALS_CLOCK || item->kind == ANNALS_TROUBLE) {
            r.troubled_ns = item->at_ns;
        } else if (item->kind == ANNALS_OPEN) {
            r.open_since_ns[item->client] = item->at_ns;
        } else if (item->kind == ANNALS_LOST) {
            r.open_since_ns[item->client] = INT64_MAX;
        }
    }
    mem_free(r.is_container);
    mem_free(r.ttl_ms);
    return is_right;
}
