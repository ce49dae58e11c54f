// SPDX-License-Identifier: Apache-2.0
//
// Ephemerals. A node of a session
//
//     (1) is not shown to anybody who asks after the session was told to have ended: closeSession
//         answered, or a new session where the old one was asked for. (Where reads may show the
//         past: not at the zxid of that closeSession or later. A refusal tells no zxid, and a
//         leader may be gone before it has closed what it refused.);
//     (2) is not missing, unless somebody deleted it, while its session must live: less than its
//         timeout after the last request that the server answered, and no closeSession sent;
//     (3) is gone when its client has been away for LIMIT and a reader, all the time connected
//         (so the server ran all the time), looks, and nothing befell an ensemble meanwhile;
//     (4) getEphemerals lists what the session has: nothing of others, all that must be there.
#include "sim/check.h"

#include <inttypes.h>

#include "base/mem.h"

static const char name[] = "ephemerals";

#define PAIR(a, b) ((int32_t[]){(a), (b), ANNALS_NONE, ANNALS_NONE})

enum { SLACK_MS = 1500 }; // ticks, late turns, the grace after a stall

struct session {
    int64_t id;
    int32_t client;
    int64_t timeout_ns;
    int64_t heard_ns;   // a call of this time was answered
    int32_t close_call; // ANNALS_NONE: it was not asked to end
    int32_t ended_by;   // the item that told that it has ended
    int64_t away_ns;    // its client has no connection since then; INT64_MAX: it has
};

struct ephemeral {
    const struct ledger *l;
    struct session *sessions;
    size_t count, cap;
    int64_t open_since_ns[64]; // by client: its connection
    int64_t troubled_ns;       // the last time of trouble
    struct finding *ret;
};

static struct session *find_session(const struct ephemeral *e, int64_t id)
{
    for (size_t i = e->count; i-- > 0;) {
        if (e->sessions[i].id == id) {
            return &e->sessions[i];
        }
    }
    return NULL;
}

static void take_open(struct ephemeral *e, int32_t number)
{
    const struct annals_item *item = &e->l->history->items[number];
    e->open_since_ns[item->client] = item->at_ns;
    for (size_t i = 0; i < e->count && item->is_new; i++) {
        struct session *old = &e->sessions[i];
        if (old->client == item->client && old->ended_by == ANNALS_NONE) {
            old->ended_by = number;
        }
    }
    struct session *s = find_session(e, item->session);
    if (s == NULL) {
        if (e->count == e->cap) {
            e->cap = e->cap == 0 ? 64 : e->cap * 2;
            e->sessions = mem_realloc(e->sessions, e->cap * sizeof(*s));
        }
        s = &e->sessions[e->count++];
        *s = (struct session){.id = item->session,
                              .client = item->client,
                              .close_call = ANNALS_NONE,
                              .ended_by = ANNALS_NONE};
    }
    s->timeout_ns = (int64_t)item->timeout_ms * 1000000;
    s->heard_ns = item->at_ns - s->timeout_ns / 2; // when its packet left is not known
    s->away_ns = INT64_MAX;
}

static void take_lost(struct ephemeral *e, const struct annals_item *item)
{
    struct session *s = find_session(e, item->session);
    if (s != NULL) {
        s->away_ns = item->at_ns;
    }
    e->open_since_ns[item->client] = INT64_MAX;
}

static bool has_ended(const struct annals *h, const struct session *s,
                      const struct annals_item *read)
{
    if (s->ended_by == ANNALS_NONE || !h->may_be_stale) {
        return s->ended_by != ANNALS_NONE && s->ended_by < read->call;
    }
    const struct annals_item *end = &h->items[s->ended_by];
    return end->kind == ANNALS_ANSWER && end->zxid <= read->zxid;
}

// (1), (3): a read shows a node of session s.
static bool check_shown(const struct ephemeral *e, int32_t number, const struct annals_part *p)
{
    const struct annals *h = e->l->history;
    const struct annals_item *item = &h->items[number];
    const struct session *s = find_session(e, p->stat.ephemeral_owner);
    if (s == NULL) {
        return finding_report(e->ret, name, PAIR(number, ANNALS_NONE),
                              "%s belongs to session 0x%" PRIx64 ", which nobody has",
                              annals_path(h, p->node), p->stat.ephemeral_owner);
    }
    if (has_ended(h, s, item)) {
        return finding_report(e->ret, name, PAIR(s->ended_by, number),
                              "%s is there after its session 0x%" PRIx64 " has ended",
                              annals_path(h, p->node), s->id);
    }
    int64_t limit_ns =
        h->items[item->call].at_ns - s->timeout_ns - (SLACK_MS + h->lag_ms) * 1000000;
    if (s->away_ns < limit_ns && e->open_since_ns[item->client] < limit_ns &&
        e->troubled_ns < limit_ns) {
        return finding_report(e->ret, name, PAIR(number, ANNALS_NONE),
                              "%s is there though session 0x%" PRIx64 " is away for long",
                              annals_path(h, p->node), s->id);
    }
    return true;
}

