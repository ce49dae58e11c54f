// SPDX-License-Identifier: Apache-2.0
//
// Two pipes a connection, each with its own event that moves bytes.
#include "sim/net.h"

#include "base/assert.h"
#include "base/mem.h"
#include "sim/node.h"

enum {
    TRAVEL_NS = 60000,
    PIECE_NS = 2000, // between two pieces of what was sent at once
    FIRST_PORT = 20000,
    FIRST_CLIENT_PORT = 40000,
    PIECES_ONE_IN = 3, // deliveries that are cut into pieces
    SHORT_ONE_IN = 8,  // writes that take less than they could
};

struct pipe {
    struct buf bytes;    // under way
    bool is_ended;       // nothing more will be put in
    bool end_is_told;    // the reader knows
    enum err end_reason; // ERR_CLOSED or ERR_CONNECTION
    struct port_timer arrival;
};

struct net_link {
    struct port_stream stream; // first; the machine's end
    struct sim_node *node;
    struct list link; // of the network
    struct pipe to_machine;
    struct pipe to_client;
    bool is_reading;
    bool is_broken; // the machine has no power: it cannot write any more
    bool is_deaf;   // the client takes nothing in
    bool wants_writable;
    bool machine_closed, client_closed;
    struct port_timer writable;
    const struct net_client_handler *handler;
    void *owner;
};

struct sim_listener {
    struct port_listener port; // first
    struct sim_node *node;
    struct list link;
    struct list waiting; // links not accepted yet
    struct port_timer accept;
};

// ---- events ----

static void to_machine_soon(struct net_link *l, int64_t typical_ns)
{
    struct sim_node *n = l->node;
    if (l->to_machine.arrival.impl == NULL && !l->machine_closed && l->is_reading) {
        int64_t delay_ns = world_delay(n->world, typical_ns);
        timers_start(&n->events, &l->to_machine.arrival, n->world->now_ns + delay_ns);
    }
}

static void to_client_soon(struct net_link *l, int64_t typical_ns)
{
    if (l->to_client.arrival.impl == NULL && !l->client_closed && !l->is_deaf) {
        world_start(l->node->world, &l->to_client.arrival, world_delay(l->node->world, typical_ns));
    }
}

static void free_if_closed(struct net_link *l)
{
    if (l->machine_closed && l->client_closed) {
        list_remove(&l->link);
        buf_fini(&l->to_machine.bytes);
        buf_fini(&l->to_client.bytes);
        mem_free(l);
    }
}

// Take a piece of what is under way into `piece`.
static void take_piece(struct world *w, struct pipe *p, struct buf *piece)
{
    size_t len = p->bytes.len;
    if (world_chance(w, PIECES_ONE_IN)) {
        len = 1 + (size_t)prng_below(&w->prng, len);
    }
    buf_append(piece, p->bytes.data, len);
    buf_consume(&p->bytes, len);
}

static void arrive_at_machine(struct port_timer *event)
{
    struct net_link *l = CONTAINER_OF(event, struct net_link, to_machine.arrival);
    struct pipe *p = &l->to_machine;
    if (!l->is_reading || l->machine_closed) {
        return;
    }
    if (p->bytes.len > 0) {
        struct buf piece = {0};
        take_piece(l->node->world, p, &piece);
        if (p->bytes.len > 0 || p->is_ended) {
            to_machine_soon(l, PIECE_NS);
        }
        l->stream.handler->on_bytes(&l->stream, buf_slice(&piece)); // may close the stream
        buf_fini(&piece);
    } else if (p->is_ended && !p->end_is_told) {
        p->end_is_told = true;
        l->stream.handler->on_end(&l->stream, p->end_reason);
    }
}

