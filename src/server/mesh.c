// SPDX-License-Identifier: Apache-2.0
//
// Who the other servers are, what is to be said to them, and the listeners.
#include "server/mesh.h"

#include "base/assert.h"
#include "base/limits.h"
#include "base/mark.h"
#include "base/mem.h"
#include "server/mesh_priv.h"

enum {
    AGAIN_FIRST_MS = 100, // a server of smaller id is dialled back within it, too
    AGAIN_DOUBLINGS = 5,
    ATTEMPTS_MAX = 23, // per message, a minute: no longer than until election repeats itself
    BIND_AGAIN_MS = 1000,
    BACKLOG = 0,
};

// ---- events ----

void mesh_enter(struct mesh *m)
{
    m->depth++;
}

static void free_peer(struct mesh_peer *p)
{
    list_remove(&p->link);
    buf_fini(&p->waiting);
    buf_fini(&p->last);
    mem_free(p->places);
    mem_free(p);
}

static void sweep(struct mesh *m)
{
    LIST_FOREACH_SAFE (it, tmp, &m->dead_wires) {
        mesh_wire_free(CONTAINER_OF(it, struct mesh_wire, link));
    }
    LIST_FOREACH_SAFE (it, tmp, &m->dead_peers) {
        free_peer(CONTAINER_OF(it, struct mesh_peer, link));
    }
}

void mesh_leave(struct mesh *m)
{
    ASSERT(m->depth > 0);
    m->depth--;
    if (m->depth > 0) {
        return;
    }
    sweep(m);
    if (m->is_closed) {
        mem_free(m);
    }
}

// ---- servers ----

struct mesh_peer *mesh_peer_find(const struct mesh *m, int64_t sid)
{
    LIST_FOREACH (it, &m->peers) {
        struct mesh_peer *p = CONTAINER_OF(it, struct mesh_peer, link);
        if (p->sid == sid) {
            return p;
        }
    }
    return NULL;
}

static void on_again(struct port_timer *timer);

static struct mesh_peer *add_peer(struct mesh *m, int64_t sid)
{
    struct mesh_peer *p = mem_zalloc(sizeof(*p));
    p->mesh = m;
    p->sid = sid;
    p->again.fire = on_again;
    list_push_back(&m->peers, &p->link);
    return p;
}

struct mesh_peer *mesh_peer_make(struct mesh *m, int64_t sid)
{
    size_t strangers = 0;
    LIST_FOREACH (it, &m->peers) {
        strangers += CONTAINER_OF(it, struct mesh_peer, link)->is_known ? 0 : 1;
    }
    return strangers < LIMIT_MESH_STRANGERS ? add_peer(m, sid) : NULL;
}

void mesh_peer_drop_attempt(struct mesh_peer *p)
{
    struct port_loop *loop = p->mesh->options.loop;
    loop->timer_stop(loop, &p->again);
    mesh_dial_free(p->dial);
    p->dial = NULL;
    mesh_wire_close(p->parting, "there is no need any more");
}

static void drop_peer(struct mesh_peer *p, const char *reason)
{
    mesh_peer_drop_attempt(p);
    mesh_wire_close(p->wire, reason);
    list_remove(&p->link);
    list_push_back(&p->mesh->dead_peers, &p->link);
}

bool mesh_peer_has_to_say(const struct mesh_peer *p)
{
    return p->waiting.len > 0 || p->last_sent < p->last.len;
}

static bool is_under_way(const struct mesh_peer *p)
{
    return p->wire != NULL || p->dial != NULL || p->parting != NULL;
}

void mesh_peer_dial(struct mesh_peer *p, const struct mesh_place *places, size_t count)
{
    struct port_loop *loop = p->mesh->options.loop;
    if (!is_under_way(p) && p->mesh->own.place_count > 0) {
        loop->timer_stop(loop, &p->again);
        p->attempts++;
        p->dial = mesh_dial_new(p, places, count);
    }
}

