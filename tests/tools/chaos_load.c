// SPDX-License-Identifier: Apache-2.0
//
// Clients of the library that share nodes: the load of tests/chaos. What they ask is what the
// simulator's visitors ask (sim/visit.h); how it leaves is the library's business.
//
//     chaos_load SEED WITHOUT SERVERS SERVERS ...    one client for each list of servers
//
// WITHOUT: prefixes of paths that are left alone, with commas between them. Client n writes the
// values n, n + 16, n + 32, ..., so that no two write the same. The end of the input is the end of
// the load: requests that are under way are waited for, sessions are closed, and one line says how
// many requests ended in which way.
#include <errno.h>
#include <inttypes.h>
#include <paddock/paddock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "sim/transcript.h"
#include "sim/visit.h"
#include "sim/wish.h"
#include "sim/world.h"

enum {
    SESSION_TIMEOUT_MS = 6000,
    REQUEST_TIMEOUT_MS = 20000,
    CLOSE_MS = 1000,
    THINK_MS = 25, // at most, between two bursts of a client
    BURST = 3,
    PARTS_MAX = 4,
    TURN_MS = 5,
};

struct load;

struct load_client {
    struct visitor visitor;
    struct load *load;
    struct paddock *zk; // NULL while it cannot be opened
    const char *servers;
    size_t open_count;
    size_t base_open; // creates of base nodes without an answer
    bool has_base;
    bool base_failed;
    int64_t due_ms; // its next burst
};

struct load {
    struct load_client clients[TRANSCRIPT_CLIENTS_MAX];
    int count;
    const char *without;
    bool is_making_base;
    bool is_ending;
    uint64_t ok, failed, unknown, not_sent, sessions;
};

struct call {
    struct load_client *client;
    struct annals_part part; // of a multi: the first
    bool is_base;
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// ---- answers ----

static void note_seen(struct visitor *v, const struct annals_part *p,
                      const struct paddock_result *r)
{
    bool is_sequential = annals_is_create(p->type) && (p->mode == CREATE_PERSISTENT_SEQUENTIAL ||
                                                       p->mode == CREATE_EPHEMERAL_SEQUENTIAL);
    if (is_sequential && r->path != NULL) {
        v->made[v->made_next++ % VISITOR_MADE_MAX] = annals_node(v->history, slice_str(r->path));
    } else if (r->stat.czxid != 0 && p->node < VISITOR_NODES_MAX) {
        v->versions[p->node] = r->stat.version;
    }
}

static void on_done(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    struct call *call = ctx;
    struct load_client *c = call->client;
    struct load *l = c->load;
    c->open_count--;
    if (call->is_base) {
        c->base_open--;
        c->base_failed |= r->code != PADDOCK_OK && r->code != PADDOCK_NODE_EXISTS;
    }
    uint64_t *count = r->fate == PADDOCK_UNKNOWN    ? &l->unknown
                      : r->fate == PADDOCK_NOT_SENT ? &l->not_sent
                      : r->code == PADDOCK_OK       ? &l->ok
                                                    : &l->failed;
    (*count)++;
    if (r->code == PADDOCK_OK) {
        note_seen(&c->visitor, &call->part, r);
    }
    mem_free(call);
}

// ---- requests ----

static void on_watch(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk; // the transcript has it
    (void)event;
    (void)ctx;
}

static bool is_left_alone(const struct load_client *c, int32_t node)
{
    const char *path = annals_path(c->visitor.history, node);
    const char *prefix = c->load->without;
    while (*prefix != 0) {
        size_t len = strcspn(prefix, ",");
        if (strncmp(path, prefix, len) == 0 && (path[len] == 0 || path[len] == '/')) {
            return true;
        }
        prefix += len + (prefix[len] == ',');
    }
    return false;
}

static void send_call(struct visitor *v, int32_t type, struct annals_part *parts, size_t count)
{
    struct load_client *c = CONTAINER_OF(v, struct load_client, visitor);
    struct paddock_op ops[PARTS_MAX];
    uint8_t data[PARTS_MAX][MODEL_DATA_MAX];
    if (type == OP_CLOSE_SESSION || is_left_alone(c, parts[0].node)) {
        return; // a session is closed where no callback is under way
    }
    ASSERT(count <= PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        uint32_t value = parts[i].value * TRANSCRIPT_CLIENTS_MAX + (uint32_t)v->number;
        ops[i] =
            wish_op(v->history, &parts[i], value, (struct paddock_watch){on_watch, NULL}, data[i]);
    }
    struct paddock_op many = {.type = wish_type(type), .parts = ops, .part_count = count};
    bool is_many = type == OP_MULTI || type == OP_MULTI_READ;
    struct call *call = mem_alloc(sizeof(*call));
    *call = (struct call){c, parts[0], c->load->is_making_base};
    if (paddock_submit(c->zk, is_many ? &many : &ops[0], on_done, call) != PADDOCK_OK) {
        c->base_failed |= call->is_base;
        mem_free(call);
        return;
    }
    c->open_count++;
    c->base_open += call->is_base;
}

// ---- sessions ----

static void open_client(struct load_client *c)
{
    struct load *l = c->load;
    struct paddock_options options = {.servers = c->servers,
                                      .session_timeout_ms = SESSION_TIMEOUT_MS,
                                      .request_timeout_ms = REQUEST_TIMEOUT_MS,
                                      .flags = PADDOCK_NO_THREAD | PADDOCK_RENEW};
    for (int i = 0; i < l->count; i++) {
        if (l->clients[i].zk != NULL) {
            options.beside = l->clients[i].zk;
        }
    }
    int code = paddock_open(&options, &c->zk);
    if (code != PADDOCK_OK) {
        fprintf(stderr, "chaos_load: %s: %s\n", c->servers, paddock_code_name(code));
        exit(1);
    }
    l->sessions++;
    struct paddock_op auth = {
        .type = PADDOCK_OP_ADD_AUTH, .scheme = "digest", .data = paddock_text("alice:secret")};
    if (c->visitor.number % 2 == 0) {
        (void)paddock_submit(c->zk, &auth, NULL, NULL);
    }
}

static void renew_client(struct load_client *c)
{
    c->visitor.is_closing = false;
    (void)paddock_close_within(c->zk, CLOSE_MS);
    c->zk = NULL;
    ASSERT(c->open_count == 0);
    open_client(c);
}

static void make_base(struct load_client *c)
{
    if (c->base_open > 0) {
        return;
    }
    if (c->has_base && !c->base_failed) {
        return;
    }
    c->has_base = true;
    c->base_failed = false;
    c->load->is_making_base = true;
    (void)visit_base(&c->visitor);
    c->load->is_making_base = false;
}

static void think(struct load_client *c)
{
    struct visitor *v = &c->visitor;
    if (v->is_closing) {
        renew_client(c);
    }
    make_base(c);
    uint64_t burst = c->base_open > 0 ? 0 : 1 + prng_below(&v->world->prng, BURST);
    while (burst-- > 0 && c->open_count < VISITOR_OPEN_MAX && !v->is_closing) {
        visit(v);
    }
    c->due_ms = now_ms() + 1 + (int64_t)prng_below(&v->world->prng, THINK_MS);
}

// ---- the load ----

static size_t under_way(const struct load *l)
{
    size_t count = 0;
    for (int i = 0; i < l->count; i++) {
        count += l->clients[i].open_count;
    }
    return count;
}

static void look_at_input(struct load *l)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    char bytes[64];
    if (!l->is_ending && poll(&in, 1, 0) > 0) {
        ssize_t len = read(STDIN_FILENO, bytes, sizeof(bytes));
        l->is_ending = len == 0 || (len < 0 && errno != EINTR);
    }
}

