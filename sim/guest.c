// SPDX-License-Identifier: Apache-2.0
//
// Driving the library, and looking at both of its ends.
#include "sim/guest.h"

#include <stdio.h>

#include "base/assert.h"
#include "client/handle.h"
#include "sim/account.h"
#include "sim/box.h"
#include "sim/visit.h"
#include "sim/wish.h"

enum {
    SESSION_TIMEOUT_MS = 2000,
    REQUEST_TIMEOUT_MS = 10000,
    HURRY_ONE_IN = 8, // requests with a deadline that may pass
    HURRY_MS = 400,
    CLOSE_MS = 120 * 1000, // the end of a session is waited for
    THINK_NS = 5 * 1000000,
    BURST = 3,
};

__attribute__((format(printf, 2, 3))) static void blame(const struct guest *g, const char *format,
                                                        ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    world_fail(g->visitor.world, "library: client %d: %s", g->visitor.number, text);
}

// ---- what passes the wire ----

static void note_open(struct guest *g, const struct annals_item *open)
{
    g->sessions += open->is_new;
    if (open->zxid < g->shown) {
        blame(g, "came back as if it had seen less");
    }
    memcpy(g->due, g->visitor.armed, sizeof(g->due));
    g->is_due = false;
    for (size_t node = 0; node < VISITOR_NODES_MAX; node++) {
        for (size_t list = 0; list < LISTS; list++) {
            g->is_due |= g->due[node][list];
        }
    }
}

static void note_watches_set(struct guest *g, const struct annals_item *call)
{
    const struct annals *h = g->visitor.history;
    const struct annals_part *parts = annals_parts(h, call);
    for (size_t i = 0; i < call->part_count; i++) {
        bool *due = &g->due[parts[i].node % VISITOR_NODES_MAX][parts[i].mode];
        if (!*due) {
            blame(g, "came back with a watch of %s that it has not", annals_path(h, parts[i].node));
        }
        *due = false;
    }
    for (int32_t node = 0; node < VISITOR_NODES_MAX; node++) {
        for (size_t list = 0; list < LISTS; list++) {
            if (g->due[node][list]) {
                blame(g, "came back without watch %zu of %s", list, annals_path(h, node));
            }
        }
    }
    g->is_due = false;
    g->returns++;
}

static struct guest_ticket *find_ticket(struct guest *g, int32_t xid)
{
    for (size_t i = 0; i < VISITOR_OPEN_MAX; i++) {
        if (g->tickets[i].is_open && g->tickets[i].xid == xid) {
            return &g->tickets[i];
        }
    }
    return NULL;
}

static void note_call(struct guest *g, int32_t number)
{
    const struct annals_item *call = &g->visitor.history->items[number];
    if (call->type == OP_SET_WATCHES2) {
        note_watches_set(g, call);
        return;
    }
    if (call->xid == XID_AUTH || call->type == OP_CLOSE_SESSION) {
        return;
    }
    struct guest_ticket *t = find_ticket(g, call->xid);
    if (g->is_due) {
        blame(g, "asks before it has set its watches again");
    } else if (t != NULL && t->call != ANNALS_NONE) {
        blame(g, "sends request %d twice", call->xid);
    } else if (t != NULL &&
               !account_is_request(g->visitor.history, call, t->type, t->parts, t->count)) {
        blame(g, "request %d leaves as another", call->xid);
    } else if (t != NULL) { // else its deadline passed when half of it had left
        t->call = number;
    }
}

static struct transcript_record record_of(const struct guest *g, int32_t kind)
{
    const struct world *w = g->visitor.world;
    struct transcript_record rec = {.at_ns = w->now_ns, .kind = kind, .client = g->visitor.number};
    node_walls(w, &rec.wall_least_ms, &rec.wall_ms);
    return rec;
}

static void on_frame(void *ctx, bool is_sent, struct slice frame)
{
    struct guest *g = ctx;
    struct annals *h = g->visitor.history;
    size_t before = h->count;
    struct transcript_record rec = record_of(g, is_sent ? 'S' : 'R');
    rec.frame = frame;
    if (!transcript_take(g->transcript, &rec)) {
        blame(g, "%s", transcript_error(g->transcript));
    }
    for (size_t i = before; i < h->count; i++) {
        if (h->items[i].kind == ANNALS_OPEN) {
            note_open(g, &h->items[i]);
        } else if (h->items[i].kind == ANNALS_CALL) {
            note_call(g, (int32_t)i);
        }
    }
}

