// SPDX-License-Identifier: Apache-2.0
//
// Watches. On each connection
//
//     (1) an event comes only where a watch is, and the same event once;
//     (2) it comes before every answer that shows its change: no answer before it has its zxid;
//     (3) a one-shot watch fires at the first change behind its registration, and not again;
//     (4) persistent and recursive watches give an event for every change, without gaps;
//     (5) setWatches tells at once what was missed since the zxid it names (events of zxid -1);
//     (6) removeWatches finds what is there, and nothing else.
//
// Registered at Z means: every change behind Z is to be told. What a connection must have been told
// is told by the zxid of its last answer.
#include "sim/check.h"

#include <inttypes.h>

#include "base/mem.h"

static const char name[] = "watches";

#define PAIR(a, b) ((int32_t[]){(a), (b), ANNALS_NONE, ANNALS_NONE})

enum { CLIENTS = 16, CREATED = 1, DELETED = 2, CHANGED = 3, CHILDREN = 4, UNARMED = -1 };

// The tables of one connection: by node, the zxid behind which changes are told, or UNARMED.
enum table { ONCE_DATA, ONCE_CHILD, PERSISTENT, RECURSIVE, TABLES };

struct connection {
    int64_t *since[TABLES];
    int32_t last_answer;
    int32_t last_event;
    int32_t setting; // the call of a setWatches that has no answer
    bool *told;      // by part of it: told at once
    int32_t *events; // with a zxid, in order
    size_t count, cap;
};

struct watching {
    const struct ledger *l;
    const struct annals *h;
    struct connection all[CLIENTS];
    struct finding *ret;
};

// ---- a connection ----

static void begin(struct watching *w, struct connection *c)
{
    for (int t = 0; t < TABLES; t++) {
        for (size_t n = 0; n < w->h->node_count; n++) {
            c->since[t][n] = UNARMED;
        }
    }
    c->last_answer = c->last_event = c->setting = ANNALS_NONE;
    c->count = 0;
}

static int64_t shown_until(const struct watching *w, const struct connection *c)
{
    return c->last_answer == ANNALS_NONE ? 0 : w->h->items[c->last_answer].zxid;
}

static void arm(struct connection *c, enum table t, int32_t node, int64_t zxid)
{
    if (c->since[t][node] == UNARMED) {
        c->since[t][node] = zxid;
    }
}

// ---- (3), (4): nothing missed ----

static int event_of(enum change_kind kind)
{
    return kind == CHANGE_CREATE ? CREATED : kind == CHANGE_SET ? CHANGED : DELETED;
}

static bool missed(const struct watching *w, const struct connection *c, int32_t node,
                   const struct ledger_change *change, const char *what)
{
    return finding_report(w->ret, name,
                          (int32_t[]){change->item, c->last_answer, c->last_event, ANNALS_NONE},
                          "%s watch of %s did not tell of the change at zxid 0x%" PRIx64, what,
                          annals_path(w->h, node), change->zxid);
}

// No change that a one-shot watch had to tell lies in (since, until].
static bool check_once(const struct watching *w, const struct connection *c, enum table t,
                       int32_t node, int64_t until)
{
    int64_t since = c->since[t][node];
    const struct ledger_change *next = ledger_next(w->l, node, since);
    while (t == ONCE_CHILD && next != NULL && next->kind != CHANGE_DELETE) {
        next = ledger_next(w->l, node, next->zxid);
    }
    if (next != NULL && next->zxid <= until) {
        return missed(w, c, node, next, "a one-shot");
    }
    next = t == ONCE_CHILD ? ledger_next_child(w->l, node, since) : NULL;
    return next == NULL || next->zxid > until || missed(w, c, node, next, "a child");
}

static bool was_told(const struct watching *w, const struct connection *c, int32_t node, int type,
                     int64_t zxid)
{
    for (size_t i = c->count; i-- > 0;) {
        const struct annals_item *e = &w->h->items[c->events[i]];
        if (e->zxid == zxid && e->node == node && e->event == type) {
            return true;
        }
        if (e->zxid < zxid) {
            return false;
        }
    }
    return false;
}

static bool check_own(const struct watching *w, const struct connection *c, int32_t node,
                      int64_t since, int64_t until, const char *what)
{
    for (const struct ledger_change *n = ledger_next(w->l, node, since);
         n != NULL && n->zxid <= until; n = ledger_next(w->l, node, n->zxid)) {
        if (!was_told(w, c, node, event_of(n->kind), n->zxid)) {
            return missed(w, c, node, n, what);
        }
    }
    return true;
}