// Its session must live at this moment.
static bool must_live(const struct annals *h, const struct session *s, int64_t now_ns)
{
    return s != NULL && s->close_call == ANNALS_NONE && s->ended_by == ANNALS_NONE &&
           now_ns < s->heard_ns + s->timeout_ns - h->slack_ms * 1000000;
}

// The owner of the node as of a zxid when it must still be there; NULL.
static const struct ledger_change *owned(const struct ephemeral *e, int32_t node,
                                         const struct annals_item *item)
{
    const struct ledger_change *last = ledger_last(e->l, node, item->zxid);
    if (last == NULL || last->kind == CHANGE_DELETE) {
        return NULL;
    }
    const struct ledger_change *birth = ledger_last(e->l, node, last->czxid);
    bool is_deleted = ledger_hidden(e->l, node, OP_DELETE, last->zxid, item->zxid) > 0;
    bool is_owned = birth != NULL && birth->kind == CHANGE_CREATE && birth->owner > 0;
    bool is_due = is_owned && !is_deleted &&
                  must_live(e->l->history, find_session(e, birth->owner), item->at_ns);
    return is_due ? birth : NULL;
}

// (2): a read does not find a node.
static bool check_missing(const struct ephemeral *e, int32_t number, int32_t node)
{
    const struct annals_item *item = &e->l->history->items[number];
    const struct ledger_change *birth = owned(e, node, item);
    if (birth == NULL) {
        return true;
    }
    return finding_report(e->ret, name, PAIR(birth->item, number),
                          "%s is not there, though its session 0x%" PRIx64 " lives",
                          annals_path(e->l->history, node), birth->owner);
}

static bool is_listed(const struct annals *h, const struct annals_part *p, int32_t node)
{
    for (size_t i = 0; i < p->name_count; i++) {
        if (h->names[p->first_name + i] == node) {
            return true;
        }
    }
    return false;
}

// (4)
static bool check_list(const struct ephemeral *e, int32_t number, const struct annals_part *p)
{
    const struct annals *h = e->l->history;
    const struct annals_item *item = &h->items[number];
    for (size_t i = 0; i < p->name_count; i++) {
        int32_t node = h->names[p->first_name + i];
        const struct ledger_change *last = ledger_last(e->l, node, item->zxid);
        const struct ledger_change *birth = last != NULL && last->kind != CHANGE_DELETE
                                                ? ledger_last(e->l, node, last->czxid)
                                                : NULL;
        bool is_other = birth != NULL && birth->owner != -1 && birth->owner != item->session &&
                        birth->seen_until >= item->zxid;
        if (is_other) {
            return finding_report(e->ret, name, PAIR(birth->item, number),
                                  "%s is listed for another session", annals_path(h, node));
        }
    }
    for (int32_t node = 0; node < (int32_t)h->node_count; node++) {
        const struct ledger_change *birth = owned(e, node, item);
        if (birth != NULL && birth->owner == item->session && !is_listed(h, p, node)) {
            return finding_report(e->ret, name, PAIR(birth->item, number),
                                  "%s is not listed for its session", annals_path(h, node));
        }
    }
    return true;
}

static bool take_answer(struct ephemeral *e, int32_t number)
{
    const struct annals *h = e->l->history;
    const struct annals_item *item = &h->items[number];
    struct session *s = find_session(e, item->session);
    if (s != NULL && h->items[item->call].at_ns > s->heard_ns) {
        s->heard_ns = h->items[item->call].at_ns;
    }
    bool is_right = true;
    for (size_t i = 0; i < item->part_count && is_right; i++) {
        const struct annals_part *p = annals_parts(h, item) + i;
        bool is_read = op_kind(item->type) == OP_KIND_READ;
        if (is_read && p->code == ZK_NO_NODE) {
            is_right = check_missing(e, number, p->node);
        } else if (p->code == ZK_OK && p->type == OP_GET_EPHEMERALS) {
            is_right = check_list(e, number, p);
        } else if (is_read && p->has_stat && p->stat.ephemeral_owner != 0) {
            is_right = check_shown(e, number, p);
        }
    }
    if (s != NULL && item->type == OP_CLOSE_SESSION && item->code == ZK_OK) {
        s->ended_by = number;
    } else if (s != NULL && item->type == OP_CLOSE_SESSION) {
        s->close_call = ANNALS_NONE; // refused
    }
    return is_right;
}

bool check_ephemeral(const struct ledger *l, struct finding *ret)
{
    const struct annals *h = l->history;
    struct ephemeral e = {.l = l, .ret = ret};
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)h->count && is_right; i++) {
        const struct annals_item *item = &h->items[i];
        if (item->kind == ANNALS_OPEN) {
            take_open(&e, i);
        } else if (item->kind == ANNALS_LOST) {
            take_lost(&e, item);
        } else if (item->kind == ANNALS_TROUBLE) {
            e.troubled_ns = item->at_ns;
        } else if (item->kind == ANNALS_ANSWER) {
            is_right = take_answer(&e, i);
        } else if (item->kind == ANNALS_CALL && item->type == OP_CLOSE_SESSION) {
            struct session *s = find_session(&e, item->session);
            if (s != NULL) {
                s->close_call = i;
            }
        }
    }
    mem_free(e.sessions);
    return is_right;
}
