// SPDX-License-Identifier: Apache-2.0
//
// A link is two ends; each has what is on its way to it and the event that makes it arrive. The
// events of a machine's end are turns of that machine, those of a test's end belong to nobody.
//
//     connecting ──► open ──► ended (the other side closed, or it broke) ──► closed
//         └──── refused ─────────┘
#include "sim/net.h"

#include "base/assert.h"
#include "base/mem.h"
#include "sim/node.h"

enum {
    TRAVEL_NS = 60000,
    PIECE_NS = 2000, // between two pieces of what was sent at once
    NS_PER_MS = 1000000,
    FIRST_PORT = 20000,
    FIRST_CLIENT_PORT = 40000,
    PIECES_ONE_IN = 3, // deliveries that are cut into pieces
    SHORT_ONE_IN = 8,  // writes that take less than they could
};

struct net_end {
    struct port_stream stream; // first
    struct net_link *link;
    struct net_end *peer;
    struct sim_node *node; // NULL: a test's
    struct list of_node;
    struct buf incoming;
    bool is_ended;       // nothing more comes in
    bool end_is_told;    // to the owner
    enum err end_reason; // ERR_CLOSED or ERR_CONNECTION
    bool is_connecting;  // on_connected or on_end is to come
    bool is_reading;
    bool is_broken; // cannot be written to any more
    bool is_closed; // nobody holds it
    bool wants_writable;
    struct port_timer arrival;
    struct port_timer writable;
};

struct net_link {
    struct net_end server;                    // the end that was accepted
    struct net_end client;                    // the end that began
    struct list waiting;                      // of the listener, until accepted
    struct port_timer syn;                    // on its way to the other machine; the world's
    const struct net_client_handler *handler; // of a test
    void *owner;
};

struct sim_listener {
    struct port_listener port; // first
    struct sim_node *node;
    struct list link;
    struct list waiting; // links not accepted yet
    struct port_timer accept;
};

static struct net_end *end_of(struct port_stream *s)
{
    return CONTAINER_OF(s, struct net_end, stream);
}

static struct world *world_of(const struct net_end *e)
{
    return e->node != NULL ? e->node->world : e->peer->node->world;
}

static struct timers *events_of(const struct net_end *e)
{
    return e->node != NULL ? &e->node->events : &world_of(e)->events;
}

// ---- arriving ----

static bool is_cut_off(const struct net_end *e)
{
    return (e->node != NULL && e->node->net.is_cut_off) ||
           (e->peer->node != NULL && e->peer->node->net.is_cut_off) ||
           way_is_cut(e->peer->node, e->node);
}

static void arrive_soon(struct net_end *e, int64_t typical_ns)
{
    if (e->arrival.impl == NULL && !e->is_closed && (e->is_reading || e->is_connecting)) {
        struct world *w = world_of(e);
        int64_t delay_ns = world_delay(w, typical_ns);
        if (typical_ns == TRAVEL_NS) {
            delay_ns += way_delay_ns(e->peer->node, e->node);
        }
        timers_start(events_of(e), &e->arrival, w->now_ns + delay_ns);
    }
}

static void finish(struct net_end *e, enum err reason)
{
    if (!e->is_closed && !e->is_ended) {
        e->is_ended = true;
        e->end_reason = reason;
        arrive_soon(e, TRAVEL_NS);
    }
}

static void break_link(struct net_link *l)
{
    l->server.is_broken = l->client.is_broken = true;
    finish(&l->server, ERR_CONNECTION);
    finish(&l->client, ERR_CONNECTION);
}

// The piece is what arrives now: the connection may have to break within it.
static void count_bytes(struct net_end *e, struct buf *piece)
{
    struct net_link *l = e->link;
    uint64_t *left = l->client.node != NULL ? &l->client.node->net.break_after_bytes : NULL;
    if (left == NULL || *left == 0) {
        return;
    }
    if (piece->len < *left) {
        *left -= piece->len;
        return;
    }
    piece->len = (size_t)*left;
    *left = 0;
    buf_clear(&l->server.incoming);
    buf_clear(&l->client.incoming);
    break_link(l);
}