static void on_again(struct port_timer *timer)
{
    struct mesh_peer *p = CONTAINER_OF(timer, struct mesh_peer, again);
    struct mesh *m = p->mesh;
    mesh_enter(m);
    mesh_peer_dial(p, NULL, 0);
    mesh_leave(m);
}

void mesh_peer_settle(struct mesh_peer *p)
{
    if (is_under_way(p)) {
        return;
    }
    if (!p->is_known) {
        drop_peer(p, "it is in no configuration");
    } else if (mesh_peer_has_to_say(p) && p->attempts < ATTEMPTS_MAX) {
        struct port_loop *loop = p->mesh->options.loop;
        unsigned doublings = p->attempts > 1 ? p->attempts - 1 : 0;
        doublings = doublings < AGAIN_DOUBLINGS ? doublings : AGAIN_DOUBLINGS;
        loop->timer_start(loop, &p->again, (int64_t)AGAIN_FIRST_MS << doublings);
    }
}

// ---- messages ----

// One that has just been tried gets its moment: it may be about to dial back.
static bool is_just_tried(const struct mesh_peer *p)
{
    return p->again.impl != NULL && p->attempts == 1;
}

static void say(struct mesh_peer *p, struct slice bytes)
{
    buf_clear(&p->waiting);
    buf_append_slice(&p->waiting, bytes);
    if (p->wire != NULL) {
        mesh_wire_send(p->wire);
    } else if (!is_just_tried(p)) {
        p->attempts = 0;
        mesh_peer_dial(p, NULL, 0);
    }
}

void mesh_send(struct mesh *m, int64_t sid, struct slice bytes)
{
    struct mesh_peer *p = mesh_peer_find(m, sid);
    if (p == NULL || bytes.len == 0 || bytes.len > MESH_MESSAGE_BYTES_MAX) {
        trace(m->options.trace, "a message of %zu bytes to server %lld is dropped", bytes.len,
              (long long)sid);
        return;
    }
    mesh_enter(m);
    say(p, bytes);
    mesh_leave(m);
}

void mesh_connect_all(struct mesh *m)
{
    mesh_enter(m);
    LIST_FOREACH (it, &m->peers) {
        struct mesh_peer *p = CONTAINER_OF(it, struct mesh_peer, link);
        if (p->waiting.len > 0 || p->last.len > 0) {
            mesh_peer_dial(p, NULL, 0);
        }
    }
    mesh_leave(m);
}

bool mesh_is_connected(const struct mesh *m, int64_t sid)
{
    const struct mesh_peer *p = mesh_peer_find(m, sid);
    return p != NULL && p->wire != NULL;
}

// ---- listeners ----

static void on_accept(struct port_listener *l, struct port_stream *stream)
{
    struct mesh *m = l->owner;
    mesh_enter(m);
    mesh_wire_accept(m, stream);
    mesh_leave(m);
}

static void on_accept_error(struct port_listener *l, enum err reason)
{
    struct mesh *m = l->owner;
    log_event_err(m->options.log, EVENT_ACCEPT_FAILED, reason);
}

static void log_bind_failed(const struct mesh *m, const struct mesh_listener *l, enum err reason)
{
    struct log_line line;
    if (log_begin(&line, m->options.log, EVENT_ELECTION_BIND_FAILED)) {
        log_str(&line, "host", l->host != NULL ? l->host : "");
        log_i64(&line, "port", l->port);
        log_err(&line, reason);
        log_end(&line);
    }
}

static bool bind_one(struct mesh *m, struct mesh_listener *l)
{
    struct port_net *net = m->options.net;
    enum err e =
        net->listen(net, l->host, l->port, BACKLOG, m->options.keepalive, &l->port_listener);
    if (e != ERR_OK) {
        log_bind_failed(m, l, e);
        return false;
    }
    l->port_listener->on_accept = on_accept;
    l->port_listener->on_error = on_accept_error;
    l->port_listener->owner = m;
    log_event_i64(m->options.log, EVENT_LISTENING, "electionPort", l->port);
    return true;
}

