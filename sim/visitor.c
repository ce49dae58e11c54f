// SPDX-License-Identifier: Apache-2.0
//
// A visitor's session: what it sends at random is chosen in visit.c.
#include "sim/visitor.h"

#include "base/assert.h"
#include "sim/call.h"
#include "sim/visit.h"

enum { THINK_NS = 1500000, PARTS_MAX = VISITOR_NODES_MAX * LISTS };

// ---- writing down ----

static struct annals_item mark_of(const struct world *w, enum annals_kind kind)
{
    struct annals_item item = {
        .kind = kind, .client = ANNALS_NONE, .connection = ANNALS_NONE, .at_ns = w->now_ns};
    node_walls(w, &item.wall_least_ms, &item.wall_ms);
    return item;
}

static struct annals_item item_of(const struct visitor *v, enum annals_kind kind)
{
    struct annals_item item = mark_of(v->world, kind);
    item.client = v->number;
    item.session = v->client.session_id;
    item.connection = v->connection;
    return item;
}

void visitor_mark(struct annals *h, const struct world *w, enum annals_kind kind)
{
    struct annals_item item = mark_of(w, kind);
    (void)annals_add(h, &item, NULL, 0);
}

static void send_call(struct visitor *v, int32_t type, struct annals_part *parts, size_t count)
{
    ASSERT(v->open_count < VISITOR_QUEUE_MAX);
    for (size_t i = 0; i < count; i++) {
        parts[i].made = ANNALS_NONE;
    }
    struct annals_item item = item_of(v, ANNALS_CALL);
    item.type = type;
    item.xid = type == OP_AUTH           ? XID_AUTH
               : type == OP_SET_WATCHES2 ? XID_SET_WATCHES
                                         : v->next_xid++;
    item.zxid = v->client.last_zxid;
    int32_t call = annals_add(v->history, &item, parts, count);
    v->open[v->open_count++] = call;
    struct buf body = {0};
    call_encode(v->history, type, parts, count, item.zxid, &body);
    client_send(&v->client, item.xid, type, buf_slice(&body));
    buf_fini(&body);
    if (type == OP_CLOSE_SESSION) {
        client_expect_end(&v->client);
    }
}

// ---- the beginning of a connection ----

static void set_watches_again(struct visitor *v)
{
    struct annals_part parts[PARTS_MAX];
    size_t count = 0;
    for (int32_t node = 0; node < VISITOR_NODES_MAX; node++) {
        for (int32_t list = 0; list < LISTS; list++) {
            if (v->armed[node][list]) {
                parts[count++] =
                    (struct annals_part){.type = OP_SET_WATCHES2, .node = node, .mode = list};
            }
        }
    }
    if (count > 0) {
        send_call(v, OP_SET_WATCHES2, parts, count);
    }
}

static void think_soon(struct visitor *v)
{
    world_start(v->world, &v->think, world_delay(v->world, v->think_ns));
}

static void on_open(void *owner, bool is_new)
{
    struct visitor *v = owner;
    v->connection = v->history->connections++;
    v->state = VISITOR_WORKING;
    v->is_closing = false;
    struct annals_item item = item_of(v, ANNALS_OPEN);
    item.is_new = is_new;
    item.zxid = v->client.last_zxid;
    item.timeout_ms = v->client.timeout_ms;
    (void)annals_add(v->history, &item, NULL, 0);
    if (v->is_alice) {
        struct annals_part auth = {.type = OP_AUTH};
        send_call(v, OP_AUTH, &auth, 1);
    }
    if (is_new) {
        memset(v->armed, 0, sizeof(v->armed));
    }
    set_watches_again(v);
    if (v->base_left != 0 || v->base_failed) {
        v->base_failed = false;
        v->base_left = visit_base(v);
    }
    think_soon(v);
}