static bool check_persistent(const struct watching *w, const struct connection *c, enum table t,
                             int32_t node, int64_t until)
{
    int64_t since = c->since[t][node];
    bool is_right = true;
    if (t == RECURSIVE) {
        for (int32_t n = 0; n < (int32_t)w->h->node_count && is_right; n++) {
            is_right =
                !annals_is_below(w->h, n, node) || check_own(w, c, n, since, until, "a recursive");
        }
        return is_right;
    }
    for (const struct ledger_change *n = ledger_next_child(w->l, node, since);
         n != NULL && n->zxid <= until; n = ledger_next_child(w->l, node, n->zxid)) {
        if (!was_told(w, c, node, CHILDREN, n->zxid)) {
            return missed(w, c, node, n, "a persistent");
        }
    }
    return check_own(w, c, node, since, until, "a persistent");
}

// A watch ends: it had to tell of everything that the connection was shown.
static bool end(const struct watching *w, struct connection *c, enum table t, int32_t node,
                int64_t until)
{
    if (c->since[t][node] == UNARMED) {
        return true;
    }
    bool is_right = t == ONCE_DATA || t == ONCE_CHILD ? check_once(w, c, t, node, until)
                                                      : check_persistent(w, c, t, node, until);
    c->since[t][node] = UNARMED;
    return is_right;
}

static bool end_all(const struct watching *w, struct connection *c)
{
    bool is_right = true;
    for (int t = 0; t < TABLES; t++) {
        for (int32_t n = 0; n < (int32_t)w->h->node_count && is_right; n++) {
            is_right = end(w, c, (enum table)t, n, shown_until(w, c));
        }
    }
    return is_right;
}

// ---- events ----

static bool take_told_at_once(struct watching *w, struct connection *c, int32_t number)
{
    static const int lists[] = {[CREATED] = 1 << LIST_EXIST,
                                [DELETED] = 1 << LIST_DATA | 1 << LIST_CHILD,
                                [CHANGED] = 1 << LIST_DATA,
                                [CHILDREN] = 1 << LIST_CHILD};
    const struct annals_item *e = &w->h->items[number];
    const struct annals_item *call = c->setting == ANNALS_NONE ? NULL : &w->h->items[c->setting];
    for (size_t i = 0; call != NULL && i < call->part_count; i++) {
        const struct annals_part *p = annals_parts(w->h, call) + i;
        if (p->node == e->node && (lists[e->event] >> p->mode & 1) != 0 && !c->told[i]) {
            c->told[i] = true;
            return true;
        }
    }
    return finding_report(w->ret, name, PAIR(c->setting, number),
                          "an event without a zxid that no setWatches asked for");
}

static bool is_watched_from_above(const struct watching *w, const struct connection *c,
                                  int32_t node)
{
    while (node != ANNALS_NONE && c->since[RECURSIVE][node] == UNARMED) {
        node = annals_parent(w->h, node);
    }
    return node != ANNALS_NONE;
}

static bool fire(const struct watching *w, struct connection *c, enum table t,
                 const struct annals_item *e, bool *is_watched)
{
    *is_watched |= c->since[t][e->node] != UNARMED && c->since[t][e->node] < e->zxid;
    return end(w, c, t, e->node, e->zxid - 1);
}

static bool check_asked(const struct watching *w, struct connection *c, int32_t number)
{
    const struct annals_item *e = &w->h->items[number];
    bool is_watched = c->since[PERSISTENT][e->node] != UNARMED;
    bool is_right = true;
    if (e->event != CHILDREN) {
        is_watched |= is_watched_from_above(w, c, e->node);
        is_right = fire(w, c, ONCE_DATA, e, &is_watched);
    }
    if (is_right && (e->event == CHILDREN || e->event == DELETED)) {
        is_right = fire(w, c, ONCE_CHILD, e, &is_watched);
    }
    if (is_right && !is_watched) {
        return finding_report(w->ret, name, PAIR(number, ANNALS_NONE),
                              "an event that no watch asked for");
    }
    return is_right;
}

static bool take_event(struct watching *w, struct connection *c, int32_t number)
{
    const struct annals_item *e = &w->h->items[number];
    if (e->zxid == -1) {
        return take_told_at_once(w, c, number);
    }
    if (shown_until(w, c) >= e->zxid) {
        return finding_report(w->ret, name, PAIR(c->last_answer, number),
                              "the event comes behind an answer that shows its change");
    }
    bool is_late = c->last_event != ANNALS_NONE && w->h->items[c->last_event].zxid > e->zxid;
    // One transaction may change several children, but each node once.
    bool is_again = e->event != CHILDREN && was_told(w, c, e->node, e->event, e->zxid);
    if (is_late || is_again) {
        return finding_report(w->ret, name, PAIR(c->last_event, number), "%s",
                              is_late ? "events are out of order" : "an event comes twice");
    }
    c->last_event = number;
    if (c->count == c->cap) {
        c->cap = c->cap == 0 ? 256 : c->cap * 2;
        c->events = mem_realloc(c->events, c->cap * sizeof(c->events[0]));
    }
    c->events[c->count++] = number;
    return check_asked(w, c, number);
}

// ---- answers ----