// Take a piece of what is under way into `piece`.
static void take_piece(struct net_end *e, struct buf *piece)
{
    struct world *w = world_of(e);
    size_t len = e->incoming.len;
    if (world_chance(w, PIECES_ONE_IN)) {
        len = 1 + (size_t)prng_below(&w->prng, len);
    }
    const struct way *way = way_find(e->peer->node, e->node);
    if (way != NULL && way->bytes_per_ms > 0 && len > (size_t)way->bytes_per_ms) {
        len = (size_t)way->bytes_per_ms;
    }
    buf_append(piece, e->incoming.data, len);
    buf_consume(&e->incoming, len);
}

static void tell_room(struct net_end *writer)
{
    if (writer->wants_writable && writer->writable.impl == NULL &&
        writer->peer->incoming.len < NET_ROOM_BYTES / 2) {
        timers_start(events_of(writer), &writer->writable, world_of(writer)->now_ns);
    }
}

static void arrive_bytes(struct net_end *e)
{
    struct buf piece = {0};
    const struct way *way = way_find(e->peer->node, e->node);
    take_piece(e, &piece);
    if (way != NULL && way->tamper != NULL) {
        way->tamper(way->ctx, piece.data, piece.len);
    }
    if (e->incoming.len > 0 || e->is_ended) {
        bool is_slow = way != NULL && way->bytes_per_ms > 0;
        arrive_soon(e, is_slow ? NS_PER_MS : PIECE_NS);
    }
    tell_room(e->peer);
    count_bytes(e, &piece);
    e->stream.handler->on_bytes(&e->stream, buf_slice(&piece)); // may close the stream
    buf_fini(&piece);
}

static void arrive(struct port_timer *event)
{
    struct net_end *e = CONTAINER_OF(event, struct net_end, arrival);
    if (e->is_closed || is_cut_off(e)) {
        return;
    }
    bool is_refused = e->is_connecting && e->is_ended && e->end_reason == ERR_CONNECTION;
    if (e->is_connecting && !is_refused) {
        e->is_connecting = false;
        e->stream.handler->on_connected(&e->stream);
        return;
    }
    e->is_connecting = false;
    if (e->is_reading && e->incoming.len > 0 && !is_refused) {
        arrive_bytes(e);
    } else if ((e->is_reading || is_refused) && e->is_ended && !e->end_is_told) {
        e->end_is_told = true;
        e->stream.handler->on_end(&e->stream, e->end_reason);
    }
}

static void become_writable(struct port_timer *event)
{
    struct net_end *e = CONTAINER_OF(event, struct net_end, writable);
    e->wants_writable = false;
    e->stream.handler->on_writable(&e->stream);
}

// ---- an end as a stream ----

static void stream_start(struct port_stream *s)
{
    struct net_end *e = end_of(s);
    ASSERT(!e->is_closed);
    ASSERT(s->handler != NULL);
    e->is_reading = true;
    if (e->incoming.len > 0 || e->is_ended) {
        arrive_soon(e, PIECE_NS);
    }
}

static void stream_pause(struct port_stream *s)
{
    struct net_end *e = end_of(s);
    e->is_reading = false;
    if (!e->is_connecting) {
        timers_stop(events_of(e), &e->arrival);
    }
}

// How much is taken of what was offered.
static size_t room_for(struct net_end *e)
{
    const struct buf *under_way = &e->peer->incoming;
    struct world *w = world_of(e);
    size_t room = under_way->len < NET_ROOM_BYTES ? NET_ROOM_BYTES - under_way->len : 0;
    if (room > 0 && world_chance(w, SHORT_ONE_IN)) {
        room = (size_t)prng_below(&w->prng, room);
    }
    return room;
}

static int64_t stream_write(struct port_stream *s, const struct slice *parts, size_t count)
{
    struct net_end *e = end_of(s);
    ASSERT(!e->is_closed);
    ASSERT(!e->is_connecting);
    if (e->is_broken || e->peer->is_closed) {
        return ERR_CONNECTION;
    }
    size_t room = room_for(e);
    size_t offered = 0;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = parts[i].len < room - taken ? parts[i].len : room - taken;
        buf_append(&e->peer->incoming, parts[i].data, len);
        offered += parts[i].len;
        taken += len;
    }
    if (taken < offered) {
        e->wants_writable = true;
        if (e->peer->incoming.len < NET_ROOM_BYTES / 2 && e->writable.impl == NULL) {
            timers_start(events_of(e), &e->writable, world_of(e)->now_ns + PIECE_NS);
        }
    }
    arrive_soon(e->peer, TRAVEL_NS);
    return (int64_t)taken;
}