static void on_lost(void *owner)
{
    struct visitor *v = owner;
    struct annals_item item = item_of(v, ANNALS_LOST);
    (void)annals_add(v->history, &item, NULL, 0);
    v->open_count = 0;
    v->state = VISITOR_AWAY;
    timers_stop(&v->world->events, &v->think);
}

// ---- working ----

static void audit(struct visitor *v)
{
    while (v->open_count < VISITOR_OPEN_MAX && v->audit_next < (int32_t)v->history->node_count) {
        struct annals_part p = {.type = OP_GET_DATA, .node = v->audit_next};
        send_call(v, OP_GET_DATA, &p, 1);
        v->audit_next++;
    }
    if (v->audit_next == (int32_t)v->history->node_count && v->open_count == 0) {
        v->audit_next = ANNALS_NONE;
    }
}

static void on_think_time(struct port_timer *timer)
{
    struct visitor *v = CONTAINER_OF(timer, struct visitor, think);
    if (v->audit_next != ANNALS_NONE) {
        audit(v);
    } else if (v->is_resting) {
        return;
    }
    uint64_t burst = v->is_resting ? 0 : 1 + prng_below(&v->world->prng, 3);
    while (burst-- > 0 && v->open_count < VISITOR_OPEN_MAX && !v->is_closing) {
        visit(v);
    }
    think_soon(v);
}

// ---- answers ----

static void arm(struct visitor *v, int32_t node, enum annals_list list, bool is_armed)
{
    if (node < VISITOR_NODES_MAX) {
        v->armed[node][list] = is_armed;
    }
}

// Whether a removal of `mode` means the watches of a list.
static bool is_meant(int32_t mode, int32_t list)
{
    return mode == 3 || (mode == 1 && list == LIST_CHILD) ||
           (mode == 2 && (list == LIST_DATA || list == LIST_EXIST)) ||
           (mode == 4 && list == LIST_PERSISTENT) || (mode == 5 && list == LIST_RECURSIVE);
}

static void note_removed(struct visitor *v, const struct annals_part *p)
{
    for (int32_t list = 0; list < LISTS; list++) {
        if (is_meant(p->mode, list)) {
            arm(v, p->node, (enum annals_list)list, false);
        }
    }
}

bool visitor_has_watch(const struct visitor *v, int32_t node, int32_t mode)
{
    bool has_one = false;
    for (int32_t list = 0; node < VISITOR_NODES_MAX && list < LISTS; list++) {
        has_one |= is_meant(mode, list) && v->armed[node][list];
    }
    return has_one;
}

void visitor_note(struct visitor *v, const struct annals_part *p)
{
    bool is_ok = p->code == ZK_OK;
    if (is_ok && p->has_stat && p->node < VISITOR_NODES_MAX) {
        v->versions[p->node] = p->stat.version;
    }
    if (is_ok && p->made != ANNALS_NONE && p->made != p->node) {
        v->made[v->made_next++ % VISITOR_MADE_MAX] = p->made;
    }
    if (p->watch && is_ok) {
        bool is_child = p->type == OP_GET_CHILDREN || p->type == OP_GET_CHILDREN2;
        arm(v, p->node, is_child ? LIST_CHILD : LIST_DATA, true);
    } else if (p->watch && p->type == OP_EXISTS && p->code == ZK_NO_NODE) {
        arm(v, p->node, LIST_EXIST, true);
    } else if (is_ok && p->type == OP_ADD_WATCH) {
        arm(v, p->node, p->mode == ADD_WATCH_RECURSIVE ? LIST_RECURSIVE : LIST_PERSISTENT, true);
    } else if (is_ok && p->type == OP_REMOVE_WATCHES) {
        note_removed(v, p);
    }
}

void visitor_note_event(struct visitor *v, int32_t type, int32_t node)
{
    if (type != 4) {
        arm(v, node, LIST_DATA, false);
        arm(v, node, LIST_EXIST, false);
    }
    if (type == 2 || type == 4) {
        arm(v, node, LIST_CHILD, false);
    }
}