static void bind_all(struct mesh *m)
{
    bool is_bound = true;
    for (size_t i = 0; i < m->listener_count; i++) {
        if (m->listeners[i].port_listener == NULL) {
            is_bound = bind_one(m, &m->listeners[i]) && is_bound;
        }
    }
    if (!is_bound) {
        m->bind_tries++;
        m->options.loop->timer_start(m->options.loop, &m->bind, BIND_AGAIN_MS);
    }
}

// Source: ListenerHandler.acceptConnections.
static void on_bind(struct port_timer *timer)
{
    struct mesh *m = CONTAINER_OF(timer, struct mesh, bind);
    size_t bound = 0;
    if (m->options.bind_retries == 0 || m->bind_tries < m->options.bind_retries) {
        bind_all(m);
        return;
    }
    for (size_t i = 0; i < m->listener_count; i++) {
        bound += m->listeners[i].port_listener != NULL ? 1 : 0;
    }
    if (bound == 0) {
        MARK("no election port can be bound");
        mesh_enter(m);
        m->options.on_bind_failed(m->options.ctx);
        mesh_leave(m);
    }
}

static void close_listener(struct mesh_listener *l)
{
    if (l->port_listener != NULL) {
        l->port_listener->close(l->port_listener);
    }
    mem_free(l->host);
    *l = (struct mesh_listener){0};
}

static bool is_listener(const struct mesh_listener *l, const char *host, uint16_t port)
{
    bool is_same_host =
        l->host == NULL || host == NULL ? l->host == host : strcmp(l->host, host) == 0;
    return is_same_host && l->port == port;
}

// Move the listener of this address from `old` to ours, or make one.
static void want_listener(struct mesh *m, struct mesh_listener *old, size_t old_count,
                          const char *host, uint16_t port)
{
    for (size_t i = 0; i < m->listener_count; i++) {
        if (is_listener(&m->listeners[i], host, port)) {
            return;
        }
    }
    struct mesh_listener *l = &m->listeners[m->listener_count++];
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].port != 0 && is_listener(&old[i], host, port)) {
            *l = old[i];
            old[i] = (struct mesh_listener){0};
            return;
        }
    }
    *l = (struct mesh_listener){.host = host != NULL ? mem_strdup(host) : NULL, .port = port};
}

static void listen_at(struct mesh *m, const struct config_member *own)
{
    struct mesh_listener old[MESH_ADDRESSES_MAX];
    size_t old_count = m->listener_count;
    memcpy(old, m->listeners, sizeof(old));
    memset(m->listeners, 0, sizeof(m->listeners));
    m->listener_count = 0;
    for (size_t i = 0; i < own->address_count; i++) {
        const struct config_member_address *a = &own->addresses[i];
        want_listener(m, old, old_count, m->options.listens_on_all ? NULL : a->host,
                      a->election_port);
    }
    for (size_t i = 0; i < old_count; i++) {
        close_listener(&old[i]);
    }
    m->bind_tries = 0;
    m->options.loop->timer_stop(m->options.loop, &m->bind);
    bind_all(m);
}

// ---- configurations ----

// False for a name that no system has: longer than names can be.
static bool to_place(const struct config_member_address *a, struct mesh_place *ret)
{
    size_t len = strlen(a->host);
    if (len >= MESH_HOST_BYTES_MAX) {
        return false;
    }
    memcpy(ret->host, a->host, len + 1);
    ret->port = a->election_port;
    return true;
}

static size_t to_places(const struct config_member *member, struct mesh_place *ret)
{
    size_t count = 0;
    for (size_t i = 0; member != NULL && i < member->address_count; i++) {
        count += to_place(&member->addresses[i], &ret[count]) ? 1 : 0;
    }
    return count;
}

static bool is_same_places(const struct mesh_place *a, size_t a_count, const struct mesh_place *b,
                           size_t b_count)
{
    for (size_t i = 0; i < a_count && i < b_count; i++) {
        if (a[i].port != b[i].port || strcmp(a[i].host, b[i].host) != 0) {
            return false;
        }
    }
    return a_count == b_count;
}