static void take_set_watches(struct watching *w, struct connection *c,
                             const struct annals_item *item)
{
    const struct annals_item *call = &w->h->items[item->call];
    for (size_t i = 0; i < call->part_count; i++) {
        const struct annals_part *p = annals_parts(w->h, call) + i;
        if (p->mode == LIST_PERSISTENT || p->mode == LIST_RECURSIVE) {
            arm(c, p->mode == LIST_PERSISTENT ? PERSISTENT : RECURSIVE, p->node, item->zxid);
        } else if (!c->told[i]) {
            // What came and went meanwhile does not count for exist: the node is as it was.
            arm(c, p->mode == LIST_CHILD ? ONCE_CHILD : ONCE_DATA, p->node,
                p->mode == LIST_EXIST ? item->zxid : call->zxid);
        }
    }
    mem_free(c->told);
    c->told = NULL;
    c->setting = ANNALS_NONE;
}

static bool take_removal(struct watching *w, struct connection *c, int32_t number,
                         const struct annals_part *p)
{
    static const int tables[] = {[1] = 1 << ONCE_CHILD,
                                 [2] = 1 << ONCE_DATA,
                                 [3] = (1 << TABLES) - 1,
                                 [4] = 1 << PERSISTENT,
                                 [5] = 1 << RECURSIVE};
    bool has_one = false;
    bool is_right = true;
    for (int t = 0; t < TABLES && is_right; t++) {
        if ((tables[p->mode] >> t & 1) != 0) {
            has_one |= c->since[t][p->node] != UNARMED;
            is_right = end(w, c, (enum table)t, p->node, w->h->items[number].zxid);
        }
    }
    if (is_right && has_one != (p->code == ZK_OK)) {
        return finding_report(w->ret, name, PAIR(number, ANNALS_NONE),
                              "removeWatches answers %s where there is %s watch",
                              zk_code_name(p->code), has_one ? "a" : "no");
    }
    return is_right;
}

static bool take_part(struct watching *w, struct connection *c, int32_t number,
                      const struct annals_part *p)
{
    int64_t zxid = w->h->items[number].zxid;
    bool is_children = p->type == OP_GET_CHILDREN || p->type == OP_GET_CHILDREN2;
    if (p->watch && (p->code == ZK_OK || (p->type == OP_EXISTS && p->code == ZK_NO_NODE))) {
        arm(c, is_children ? ONCE_CHILD : ONCE_DATA, p->node, zxid);
    } else if (p->type == OP_ADD_WATCH && p->code == ZK_OK) {
        arm(c, p->mode == ADD_WATCH_RECURSIVE ? RECURSIVE : PERSISTENT, p->node, zxid);
    } else if (p->type == OP_REMOVE_WATCHES) {
        return take_removal(w, c, number, p);
    }
    return true;
}

static bool take_answer(struct watching *w, struct connection *c, int32_t number)
{
    const struct annals_item *item = &w->h->items[number];
    if (item->xid == XID_AUTH) {
        return true;
    }
    c->last_answer = number;
    if (item->type == OP_SET_WATCHES2) {
        take_set_watches(w, c, item);
        return true;
    }
    return item->part_count != 1 || take_part(w, c, number, annals_parts(w->h, item));
}

static bool take(struct watching *w, int32_t number)
{
    const struct annals_item *item = &w->h->items[number];
    struct connection *c = &w->all[item->client];
    switch (item->kind) {
    case ANNALS_OPEN:
        begin(w, c);
        return true;
    case ANNALS_LOST:
        return end_all(w, c);
    case ANNALS_CALL:
        if (item->type == OP_SET_WATCHES2) {
            mem_free(c->told);
            c->told = mem_zalloc(item->part_count * sizeof(bool));
            c->setting = number;
        }
        return true;
    case ANNALS_ANSWER:
        return take_answer(w, c, number);
    case ANNALS_EVENT:
        return take_event(w, c, number);
    case ANNALS_CLOCK:
    case ANNALS_TROUBLE:
        return true;
    }
    return true;
}

bool check_watch(const struct ledger *l, struct finding *ret)
{
    struct watching *w = mem_zalloc(sizeof(*w));
    w->l = l;
    w->h = l->history;
    w->ret = ret;
    for (int i = 0; i < CLIENTS; i++) {
        for (int t = 0; t < TABLES; t++) {
            w->all[i].since[t] = mem_alloc(w->h->node_count * sizeof(int64_t));
        }
        begin(w, &w->all[i]);
    }
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)w->h->count && is_right; i++) {
        is_right = w->h->items[i].client == ANNALS_NONE || take(w, i);
    }
    for (int i = 0; i < CLIENTS; i++) {
        is_right = is_right && end_all(w, &w->all[i]);
        for (int t = 0; t < TABLES; t++) {
            mem_free(w->all[i].since[t]);
        }
        mem_free(w->all[i].told);
        mem_free(w->all[i].events);
    }
    mem_free(w);
    return is_right;
}