static int32_t take_open(struct visitor *v, int32_t xid)
{
    size_t at = 0;
    if (xid == XID_AUTH) { // may overtake the others
        while (at < v->open_count && v->history->items[v->open[at]].xid != xid) {
            at++;
        }
    }
    if (at == v->open_count) {
        world_fail(v->world, "visitor %d: an answer to %d that nobody asked", v->number, xid);
        return ANNALS_NONE;
    }
    int32_t call = v->open[at];
    v->open_count--;
    memmove(&v->open[at], &v->open[at + 1], (v->open_count - at) * sizeof(v->open[0]));
    return call;
}

static void note_base(struct visitor *v, const struct annals_item *item)
{
    if (v->base_left > 0 && item->xid > 0) {
        v->base_failed |= item->code != ZK_OK && item->code != ZK_NODE_EXISTS;
        v->base_left--;
    }
}

static void note_closed(struct visitor *v, bool has_ended)
{
    if (has_ended) {
        client_forget(&v->client);
        client_rest(&v->client, 1 + (int64_t)prng_below(&v->world->prng, 10));
    } else { // refused, because the disk fails: the session goes on
        v->is_closing = false;
    }
}

static void on_reply(void *owner, const struct jute_reply_header *h, struct jute_in *body)
{
    struct visitor *v = owner;
    int32_t call = take_open(v, h->xid);
    if (call == ANNALS_NONE) {
        return;
    }
    struct annals_part parts[PARTS_MAX];
    struct annals_item item = item_of(v, ANNALS_ANSWER);
    const struct annals_item *asked = &v->history->items[call];
    size_t count = asked->part_count;
    memcpy(parts, annals_parts(v->history, asked), count * sizeof(parts[0]));
    item.xid = h->xid;
    item.type = asked->type;
    item.zxid = h->zxid;
    item.code = h->err;
    item.call = call;
    if (!call_decode(v->history, item.type, h->err, body, parts, count)) {
        world_fail(v->world, "visitor %d: the answer to %s does not decode, or nobody wrote it",
                   v->number, op_name(item.type));
        return;
    }
    if (h->err == ZK_SYSTEM_ERROR && !v->may_refuse) {
        world_fail(v->world, "visitor %d: %s is refused though nothing fails", v->number,
                   op_name(item.type));
    }
    (void)annals_add(v->history, &item, parts, count);
    v->answers++;
    note_base(v, &item);
    for (size_t i = 0; i < count; i++) {
        visitor_note(v, &parts[i]);
    }
    if (item.type == OP_CLOSE_SESSION) {
        note_closed(v, h->err == ZK_OK);
    }
}

static void on_event(void *owner, const struct jute_watcher_event *event, int64_t zxid)
{
    struct visitor *v = owner;
    struct annals_item item = item_of(v, ANNALS_EVENT);
    item.event = event->type;
    item.node = annals_node(v->history, event->path);
    item.zxid = zxid;
    (void)annals_add(v->history, &item, NULL, 0);
    visitor_note_event(v, event->type, item.node);
}

// ---- life cycle ----

static const struct client_handler handler = {on_open, on_reply, on_event, on_lost};

void visitor_audit(struct visitor *v)
{
    v->audit_next = 0;
    if (v->state == VISITOR_WORKING) {
        think_soon(v);
    }
}

void visitor_init(struct visitor *v, struct sim_node *server, uint16_t port, struct annals *h,
                  int32_t number)
{
    *v = (struct visitor){.world = server->world,
                          .history = h,
                          .send = send_call,
                          .number = number,
                          .is_alice = number % 2 == 0,
                          .base_failed = true,
                          .audit_next = ANNALS_NONE,
                          .think_ns = THINK_NS,
                          .next_xid = 1};
    v->think.fire = on_think_time;
    client_init(&v->client, server, port, &handler, v);
}

void visitor_fini(struct visitor *v)
{
    client_fini(&v->client);
}

void visitor_start(struct visitor *v)
{
    client_start(&v->client);
}