// A connection stays when the server stays where it was.
static void place_peer(struct mesh *m, int64_t sid, const struct config_servers *committed,
                       const struct config_servers *seen)
{
    struct mesh_peer *p = mesh_peer_find(m, sid);
    p = p != NULL ? p : add_peer(m, sid);
    struct mesh_place *places = mem_zalloc(sizeof(*places) * 2 * MESH_ADDRESSES_MAX);
    size_t committed_count = to_places(config_servers_find(committed, sid), places);
    size_t count =
        committed_count + to_places(config_servers_find(seen, sid), places + committed_count);
    bool has_moved = p->committed_count > 0 && committed_count > 0 &&
                     !is_same_places(p->places, p->committed_count, places, committed_count);
    bool is_news = !is_same_places(p->places, p->place_count, places, count);
    mem_free(p->places);
    p->places = places;
    p->place_count = count;
    p->committed_count = committed_count;
    p->is_known = true;
    if (has_moved) {
        MARK("a server has moved");
        mesh_wire_close(p->wire, "it has another address now");
    }
    if (is_news && p->wire == NULL) {
        mesh_peer_drop_attempt(p);
        p->attempts = 0;
        mesh_peer_settle(p);
    }
}

static void place_peers(struct mesh *m, const struct config_servers *committed,
                        const struct config_servers *seen)
{
    LIST_FOREACH_SAFE (it, tmp, &m->peers) {
        struct mesh_peer *p = CONTAINER_OF(it, struct mesh_peer, link);
        if (p->is_known && config_servers_find(committed, p->sid) == NULL &&
            config_servers_find(seen, p->sid) == NULL) {
            drop_peer(p, "it is in no configuration any more");
        }
    }
    for (size_t i = 0; i < committed->count; i++) {
        if (committed->members[i].id != m->options.sid) {
            place_peer(m, committed->members[i].id, committed, seen);
        }
    }
    for (size_t i = 0; i < seen->count; i++) {
        int64_t sid = seen->members[i].id;
        if (sid != m->options.sid && config_servers_find(committed, sid) == NULL) {
            place_peer(m, sid, committed, seen);
        }
    }
}

void mesh_configure(struct mesh *m, const struct config_servers *committed,
                    const struct config_servers *seen)
{
    const struct config_member *own = config_servers_find(committed, m->options.sid);
    own = own != NULL ? own : config_servers_find(seen, m->options.sid);
    struct mesh_place places[MESH_ADDRESSES_MAX];
    size_t count = to_places(own, places);
    mesh_enter(m);
    if (count > 0 && !is_same_places(m->own.places, m->own.place_count, places, count)) {
        memcpy(m->own.places, places, count * sizeof(places[0]));
        m->own.place_count = count;
        listen_at(m, own);
    }
    place_peers(m, committed, seen);
    mesh_leave(m);
}

// ---- life cycle ----

struct mesh *mesh_new(const struct mesh_options *options)
{
    struct mesh *m = mem_zalloc(sizeof(*m));
    m->options = *options;
    m->own.sid = options->sid;
    m->next_anonymous = -1;
    m->bind.fire = on_bind;
    list_init(&m->peers);
    list_init(&m->dead_peers);
    list_init(&m->wires);
    list_init(&m->dead_wires);
    return m;
}

void mesh_close(struct mesh *m)
{
    if (m == NULL) {
        return;
    }
    mesh_enter(m);
    m->options.loop->timer_stop(m->options.loop, &m->bind);
    for (size_t i = 0; i < m->listener_count; i++) {
        close_listener(&m->listeners[i]);
    }
    m->listener_count = 0;
    LIST_FOREACH_SAFE (it, tmp, &m->peers) {
        drop_peer(CONTAINER_OF(it, struct mesh_peer, link), "the server stops");
    }
    LIST_FOREACH_SAFE (it, tmp, &m->wires) {
        mesh_wire_close(CONTAINER_OF(it, struct mesh_wire, link), "the server stops");
    }
    m->is_closed = true;
    mesh_leave(m);
}