static void run(struct load *l)
{
    while (!l->is_ending || under_way(l) > 0) {
        paddock_turn(l->clients[0].zk, TURN_MS);
        look_at_input(l);
        for (int i = 0; i < l->count && !l->is_ending; i++) {
            if (l->clients[i].due_ms <= now_ms()) {
                think(&l->clients[i]);
            }
        }
    }
    for (int i = 0; i < l->count; i++) {
        (void)paddock_close_within(l->clients[i].zk, CLOSE_MS);
    }
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 3 + TRANSCRIPT_CLIENTS_MAX) {
        fputs("usage: chaos_load SEED WITHOUT SERVERS...\n", stderr);
        return 2;
    }
    struct load *l = mem_zalloc(sizeof(*l));
    struct world world = {0};                      // of which visit() takes the generator
    struct annals history[TRANSCRIPT_CLIENTS_MAX]; // the names of nodes that each client knows
    prng_init(&world.prng, strtoull(argv[1], NULL, 10));
    l->without = argv[2];
    l->count = argc - 3;
    for (int i = 0; i < l->count; i++) {
        struct load_client *c = &l->clients[i];
        annals_init(&history[i]);
        visitor_name_nodes(&history[i]);
        history[i].may_be_stale = true;
        *c = (struct load_client){.load = l, .servers = argv[3 + i]};
        c->visitor = (struct visitor){
            .world = &world, .history = &history[i], .send = send_call, .number = i};
        open_client(c);
    }
    run(l);
    printf("sessions=%" PRIu64 " ok=%" PRIu64 " failed=%" PRIu64 " unknown=%" PRIu64
           " not_sent=%" PRIu64 "\n",
           l->sessions, l->ok, l->failed, l->unknown, l->not_sent);
    for (int i = 0; i < l->count; i++) {
        annals_fini(&history[i]);
    }
    mem_free(l);
    return 0;
}