static void arrive_at_client(struct port_timer *event)
{
    struct net_link *l = CONTAINER_OF(event, struct net_link, to_client.arrival);
    struct pipe *p = &l->to_client;
    if (p->bytes.len > 0) {
        struct buf piece = {0};
        take_piece(l->node->world, p, &piece);
        if (p->bytes.len > 0 || p->is_ended) {
            to_client_soon(l, PIECE_NS);
        }
        if (l->wants_writable && l->writable.impl == NULL && p->bytes.len < NET_ROOM_BYTES / 2) {
            timers_start(&l->node->events, &l->writable, l->node->world->now_ns);
        }
        l->handler->on_bytes(l->owner, buf_slice(&piece)); // may hang up
        buf_fini(&piece);
    } else if (p->is_ended && !p->end_is_told) {
        p->end_is_told = true;
        l->handler->on_end(l->owner, p->end_reason);
    }
}

static void become_writable(struct port_timer *event)
{
    struct net_link *l = CONTAINER_OF(event, struct net_link, writable);
    l->wants_writable = false;
    l->stream.handler->on_writable(&l->stream);
}

// ---- the machine's end ----

static struct net_link *link_of(struct port_stream *s)
{
    return CONTAINER_OF(s, struct net_link, stream);
}

static void stream_start(struct port_stream *s)
{
    struct net_link *l = link_of(s);
    ASSERT(!l->machine_closed);
    ASSERT(s->handler != NULL);
    l->is_reading = true;
    if (l->to_machine.bytes.len > 0 || l->to_machine.is_ended) {
        to_machine_soon(l, PIECE_NS);
    }
}

static void stream_pause(struct port_stream *s)
{
    struct net_link *l = link_of(s);
    l->is_reading = false;
    timers_stop(&l->node->events, &l->to_machine.arrival);
}

static int64_t stream_write(struct port_stream *s, const struct slice *parts, size_t count)
{
    struct net_link *l = link_of(s);
    ASSERT(!l->machine_closed);
    if (l->is_broken || l->client_closed) {
        return ERR_CONNECTION;
    }
    struct pipe *p = &l->to_client;
    size_t room = p->bytes.len < NET_ROOM_BYTES ? NET_ROOM_BYTES - p->bytes.len : 0;
    if (room > 0 && world_chance(l->node->world, SHORT_ONE_IN)) {
        room = (size_t)prng_below(&l->node->world->prng, room);
    }
    size_t offered = 0;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = parts[i].len < room - taken ? parts[i].len : room - taken;
        buf_append(&p->bytes, parts[i].data, len);
        offered += parts[i].len;
        taken += len;
    }
    if (taken < offered) {
        l->wants_writable = true;
        if (p->bytes.len < NET_ROOM_BYTES / 2 && l->writable.impl == NULL) {
            timers_start(&l->node->events, &l->writable, l->node->world->now_ns + PIECE_NS);
        }
    }
    to_client_soon(l, TRAVEL_NS);
    return (int64_t)taken;
}

static void stream_close(struct port_stream *s)
{
    struct net_link *l = link_of(s);
    ASSERT(!l->machine_closed);
    l->machine_closed = true;
    l->wants_writable = false;
    timers_stop(&l->node->events, &l->to_machine.arrival);
    timers_stop(&l->node->events, &l->writable);
    if (!l->client_closed && !l->to_client.is_ended) {
        l->to_client.is_ended = true;
        l->to_client.end_reason = ERR_CLOSED;
        to_client_soon(l, TRAVEL_NS);
    }
    free_if_closed(l);
}

// ---- the client's end ----

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

static struct port_address client_address(struct sim_net *n)
{
    struct port_address a = {.bytes = {127, 0, 0, 1}, .port = n->next_client_port};
    n->next_client_port =
        n->next_client_port < UINT16_MAX ? n->next_client_port + 1 : FIRST_CLIENT_PORT;
    return a;
}

