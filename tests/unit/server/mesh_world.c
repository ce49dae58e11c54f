// SPDX-License-Identifier: Apache-2.0
//
// A mesh per machine, recorders, and raw connections.
#include "tests/unit/server/mesh_world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

// ---- what is told ----

static void on_message(void *ctx, int64_t from, struct slice bytes)
{
    struct mesh_member *m = ctx;
    buf_printf(&m->told, "%lld %.*s;", (long long)from, SLICE_ARGS(bytes));
    if (!slice_is_null(m->reply)) {
        mesh_send(m->mesh, from, m->reply);
    }
    if (m->closes_at_message) {
        mesh_close(m->mesh);
        m->mesh = NULL;
    }
}

static void on_bind_failed(void *ctx)
{
    struct mesh_member *m = ctx;
    m->bind_failures++;
}

static void on_line(void *ctx, enum log_level level, const char *line, size_t len)
{
    struct mesh_member *m = ctx;
    (void)level;
    buf_append(&m->logged, line, len);
}

const char *mesh_world_told(struct mesh_world *w, int sid)
{
    static char text[4096];
    struct buf *told = &w->members[sid].told;
    (void)snprintf(text, sizeof(text), "%s", buf_cstr(told));
    buf_clear(told);
    return text;
}

size_t mesh_world_logged(struct mesh_world *w, int sid, const char *what)
{
    size_t count = 0;
    const char *at = buf_cstr(&w->members[sid].logged);
    while ((at = strstr(at, what)) != NULL) {
        count++;
        at = strchr(at, '\n');
    }
    return count;
}

// ---- life cycle ----

static void open_member(struct mesh_world *w, int sid)
{
    struct mesh_member *m = &w->members[sid];
    char name[8];
    m->world = w;
    m->sid = sid;
    m->node = node_open(&w->world);
    struct port_address address = net_address(&m->node->net, MESH_WORLD_PORT);
    (void)snprintf(name, sizeof(name), "m%d", sid);
    names_set(&w->world, name, &address, 1);
    log_init(&m->log, &m->node->clock, on_line, m);
    m->options = (struct mesh_options){
        .sid = sid,
        .net = &m->node->net.port,
        .loop = &m->node->loop,
        .resolver = &m->node->resolver.port,
        .log = &m->log,
        .connect_timeout_ms = 5000,
        .handshake_timeout_ms = 2000,
        .listens_on_all = true,
        .bind_retries = 3,
        .on_message = on_message,
        .on_bind_failed = on_bind_failed,
        .ctx = m,
    };
}

void mesh_world_open(struct mesh_world *w, uint64_t seed, int count)
{
    *w = (struct mesh_world){0};
    world_init(&w->world, seed);
    config_servers_init(&w->committed);
    config_servers_init(&w->seen);
    struct buf config = {0};
    for (int sid = 1; sid <= count; sid++) {
        open_member(w, sid);
        buf_printf(&config, "server.%d=m%d:2888:3888\n", sid, sid);
    }
    mesh_world_config(w, buf_cstr(&config), NULL);
    buf_fini(&config);
}

void mesh_world_close(struct mesh_world *w)
{
    for (int sid = 1; sid < MESH_WORLD_MAX; sid++) {
        struct mesh_member *m = &w->members[sid];
        if (m->node != NULL) {
            mesh_world_stop(w, sid);
        }
        buf_fini(&m->told);
        buf_fini(&m->logged);
    }
    while (world_step(&w->world)) {
    }
    assert_string_equal(w->world.failure, "");
    for (int sid = 1; sid < MESH_WORLD_MAX; sid++) {
        if (w->members[sid].node != NULL) {
            node_close(w->members[sid].node);
        }
    }
    config_servers_fini(&w->committed);
    config_servers_fini(&w->seen);
    names_fini(&w->world);
    world_fini(&w->world);
}