static void stream_close(struct port_stream *s)
{
    struct net_end *e = end_of(s);
    struct net_link *l = e->link;
    ASSERT(!e->is_closed);
    e->is_closed = true;
    e->wants_writable = false;
    timers_stop(events_of(e), &e->arrival);
    timers_stop(events_of(e), &e->writable);
    finish(e->peer, ERR_CLOSED);
    if (l->server.is_closed && l->client.is_closed) {
        timers_stop(&world_of(e)->events, &l->syn);
        list_remove(&l->server.of_node);
        list_remove(&l->client.of_node);
        buf_fini(&l->server.incoming);
        buf_fini(&l->client.incoming);
        mem_free(l);
    }
}

static void end_init(struct net_end *e, struct net_link *l, struct net_end *peer,
                     struct sim_node *node)
{
    *e = (struct net_end){.stream = {.start = stream_start,
                                     .pause = stream_pause,
                                     .write = stream_write,
                                     .close = stream_close},
                          .link = l,
                          .peer = peer,
                          .node = node,
                          .arrival = {.fire = arrive},
                          .writable = {.fire = become_writable}};
    list_init(&e->of_node);
}

// ---- connecting ----

static struct sim_listener *find_listener(struct sim_net *n, uint16_t port)
{
    LIST_FOREACH (it, &n->listeners) {
        struct sim_listener *l = CONTAINER_OF(it, struct sim_listener, link);
        if (l->port.port == port) {
            return l;
        }
    }
    return NULL;
}

static void wait_for_accept(struct sim_listener *listener, struct net_link *l)
{
    list_push_back(&listener->waiting, &l->waiting);
    if (listener->accept.impl == NULL) {
        struct sim_node *node = listener->node;
        int64_t delay_ns = world_delay(node->world, TRAVEL_NS);
        timers_start(&node->events, &listener->accept, node->world->now_ns + delay_ns);
    }
}

static uint16_t next_client_port(struct sim_net *n)
{
    uint16_t port = n->next_client_port;
    n->next_client_port = port < UINT16_MAX ? port + 1 : FIRST_CLIENT_PORT;
    return port;
}