struct net_link *net_connect(struct sim_node *node, uint16_t port,
                             const struct net_client_handler *handler, void *owner)
{
    struct sim_listener *listener = find_listener(&node->net, port);
    if (listener == NULL) {
        return NULL;
    }
    struct net_link *l = mem_zalloc(sizeof(*l));
    l->stream = (struct port_stream){.peer = client_address(&node->net),
                                     .start = stream_start,
                                     .pause = stream_pause,
                                     .write = stream_write,
                                     .close = stream_close};
    l->node = node;
    l->handler = handler;
    l->owner = owner;
    l->to_machine.arrival.fire = arrive_at_machine;
    l->to_client.arrival.fire = arrive_at_client;
    l->writable.fire = become_writable;
    list_push_back(&listener->waiting, &l->link);
    if (listener->accept.impl == NULL) {
        int64_t delay_ns = world_delay(node->world, TRAVEL_NS);
        timers_start(&node->events, &listener->accept, node->world->now_ns + delay_ns);
    }
    return l;
}

void net_send(struct net_link *l, struct slice bytes)
{
    ASSERT(!l->client_closed);
    if (!l->machine_closed && bytes.len > 0) {
        buf_append_slice(&l->to_machine.bytes, bytes);
        to_machine_soon(l, TRAVEL_NS);
    }
}

void net_set_deaf(struct net_link *l, bool is_deaf)
{
    l->is_deaf = is_deaf;
    if (is_deaf) {
        timers_stop(&l->node->world->events, &l->to_client.arrival);
    } else if (l->to_client.bytes.len > 0 || l->to_client.is_ended) {
        to_client_soon(l, PIECE_NS);
    }
}

void net_hang_up(struct net_link *l)
{
    ASSERT(!l->client_closed);
    l->client_closed = true;
    timers_stop(&l->node->world->events, &l->to_client.arrival);
    if (!l->machine_closed) {
        l->to_machine.is_ended = true;
        l->to_machine.end_reason = ERR_CLOSED;
        to_machine_soon(l, TRAVEL_NS);
    }
    free_if_closed(l);
}

// ---- listening ----

static void accept_all(struct port_timer *event)
{
    struct sim_listener *listener = CONTAINER_OF(event, struct sim_listener, accept);
    while (!list_is_empty(&listener->waiting)) {
        struct net_link *l = CONTAINER_OF(listener->waiting.next, struct net_link, link);
        list_remove(&l->link);
        list_push_back(&listener->node->net.links, &l->link);
        listener->port.on_accept(&listener->port, &l->stream);
    }
}

// Nobody will accept what waits: refused.
static void refuse_waiting(struct sim_listener *listener)
{
    while (!list_is_empty(&listener->waiting)) {
        struct net_link *l = CONTAINER_OF(listener->waiting.next, struct net_link, link);
        list_remove(&l->link);
        list_push_back(&listener->node->net.links, &l->link);
        stream_close(&l->stream);
    }
}

static void listener_close(struct port_listener *port)
{
    struct sim_listener *l = CONTAINER_OF(port, struct sim_listener, port);
    timers_stop(&l->node->events, &l->accept);
    refuse_waiting(l);
    list_remove(&l->link);
    mem_free(l);
}

static enum err net_listen(struct port_net *port, const char *host, uint16_t number, int backlog,
                           bool keepalive, struct port_listener **ret)
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

// ---- life cycle ----

void net_init(struct sim_net *n, struct sim_node *node)
{
    *n = (struct sim_net){.port = {.listen = net_listen},
                          .node = node,
                          .next_port = FIRST_PORT,
                          .next_client_port = FIRST_CLIENT_PORT};
    list_init(&n->listeners);
    list_init(&n->links);
}

void net_fini(struct sim_net *n)
{
    ASSERT(list_is_empty(&n->listeners));
    ASSERT(list_is_empty(&n->links));
}

bool net_has_listener(const struct sim_net *n)
{
    return !list_is_empty(&n->listeners);
}

void net_power_off(struct sim_net *n)
{
    LIST_FOREACH (it, &n->links) {
        struct net_link *l = CONTAINER_OF(it, struct net_link, link);
        if (!l->machine_closed) {
            struct pipe *p = &l->to_client;
            l->is_broken = true;
            p->bytes.len = (size_t)prng_below(&n->node->world->prng, p->bytes.len + 1);
            p->is_ended = true;
            p->end_reason = ERR_CONNECTION;
            to_client_soon(l, TRAVEL_NS);
        }
    }
}