static void on_lost(void *ctx)
{
    struct guest *g = ctx;
    struct transcript_record rec = record_of(g, 'L');
    (void)transcript_take(g->transcript, &rec);
}

// ---- what the program is told ----

// Once, when a bug is planted that is of this kind.
static bool lies(struct guest *g, enum plant plant)
{
    bool is_time = g->plant == plant && !g->has_lied;
    g->has_lied |= is_time;
    return is_time;
}

static void expect_no_watch(struct guest *g)
{
    if (g->awaits_watch) {
        blame(g, "an event does not reach its watch");
    }
}

// The next watch event that came and was not told; ANNALS_NONE when there is none.
static int32_t next_event(struct guest *g)
{
    const struct annals *h = g->visitor.history;
    while (g->event_next < (int32_t)h->count) {
        const struct annals_item *item = &h->items[g->event_next];
        if (item->kind == ANNALS_EVENT && item->client == g->visitor.number) {
            return g->event_next;
        }
        g->event_next++;
    }
    return ANNALS_NONE;
}

// A recursive watch of it or of a node above: it hears of no lists of children.
static bool is_below_watch(const struct guest *g, int32_t node)
{
    const struct annals *h = g->visitor.history;
    while (node != ANNALS_NONE &&
           (node >= VISITOR_NODES_MAX || !g->visitor.armed[node][LIST_RECURSIVE])) {
        node = annals_parent(h, node);
    }
    return node != ANNALS_NONE;
}

static bool has_watch(const struct guest *g, const struct annals_item *event)
{
    bool is_list = event->event == PADDOCK_EVENT_CHILDREN_CHANGED;
    if (!is_list && is_below_watch(g, event->node)) {
        return true;
    }
    if (event->node >= VISITOR_NODES_MAX) {
        return false;
    }
    const bool *armed = g->visitor.armed[event->node];
    bool is_child = (is_list || event->event == PADDOCK_EVENT_DELETED) && armed[LIST_CHILD];
    return is_child || armed[LIST_PERSISTENT] ||
           (!is_list && (armed[LIST_DATA] || armed[LIST_EXIST]));
}

static void on_watch(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    ((struct guest *)ctx)->awaits_watch = false;
}

static void on_event(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    struct guest *g = ctx;
    (void)zk;
    expect_no_watch(g);
    if (event->type == PADDOCK_EVENT_SESSION) {
        g->visitor.state = event->state == PADDOCK_STATE_CONNECTED ? VISITOR_WORKING : VISITOR_AWAY;
        return;
    }
    if (event->type > PADDOCK_EVENT_CHILDREN_CHANGED || lies(g, PLANT_LOST_EVENT)) {
        return; // of a watch that was removed: nothing came for it
    }
    int32_t number = next_event(g);
    const struct annals_item *item =
        number != ANNALS_NONE ? &g->visitor.history->items[number] : NULL;
    if (item == NULL || item->event != (int32_t)event->type ||
        annals_node(g->visitor.history, slice_str(event->path)) != item->node) {
        blame(g, "event %d of %s is not the next that came", (int)event->type, event->path);
        return;
    }
    g->event_next = number + 1;
    g->awaits_watch = has_watch(g, item);
    visitor_note_event(&g->visitor, item->event, item->node);
}

// Answers come in the order of the requests.
static void expect_turn(struct guest *g, const struct guest_ticket *t)
{
    for (size_t i = 0; i < VISITOR_OPEN_MAX; i++) {
        const struct guest_ticket *other = &g->tickets[i];
        if (other->is_open && other->call != ANNALS_NONE && other->call < t->call) {
            blame(g, "request %d has its result before request %d", t->xid, other->xid);
        }
    }
}

static void note_answer(struct guest *g, const struct guest_ticket *t)
{
    struct visitor *v = &g->visitor;
    const struct annals_item *answer = &v->history->items[v->history->items[t->call].answer];
    expect_turn(g, t);
    v->answers++;
    g->shown = answer->zxid > g->shown ? answer->zxid : g->shown;
    if (answer->code == ZK_SYSTEM_ERROR && !v->may_refuse) {
        blame(g, "%s is refused though nothing fails", op_name(t->type));
    }
    for (size_t i = 0; i < t->count; i++) {
        visitor_note(v, &annals_parts(v->history, answer)[i]);
    }
}

// The server had a watch, of a request that was overdue here; so the program had none to remove.
static bool is_vain_removal(const struct guest *g, const struct guest_ticket *t,
                            const struct paddock_result *r)
{
    return t->type == OP_REMOVE_WATCHES && r->fate == PADDOCK_ANSWERED &&
           r->code == PADDOCK_NO_WATCHER &&
           !visitor_has_watch(&g->visitor, t->parts[0].node, t->parts[0].mode);
}

