// SPDX-License-Identifier: Apache-2.0
//
// Session order. Answers come in the order of the calls of a connection, none is left out; what a
// client is shown never goes back behind what it says it has seen, over reconnects and new sessions
// too. (auth is answered beside the others, with zxid 0.) Since an answer tells the zxid of what it
// shows, this and check_read make that a session reads its own writes.
#include "sim/check.h"

#include "base/mem.h"

static const char name[] = "order";

struct order {
    const struct annals *h;
    int32_t *next;     // by connection: where to look for the oldest call without an answer
    int32_t *shown_by; // by client: the answer with its greatest zxid
    int64_t *shown;    // by client: that zxid, or what it named when it came back, if that is less
    struct finding *ret;
};

enum { CLIENTS_MAX = 64 };

static bool is_due(const struct annals_item *item, int32_t connection)
{
    return item->kind == ANNALS_CALL && item->connection == connection && item->xid != XID_AUTH;
}

static bool check_turn(struct order *o, int32_t number)
{
    const struct annals_item *item = &o->h->items[number];
    int32_t due = o->next[item->connection];
    while (due < number && !is_due(&o->h->items[due], item->connection)) {
        due++;
    }
    o->next[item->connection] = due + 1;
    if (due == item->call) {
        return true;
    }
    return finding_report(o->ret, name, (int32_t[]){due, number, ANNALS_NONE, ANNALS_NONE},
                          "an answer to request %d where %d is due", item->xid,
                          o->h->items[due].xid);
}

static bool check_zxid(struct order *o, int32_t number)
{
    const struct annals_item *item = &o->h->items[number];
    int32_t *shown_by = &o->shown_by[item->client];
    if (*shown_by != ANNALS_NONE && item->zxid < o->shown[item->client]) {
        return finding_report(o->ret, name,
                              (int32_t[]){*shown_by, number, ANNALS_NONE, ANNALS_NONE},
                              "client %d was shown a later zxid before", item->client);
    }
    *shown_by = number;
    o->shown[item->client] = item->zxid;
    return true;
}

// A client promises by its ConnectRequest what it has seen; one that forgot may be shown the past.
static void take_open(struct order *o, const struct annals_item *item)
{
    if (item->zxid < o->shown[item->client]) {
        o->shown[item->client] = item->zxid;
    }
}

bool check_order(const struct ledger *l, struct finding *ret)
{
    struct order o = {.h = l->history, .ret = ret};
    o.next = mem_zalloc((size_t)(o.h->connections + 1) * sizeof(int32_t));
    o.shown_by = mem_alloc(CLIENTS_MAX * sizeof(int32_t));
    o.shown = mem_zalloc(CLIENTS_MAX * sizeof(int64_t));
    for (int32_t i = 0; i < CLIENTS_MAX; i++) {
        o.shown_by[i] = ANNALS_NONE;
    }
    bool is_right = true;
    for (int32_t i = 0; i < (int32_t)o.h->count && is_right; i++) {
        const struct annals_item *item = &o.h->items[i];
        if (item->kind == ANNALS_OPEN) {
            take_open(&o, item);
        } else if (item->kind == ANNALS_ANSWER && item->xid != XID_AUTH) {
            is_right = check_turn(&o, i) && check_zxid(&o, i);
        }
    }
    mem_free(o.next);
    mem_free(o.shown_by);
    mem_free(o.shown);
    return is_right;
}