static void parse(const char *text, struct config_servers *ret)
{
    struct buf complaint = {0};
    struct buf copy = {0};
    config_servers_fini(ret);
    config_servers_init(ret);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *equals = memchr(line, '=', len);
        assert_non_null(equals);
        assert_int_equal(config_servers_add(ret, slice_of(line, (size_t)(equals - line)),
                                            slice_of(equals + 1, len - (size_t)(equals - line) - 1),
                                            true, &complaint),
                         ERR_OK);
        line += len + (line[len] == '\n' ? 1 : 0);
    }
    assert_int_equal(config_servers_check(ret, &complaint), ERR_OK);
    buf_fini(&complaint);
    buf_fini(&copy);
}

void mesh_world_config(struct mesh_world *w, const char *committed, const char *seen)
{
    parse(committed, &w->committed);
    parse(seen != NULL ? seen : committed, &w->seen);
    for (int sid = 1; sid < MESH_WORLD_MAX; sid++) {
        if (w->members[sid].mesh != NULL) {
            mesh_configure(w->members[sid].mesh, &w->committed, &w->seen);
        }
    }
}

void mesh_world_start(struct mesh_world *w, int sid)
{
    struct mesh_member *m = &w->members[sid];
    assert_null(m->mesh);
    m->mesh = mesh_new(&m->options);
    mesh_configure(m->mesh, &w->committed, &w->seen);
}

void mesh_world_stop(struct mesh_world *w, int sid)
{
    struct mesh_member *m = &w->members[sid];
    mesh_close(m->mesh);
    m->mesh = NULL;
    node_stop_process(m->node);
}

void mesh_world_say(struct mesh_world *w, int from, int64_t to, const char *text)
{
    mesh_send(w->members[from].mesh, to, slice_str(text));
}

static void on_alarm(struct port_timer *alarm)
{
    (void)alarm;
}

// Something happens at the end of that time, so that no step leads beyond it.
void mesh_world_run(struct mesh_world *w, int64_t ms)
{
    struct port_timer alarm = {.fire = on_alarm};
    world_start(&w->world, &alarm, ms * 1000000);
    while (alarm.impl != NULL && world_step(&w->world)) {
    }
    assert_string_equal(w->world.failure, "");
}

// ---- guests ----

static void guest_bytes(void *owner, struct slice bytes)
{
    struct mesh_guest *g = owner;
    buf_append_slice(&g->heard, bytes);
}

static void guest_end(void *owner, enum err reason)
{
    struct mesh_guest *g = owner;
    (void)reason;
    g->is_ended = true;
}

static const struct net_client_handler guest = {guest_bytes, guest_end};

void mesh_guest_connect(struct mesh_guest *g, struct mesh_world *w, int sid)
{
    *g = (struct mesh_guest){0};
    g->link = net_connect(w->members[sid].node, MESH_WORLD_PORT, &guest, g);
    assert_non_null(g->link);
}

void mesh_guest_send(struct mesh_guest *g, const void *bytes, size_t len)
{
    net_send(g->link, slice_of(bytes, len));
}

void mesh_guest_greet(struct mesh_guest *g, int64_t sid, const char *address)
{
    struct buf b = {0};
    buf_put_i64(&b, -65536);
    buf_put_i64(&b, sid);
    buf_put_i32(&b, (int32_t)strlen(address));
    buf_append_str(&b, address);
    net_send(g->link, buf_slice(&b));
    buf_fini(&b);
}

void mesh_guest_frame(struct mesh_guest *g, const char *text)
{
    struct buf b = {0};
    buf_put_i32(&b, (int32_t)strlen(text));
    buf_append_str(&b, text);
    net_send(g->link, buf_slice(&b));
    buf_fini(&b);
}

void mesh_guest_hang_up(struct mesh_guest *g)
{
    if (g->link != NULL) {
        net_hang_up(g->link);
    }
    buf_fini(&g->heard);
    *g = (struct mesh_guest){0};
}