// What is to be held against the wire.
static struct paddock_result word_of(struct guest *g, const struct guest_ticket *t,
                                     const struct paddock_result *r)
{
    struct paddock_result told = *r;
    if (r->fate == PADDOCK_UNKNOWN && t->call != ANNALS_NONE && lies(g, PLANT_WRONG_FATE)) {
        told.fate = PADDOCK_NOT_SENT;
    }
    if (is_vain_removal(g, t, r) && t->call != ANNALS_NONE) {
        const struct annals *h = g->visitor.history;
        int32_t answer = h->items[t->call].answer;
        told.code = answer != ANNALS_NONE ? h->items[answer].code : told.code;
    }
    return told;
}

static void on_done(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    struct guest_ticket *t = ctx;
    struct guest *g = t->guest;
    (void)zk;
    expect_no_watch(g);
    if (r->fate == PADDOCK_ANSWERED && lies(g, PLANT_LOST_RESULT)) {
        return;
    }
    struct paddock_result told = word_of(g, t, r);
    const char *wrong = account_of(g->visitor.history, t->call, &told);
    t->is_open = false;
    g->visitor.open_count--;
    g->lost += r->fate == PADDOCK_UNKNOWN;
    g->not_sent += r->fate == PADDOCK_NOT_SENT;
    if (wrong != NULL) {
        blame(g, "request %d (%s) %s; its result is %s", t->xid, op_name(t->type), wrong,
              paddock_code_name(r->code));
    } else if (r->fate == PADDOCK_ANSWERED) {
        note_answer(g, t);
    }
}

// ---- requests ----

static struct guest_ticket *new_ticket(struct guest *g, int32_t type,
                                       const struct annals_part *parts, size_t count)
{
    size_t i = 0;
    while (g->tickets[i].is_open) {
        i++;
    }
    ASSERT(i < VISITOR_OPEN_MAX && count <= GUEST_PARTS_MAX);
    struct guest_ticket *t = &g->tickets[i];
    *t = (struct guest_ticket){
        .guest = g, .is_open = true, .type = type, .call = ANNALS_NONE, .count = count};
    memcpy(t->parts, parts, count * sizeof(parts[0]));
    g->visitor.open_count++;
    return t;
}

static void send_call(struct visitor *v, int32_t type, struct annals_part *parts, size_t count)
{
    struct guest *g = CONTAINER_OF(v, struct guest, visitor);
    if (type == OP_CLOSE_SESSION) { // as paddock_close_within, which would wait here
        session_close_by(&g->zk->session, handle_now(g->zk) + CLOSE_MS);
        return;
    }
    struct guest_ticket *t = new_ticket(g, type, parts, count);
    struct paddock_op ops[GUEST_PARTS_MAX];
    uint8_t data[GUEST_PARTS_MAX][MODEL_DATA_MAX];
    for (size_t i = 0; i < count; i++) {
        ops[i] = wish_op(v->history, &parts[i], parts[i].value, (struct paddock_watch){on_watch, g},
                         data[i]);
    }
    struct paddock_op many = {.type = wish_type(type), .parts = ops, .part_count = count};
    struct paddock_op *op = type == OP_MULTI || type == OP_MULTI_READ ? &many : &ops[0];
    if (world_chance(v->world, HURRY_ONE_IN)) {
        op->timeout_ms = 1 + (int)prng_below(&v->world->prng, HURRY_MS);
    }
    int code = paddock_submit(g->zk, op, on_done, t);
    if (code != PADDOCK_OK) {
        blame(g, "%s is refused: %s", op_name(type), paddock_code_name(code));
    }
    t->xid = g->zk->session.requests.last_xid;
}

// ---- life ----

static void close_ports(struct client_ports *ports)
{
    (void)ports; // the machine stays
}