static bool is_same_address(const struct port_address *a, const struct port_address *b)
{
    return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static const struct port_address loopback = {.bytes = {127, 0, 0, 1}};

static struct sim_node *find_machine(struct sim_node *from, const struct port_address *to)
{
    if (is_same_address(to, &loopback)) {
        return from;
    }
    LIST_FOREACH (it, &from->world->nodes) {
        struct sim_node *n = CONTAINER_OF(it, struct sim_node, link);
        if (is_same_address(to, &n->net.address)) {
            return n;
        }
    }
    return NULL;
}

// The wish to connect is at the other machine, which answers for whoever listens there.
static void arrive_syn(struct port_timer *event)
{
    struct net_link *l = CONTAINER_OF(event, struct net_link, syn);
    struct sim_node *from = l->client.node;
    struct sim_node *to = find_machine(from, &l->client.stream.peer);
    if (from->net.is_cut_off || (to != NULL && to->net.is_cut_off) || way_is_cut(from, to) ||
        way_is_cut(to, from)) {
        return; // net_go_on sends it again
    }
    struct sim_listener *listener =
        to != NULL ? find_listener(&to->net, l->client.stream.peer.port) : NULL;
    if (listener == NULL) {
        finish(&l->client, ERR_CONNECTION);
        return;
    }
    l->server.node = to;
    l->server.is_closed = false;
    wait_for_accept(listener, l);
    arrive_soon(&l->client, TRAVEL_NS);
}

static enum err machine_connect(struct port_net *port, const struct port_address *to,
                                bool keepalive, struct port_stream **ret)
{
    (void)keepalive;
    struct sim_net *n = CONTAINER_OF(port, struct sim_net, port);
    struct net_link *l = mem_try_alloc(sizeof(*l));
    if (l == NULL) {
        return ERR_NO_MEMORY;
    }
    *l = (struct net_link){.syn = {.fire = arrive_syn}};
    list_init(&l->waiting);
    end_init(&l->server, l, &l->client, NULL);
    end_init(&l->client, l, &l->server, n->node);
    l->server.is_closed = true; // until the other machine knows of it
    l->server.stream.peer = net_address(n, next_client_port(n));
    l->client.stream.peer = *to;
    l->client.is_connecting = true;
    list_push_back(&n->ends, &l->client.of_node);
    world_start(n->node->world, &l->syn, world_delay(n->node->world, TRAVEL_NS));
    *ret = &l->client.stream;
    return ERR_OK;
}

// ---- listening ----

// The first that waits belongs to its machine now.
static struct net_link *take_waiting(struct sim_listener *listener)
{
    struct net_link *l = CONTAINER_OF(listener->waiting.next, struct net_link, waiting);
    list_remove(&l->waiting);
    list_push_back(&listener->node->net.ends, &l->server.of_node);
    return l;
}

static void accept_all(struct port_timer *event)
{
    struct sim_listener *listener = CONTAINER_OF(event, struct sim_listener, accept);
    while (!list_is_empty(&listener->waiting)) {
        struct net_link *l = take_waiting(listener);
        listener->port.on_accept(&listener->port, &l->server.stream);
    }
}

static void listener_close(struct port_listener *port)
{
    struct sim_listener *l = CONTAINER_OF(port, struct sim_listener, port);
    timers_stop(&l->node->events, &l->accept);
    while (!list_is_empty(&l->waiting)) { // nobody will accept them
        stream_close(&take_waiting(l)->server.stream);
    }
    list_remove(&l->link);
    mem_free(l);
}

static enum err machine_listen(struct port_net *port, const char *host, uint16_t number,
                               int backlog, bool keepalive, struct port_listener **ret)
{
    (void)host;
    (void)backlog;
    (void)keepalive;
    struct sim_net *n = CONTAINER_OF(port, struct sim_net, port);
    if (number == 0) {
        number = n->next_port++;
    }
    if (find_listener(n, number) != NULL) {
        return ERR_ADDRESS_IN_USE;
    }
    struct sim_listener *l = mem_zalloc(sizeof(*l));
    l->port = (struct port_listener){.port = number, .close = listener_close};
    l->node = n->node;
    l->accept.fire = accept_all;
    list_init(&l->waiting);
    list_push_back(&n->listeners, &l->link);
    *ret = &l->port;
    return ERR_OK;
}

// ---- connections of a test ----

static void test_bytes(struct port_stream *s, struct slice bytes)
{
    const struct net_link *l = end_of(s)->link;
    l->handler->on_bytes(l->owner, bytes);
}

static void test_end(struct port_stream *s, enum err reason)
{
    const struct net_link *l = end_of(s)->link;
    l->handler->on_end(l->owner, reason);
}

static const struct port_stream_handler test_handler = {.on_bytes = test_bytes, .on_end = test_end};

struct net_link *net_connect(struct sim_node *node, uint16_t port,
                             const struct net_client_handler *handler, void *owner)
{
    struct sim_listener *listener = find_listener(&node->net, port);
    if (listener == NULL) {
        return NULL;
    }
    struct net_link *l = mem_zalloc(sizeof(*l));
    list_init(&l->waiting);
    end_init(&l->server, l, &l->client, node);
    end_init(&l->client, l, &l->server, NULL);
    l->server.stream.peer = loopback;
    l->server.stream.peer.port = next_client_port(&node->net);
    l->client.stream.handler = &test_handler;
    l->client.is_reading = true;
    l->handler = handler;
    l->owner = owner;
    wait_for_accept(listener, l);
    return l;
}

void net_send(struct net_link *l, struct slice bytes)
{
    ASSERT(!l->client.is_closed);
    if (!l->server.is_closed && bytes.len > 0) {
        buf_append_slice(&l->server.incoming, bytes);
        arrive_soon(&l->server, TRAVEL_NS);
    }
}

void net_set_deaf(struct net_link *l, bool is_deaf)
{
    if (is_deaf) {
        stream_pause(&l->client.stream);
    } else {
        stream_start(&l->client.stream);
    }
}

void net_hang_up(struct net_link *l)
{
    stream_close(&l->client.stream);
}

// ---- troubles ----

// Some of what is under way to `e` is lost.
static void lose_some(struct net_end *e)
{
    e->incoming.len = (size_t)prng_below(&world_of(e)->prng, e->incoming.len + 1);
}

void net_power_off(struct sim_net *n)
{
    LIST_FOREACH (it, &n->ends) {
        struct net_end *e = CONTAINER_OF(it, struct net_end, of_node);
        if (!e->is_closed) {
            e->is_broken = true;
            lose_some(e->peer);
            e->peer->is_ended = true;
            e->peer->end_reason = ERR_CONNECTION;
            arrive_soon(e->peer, TRAVEL_NS);
        }
    }
}

void net_break(struct sim_net *n)
{
    LIST_FOREACH (it, &n->ends) {
        struct net_end *e = CONTAINER_OF(it, struct net_end, of_node);
        lose_some(e);
        lose_some(e->peer);
        break_link(e->link);
    }
}

static void go_on(struct net_end *e)
{
    struct net_link *l = e->link;
    bool is_asking = l->client.is_connecting && l->server.is_closed && !l->client.is_ended;
    if (is_asking && l->syn.impl == NULL && !l->client.is_closed) {
        world_start(world_of(e), &l->syn, world_delay(world_of(e), TRAVEL_NS));
    } else if (!is_asking && (e->incoming.len > 0 || e->is_ended || e->is_connecting)) {
        arrive_soon(e, TRAVEL_NS);
    }
}

void net_break_between(struct sim_net *a, const struct sim_net *b)
{
    LIST_FOREACH (it, &a->ends) {
        struct net_end *e = CONTAINER_OF(it, struct net_end, of_node);
        if (e->peer->node == b->node) {
            lose_some(e);
            lose_some(e->peer);
            break_link(e->link);
        }
    }
}

void net_cut_off(struct sim_net *n, bool is_cut_off)
{
    n->is_cut_off = is_cut_off;
    if (!is_cut_off) {
        net_go_on(n->node->world);
    }
}

void net_cut_way(struct sim_net *from, const struct sim_net *to)
{
    way_make(from->node, to->node)->cuts++;
}

void net_mend_way(struct sim_net *from, const struct sim_net *to)
{
    struct way *way = way_make(from->node, to->node);
    ASSERT(way->cuts > 0);
    way->cuts--;
    net_go_on(from->node->world);
}

void net_go_on(struct world *w)
{
    LIST_FOREACH (it, &w->nodes) {
        struct sim_node *node = CONTAINER_OF(it, struct sim_node, link);
        LIST_FOREACH (of_node, &node->net.ends) {
            struct net_end *e = CONTAINER_OF(of_node, struct net_end, of_node);
            go_on(e);
            if (e->peer->node == NULL) {
                go_on(e->peer);
            }
        }
    }
}

// ---- life cycle ----

void net_init(struct sim_net *n, struct sim_node *node)
{
    uint32_t number = ++node->world->machines;
    *n = (struct sim_net){
        .port = {.listen = machine_listen, .connect = machine_connect},
        .node = node,
        .address = {.bytes = {10, 0, (uint8_t)(number >> 8), (uint8_t)number}},
        .next_port = FIRST_PORT,
        .next_client_port = FIRST_CLIENT_PORT,
    };
    list_init(&n->listeners);
    list_init(&n->ends);
    list_init(&n->ways);
}

void net_fini(struct sim_net *n)
{
    ASSERT(list_is_empty(&n->listeners));
    ASSERT(list_is_empty(&n->ends));
    ways_fini(&n->ways);
}

bool net_has_listener(const struct sim_net *n)
{
    return !list_is_empty(&n->listeners);
}

struct port_address net_address(const struct sim_net *n, uint16_t port)
{
    struct port_address a = n->address;
    a.port = port;
    return a;
}