static void open_handle(struct guest *g)
{
    g->ports = (struct client_ports){.loop = &g->node->loop,
                                     .clock = &g->node->clock,
                                     .entropy = &g->node->entropy,
                                     .net = &g->tap.port,
                                     .resolver = &g->node->resolver.port,
                                     .pump = &g->node->pump.port,
                                     .close = close_ports};
    struct paddock_options options = {.servers = g->servers,
                                      .session_timeout_ms = SESSION_TIMEOUT_MS,
                                      .request_timeout_ms = REQUEST_TIMEOUT_MS,
                                      .flags = PADDOCK_NO_THREAD | PADDOCK_RENEW,
                                      .on_event = on_event,
                                      .ctx = g};
    int code = client_open(&g->ports, &options, &g->zk);
    ASSERT(code == PADDOCK_OK);
    memset(g->visitor.armed, 0, sizeof(g->visitor.armed));
    g->visitor.is_closing = false;
    g->shown = 0;
    struct paddock_op auth = {
        .type = PADDOCK_OP_ADD_AUTH, .scheme = "digest", .data = paddock_text("alice:secret")};
    if (g->visitor.is_alice) {
        (void)paddock_submit(g->zk, &auth, NULL, NULL);
    }
}

// What came was told, and what was asked has ended.
static void expect_all_told(struct guest *g)
{
    expect_no_watch(g);
    if (g->visitor.open_count > 0) {
        blame(g, "%zu requests have no result", g->visitor.open_count);
    }
    if (next_event(g) != ANNALS_NONE) {
        blame(g, "an event that came was not told");
    }
}

static void close_handle(struct guest *g)
{
    paddock_abandon(g->zk);
    g->zk = NULL;
    g->visitor.state = VISITOR_AWAY;
    expect_all_told(g);
}

static void think_soon(struct guest *g)
{
    struct world *w = g->visitor.world;
    g->node->loop.timer_start(&g->node->loop, &g->think,
                              1 + world_delay(w, g->visitor.think_ns) / 1000000);
}

static void on_think_time(struct port_timer *timer)
{
    struct guest *g = CONTAINER_OF(timer, struct guest, think);
    struct visitor *v = &g->visitor;
    if (v->is_closing && g->zk->session.phase == SESSION_ENDED) {
        close_handle(g);
        open_handle(g);
    }
    if (lies(g, PLANT_LOST_WATCH)) { // a watch that the library knows nothing of
        v->armed[1][LIST_PERSISTENT] = true;
    }
    uint64_t burst = v->is_resting ? 0 : 1 + prng_below(&v->world->prng, BURST);
    while (burst-- > 0 && v->open_count + 2 <= VISITOR_OPEN_MAX && !v->is_closing) {
        visit(v); // a read with a sync before it takes two places
    }
    think_soon(g);
}

static void on_back_time(struct port_timer *timer)
{
    struct guest *g = CONTAINER_OF(timer, struct guest, back);
    net_cut_off(&g->node->net, false);
}

static void name_servers(struct guest *g, int servers)
{
    size_t len = 0;
    for (int i = 1; i <= servers; i++) {
        len += (size_t)snprintf(g->servers + len, sizeof(g->servers) - len, "%snode-%d:%d",
                                i > 1 ? "," : "", i, (int)BOX_CLIENT_PORT);
        ASSERT(len < sizeof(g->servers));
    }
}

void guest_start(struct guest *g, struct world *w, struct annals *h, int32_t number, int servers,
                 enum plant plant)
{
    *g = (struct guest){
        .plant = plant, .think = {.fire = on_think_time}, .back = {.fire = on_back_time}};
    g->visitor = (struct visitor){.world = w,
                                  .history = h,
                                  .send = send_call,
                                  .number = number,
                                  .is_alice = number % 2 == 0,
                                  .think_ns = THINK_NS};
    name_servers(g, servers);
    g->node = node_open(w);
    g->transcript = transcript_open(h);
    tap_init(&g->tap, &g->node->net.port, g, on_frame, on_lost);
    open_handle(g);
    think_soon(g);
}

void guest_rest(struct guest *g, int64_t away_ms, bool is_long)
{
    struct world *w = g->visitor.world;
    if (g->zk == NULL) {
        return;
    }
    if (!is_long) {
        net_break(&g->node->net);
    } else if (world_chance(w, 2)) {
        node_pause(g->node, away_ms);
    } else {
        net_cut_off(&g->node->net, true);
        world_start(w, &g->back, away_ms * 1000000);
    }
}

void guest_stop(struct guest *g)
{
    if (g->zk != NULL) {
        g->node->loop.timer_stop(&g->node->loop, &g->think);
        timers_stop(&g->visitor.world->events, &g->back);
        close_handle(g);
    }
}

void guest_fini(struct guest *g)
{
    ASSERT(g->zk == NULL);
    node_close(g->node);
    transcript_close(g->transcript);
}

bool guest_is_quiet(const struct guest *g)
{
    return visitor_is_quiet(&g->visitor) && !g->visitor.is_closing;
}
