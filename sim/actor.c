// SPDX-License-Identifier: Apache-2.0
//
// What an actor sends, and what it thinks of the answers.
#include "sim/actor.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/buf.h"
#include "jute/multi.h"

enum {
    THINK_NS = 800000,
    PATH_BYTES = 32,
    WRITES_OF_TEN = 6, // requests that are writes
};

static struct slice path_of(const struct actor *a, int key, char to[PATH_BYTES])
{
    if (key < 0) {
        (void)snprintf(to, PATH_BYTES, "/a%d", a->number);
    } else {
        (void)snprintf(to, PATH_BYTES, "/a%d/k%d", a->number, key);
    }
    return slice_str(to);
}

static uint64_t below(struct actor *a, uint64_t bound)
{
    return prng_below(&a->world->prng, bound);
}

// ---- encoding ----

static struct jute_acl anyone(void)
{
    return (struct jute_acl){.perms = PERM_ALL,
                             .id = {.scheme = slice_str("world"), .id = slice_str("anyone")}};
}

static int32_t op_of(enum model_type type)
{
    static const int32_t ops[] = {[MODEL_CREATE] = OP_CREATE,
                                  [MODEL_DELETE] = OP_DELETE,
                                  [MODEL_SET] = OP_SET_DATA,
                                  [MODEL_CHECK] = OP_CHECK};
    return ops[type];
}

struct encoded_part {
    char path[PATH_BYTES];
    uint8_t data[MODEL_DATA_MAX];
    struct jute_acl acl;
    struct multi_op op;
};

static void make_part(const struct actor *a, const struct model_part *p, struct encoded_part *to)
{
    struct slice path = path_of(a, p->key, to->path);
    struct slice data = slice_of(to->data, model_data(p->value, to->data));
    to->acl = anyone();
    to->op.type = op_of(p->type);
    switch (p->type) {
    case MODEL_CREATE:
        to->op.create = (struct jute_create_request){
            .path = path,
            .data = data,
            .acl = {.count = 1, .items = &to->acl},
            .flags = p->key == MODEL_EPHEMERAL ? CREATE_EPHEMERAL : CREATE_PERSISTENT};
        break;
    case MODEL_SET:
        to->op.set_data = (struct jute_set_data_request){path, data, p->version};
        break;
    case MODEL_DELETE:
    case MODEL_CHECK:
        to->op.path_version = (struct jute_path_version){path, p->version};
        break;
    }
}

static void encode_single(const struct multi_op *op, struct buf *to)
{
    if (op->type == OP_CREATE) {
        jute_create_request_encode(&op->create, to);
    } else if (op->type == OP_SET_DATA) {
        jute_set_data_request_encode(&op->set_data, to);
    } else {
        jute_path_version_encode(&op->path_version, to);
    }
}

static int32_t encode_write(const struct actor *a, const struct model_write *w, struct buf *to)
{
    struct encoded_part parts[MODEL_PARTS];
    struct multi_op ops[MODEL_PARTS];
    for (int i = 0; i < w->count; i++) {
        make_part(a, &w->parts[i], &parts[i]);
        ops[i] = parts[i].op;
    }
    if (w->is_multi) {
        multi_encode(&(struct multi){.kind = MULTI_WRITES, .count = w->count, .ops = ops}, to);
        return OP_MULTI;
    }
    encode_single(&ops[0], to);
    return ops[0].type;
}

// ---- sending ----

static struct act *send_act(struct actor *a, int32_t type, struct slice body)
{
    ASSERT(a->open_count < MODEL_OPEN_MAX);
    struct act *act = &a->open[a->open_count++];
    *act = (struct act){.xid = a->next_xid++, .type = type};
    client_send(&a->client, act->xid, type, body);
    return act;
}

// What the model will be when everything open is done.
static struct model expected(const struct actor *a)
{
    struct model m = a->model;
    for (size_t i = 0; i < a->open_count; i++) {
        if (a->open[i].is_write) {
            (void)model_apply(&m, &a->open[i].write);
        }
    }
    return m;
}

static enum model_type choose_type(struct actor *a, bool exists, bool in_multi)
{
    uint64_t dice = below(a, 10);
    if (in_multi && dice == 0) {
        return MODEL_CHECK;
    }
    if (exists) {
        return dice < 6 ? MODEL_SET : dice < 9 ? MODEL_DELETE : MODEL_CREATE;
    }
    return dice < 7 ? MODEL_CREATE : dice < 9 ? MODEL_SET : MODEL_DELETE;
}

static struct model_part choose_part(struct actor *a, struct model *m, bool in_multi)
{
    struct model_part p = {.key = (int)below(a, MODEL_KEYS), .version = -1};
    const struct model_key *key = &m->keys[p.key];
    p.type = choose_type(a, key->exists, in_multi);
    if (below(a, 3) == 0) {
        p.version = key->version + (below(a, 8) == 0 ? 1 : 0); // sometimes a wrong one
    }
    p.value = ++a->next_value * 64 + (uint32_t)a->number;
    struct model_write alone = {.count = 1, .parts = {p}};
    (void)model_apply(m, &alone); // so that the parts of a multi fit each other
    return p;
}

static void send_write(struct actor *a)
{
    struct model m = expected(a);
    struct model_write w = {.is_multi = below(a, 3) == 0};
    w.count = w.is_multi ? 1 + (int)below(a, MODEL_PARTS) : 1;
    for (int i = 0; i < w.count; i++) {
        w.parts[i] = choose_part(a, &m, w.is_multi);
    }
    struct buf body = {0};
    int32_t type = encode_write(a, &w, &body);
    struct act *act = send_act(a, type, buf_slice(&body));
    act->is_write = true;
    act->write = w;
    buf_fini(&body);
}

static void send_read(struct actor *a, int key, bool watch)
{
    char path[PATH_BYTES];
    struct jute_path_watch request = {path_of(a, key, path), watch};
    struct buf body = {0};
    jute_path_watch_encode(&request, &body);
    struct act *act = send_act(a, below(a, 4) == 0 ? OP_EXISTS : OP_GET_DATA, buf_slice(&body));
    act->key = key;
    act->watch = watch;
    buf_fini(&body);
}

static void think_soon(struct actor *a)
{
    world_start(a->world, &a->think, world_delay(a->world, a->think_ns));
}

static void on_think_time(struct port_timer *timer)
{
    struct actor *a = CONTAINER_OF(timer, struct actor, think);
    if (a->state != ACTOR_WORKING || a->is_resting) {
        return;
    }
    for (uint64_t burst = 1 + below(a, 4); burst > 0; burst--) {
        if (a->open_count == MODEL_OPEN_MAX) {
            break;
        }
        if (below(a, 10) < WRITES_OF_TEN) {
            send_write(a);
        } else {
            send_read(a, (int)below(a, MODEL_KEYS), below(a, 2) == 0);
        }
    }
    think_soon(a);
}

// ---- reconciling ----

enum { RECONCILE_CREATE, RECONCILE_BARRIER, RECONCILE_READS }; // offsets of xids

static void reconcile(struct actor *a)
{
    a->state = ACTOR_RECONCILING;
    a->reconcile_refused = false;
    a->reconcile_xid = a->next_xid;
    memset(&a->found, 0, sizeof(a->found));
    struct encoded_part root;
    make_part(a, &(struct model_part){.type = MODEL_CREATE, .key = -1}, &root);
    struct buf body = {0};
    encode_single(&root.op, &body);
    client_send(&a->client, a->next_xid++, OP_CREATE, buf_slice(&body));
    make_part(a, &(struct model_part){.type = MODEL_SET, .key = -1, .version = -1}, &root);
    buf_clear(&body);
    encode_single(&root.op, &body);
    client_send(&a->client, a->next_xid++, OP_SET_DATA, buf_slice(&body));
    for (int key = 0; key < MODEL_KEYS; key++) {
        char path[PATH_BYTES];
        buf_clear(&body);
        jute_path_watch_encode(&(struct jute_path_watch){path_of(a, key, path), false}, &body);
        client_send(&a->client, a->next_xid++, OP_GET_DATA, buf_slice(&body));
    }
    buf_fini(&body);
}

static void describe(const struct model *m, char *to, size_t size)
{
    size_t len = 0;
    for (int i = 0; i < MODEL_KEYS && len < size; i++) {
        const struct model_key *k = &m->keys[i];
        int n = k->exists ? snprintf(to + len, size - len, " k%d=%u.v%d", i, k->value, k->version)
                          : snprintf(to + len, size - len, " k%d=-", i);
        len += n > 0 ? (size_t)n : 0;
    }
}

static void settle(struct actor *a)
{
    if (!model_matches(&a->model, a->unsettled, a->unsettled_count, a->may_refuse, a->session_ended,
                       &a->found)) {
        char known[160];
        char found[160];
        describe(&a->model, known, sizeof(known));
        describe(&a->found, found, sizeof(found));
        world_fail(a->world, "actor %d: acknowledged%s, with %zu writes open; found%s", a->number,
                   known, a->unsettled_count, found);
        return;
    }
    a->model = a->found;
    a->unsettled_count = 0;
    a->session_ended = false;
    a->state = ACTOR_WORKING;
    think_soon(a);
}

static bool decode_node(struct actor *a, int key, struct jute_in *body, struct model_key *ret)
{
    struct jute_get_data_response r;
    uint32_t value;
    if (!jute_get_data_response_decode(body, &r)) {
        world_fail(a->world, "actor %d: an answer to getData does not decode", a->number);
        return false;
    }
    if (!model_value(r.data.data, r.data.len, &value)) {
        world_fail(a->world, "actor %d: k%d holds %zu bytes that nobody wrote", a->number, key,
                   r.data.len);
        return false;
    }
    int64_t owner = key == MODEL_EPHEMERAL ? a->client.session_id : 0;
    if (r.stat.ephemeral_owner != owner || r.stat.data_length != (int32_t)r.data.len) {
        world_fail(a->world, "actor %d: the stat of k%d has owner 0x%llx, length %d", a->number,
                   key, (unsigned long long)r.stat.ephemeral_owner, r.stat.data_length);
        return false;
    }
    *ret = (struct model_key){
        .exists = true, .version = r.stat.version, .value = value, .mzxid = r.stat.mzxid};
    return true;
}

static void on_reconcile_reply(struct actor *a, const struct jute_reply_header *h,
                               struct jute_in *body)
{
    int32_t step = h->xid - a->reconcile_xid;
    int key = step - RECONCILE_READS;
    if (step == RECONCILE_CREATE) {
        a->reconcile_refused = h->err != ZK_OK && h->err != ZK_NODE_EXISTS;
    } else if (step == RECONCILE_BARRIER) {
        a->reconcile_refused |= h->err != ZK_OK;
    } else if (h->err == ZK_OK) {
        (void)decode_node(a, key, body, &a->found.keys[key]);
    } else if (h->err != ZK_NO_NODE) {
        world_fail(a->world, "actor %d: getData of k%d answers %d", a->number, key, h->err);
    }
    if (a->reconcile_refused && !a->may_refuse) {
        world_fail(a->world, "actor %d: a write answers %d though nothing fails", a->number,
                   h->err);
    }
    if (key == MODEL_KEYS - 1) {
        if (a->reconcile_refused) {
            reconcile(a);
        } else {
            settle(a);
        }
    }
}

// ---- answers ----

// The code of a multi: that of its first failed part.
static int32_t multi_code(struct actor *a, const struct act *act, struct jute_in *body)
{
    for (int i = 0; i < act->write.count; i++) {
        struct jute_multi_header h;
        struct jute_error_response e;
        if (!jute_multi_header_decode(body, &h) || h.done) {
            world_fail(a->world, "actor %d: an answer to multi does not decode", a->number);
            return ZK_MARSHALLING_ERROR;
        }
        if (h.type != OP_ERROR) {
            return ZK_OK; // results, not errors: the whole multi succeeded
        }
        if (jute_error_response_decode(body, &e) && e.err != ZK_OK) {
            return e.err;
        }
    }
    return ZK_OK;
}

static void check_set_stat(struct actor *a, const struct act *act,
                           const struct jute_reply_header *h, struct jute_in *body)
{
    struct jute_stat stat;
    int key = act->write.parts[0].key;
    if (!jute_stat_decode(body, &stat) || stat.mzxid != h->zxid ||
        stat.version != a->model.keys[key].version) {
        world_fail(a->world, "actor %d: the stat after setData of k%d is wrong", a->number, key);
    }
}

// The events of this write had to come before its answer.
static void check_watches(struct actor *a, const struct model_write *w)
{
    for (int i = 0; i < w->count; i++) {
        int key = w->parts[i].key;
        if (w->parts[i].type != MODEL_CHECK && a->is_armed[key]) {
            world_fail(a->world, "actor %d: a write of k%d was answered before its watch event",
                       a->number, key);
        }
    }
}

static void remember_zxid(struct actor *a, const struct model_write *w, int64_t zxid)
{
    for (int i = 0; i < w->count; i++) {
        if (w->parts[i].type != MODEL_CHECK) {
            a->model.keys[w->parts[i].key].mzxid = zxid;
        }
    }
}

static void on_write_reply(struct actor *a, const struct act *act,
                           const struct jute_reply_header *h, struct jute_in *body)
{
    int32_t code = h->err;
    if (act->write.is_multi && code == ZK_OK) {
        code = multi_code(a, act, body);
    }
    if (code == ZK_SYSTEM_ERROR && a->may_refuse) {
        a->writes_refused++; // and nothing of it may ever be seen
        return;
    }
    enum zk_code right = model_apply(&a->model, &act->write);
    if (code != (int32_t)right) {
        world_fail(a->world, "actor %d: request %d of type %d answers %d instead of %d", a->number,
                   act->xid, act->type, code, (int)right);
        return;
    }
    a->writes_done++;
    if (right == ZK_OK) {
        remember_zxid(a, &act->write, h->zxid);
        check_watches(a, &act->write);
        if (act->type == OP_SET_DATA) {
            check_set_stat(a, act, h, body);
        }
    }
}

static void check_exists(struct actor *a, int key, struct jute_in *body)
{
    struct jute_stat stat;
    const struct model_key *known = &a->model.keys[key];
    if (!jute_stat_decode(body, &stat) || stat.version != known->version) {
        world_fail(a->world, "actor %d: exists of k%d has a wrong stat", a->number, key);
    }
}

static void check_data(struct actor *a, int key, struct jute_in *body)
{
    struct model_key seen;
    const struct model_key *known = &a->model.keys[key];
    if (!decode_node(a, key, body, &seen)) {
        return;
    }
    if (seen.version != known->version || seen.value != known->value ||
        (known->mzxid != 0 && seen.mzxid != known->mzxid)) {
        world_fail(a->world, "actor %d: reads k%d=%u.v%d after %u.v%d was answered", a->number, key,
                   seen.value, seen.version, known->value, known->version);
    }
}

static void on_read_reply(struct actor *a, const struct act *act, const struct jute_reply_header *h,
                          struct jute_in *body)
{
    const struct model_key *known = &a->model.keys[act->key];
    if (h->err != (known->exists ? ZK_OK : ZK_NO_NODE)) {
        world_fail(a->world, "actor %d: a read of k%d answers %d", a->number, act->key, h->err);
        return;
    }
    if (h->err == ZK_OK && act->type == OP_EXISTS) {
        check_exists(a, act->key, body);
    } else if (h->err == ZK_OK) {
        check_data(a, act->key, body);
    }
    if (act->watch && (h->err == ZK_OK || act->type == OP_EXISTS)) {
        a->is_armed[act->key] = true;
    }
}

// ---- the session's callbacks ----

static void on_open(void *owner, bool is_new)
{
    struct actor *a = owner;
    a->session_ended |= is_new;
    reconcile(a);
}

static void on_reply(void *owner, const struct jute_reply_header *h, struct jute_in *body)
{
    struct actor *a = owner;
    if (a->state == ACTOR_RECONCILING) {
        on_reconcile_reply(a, h, body);
        return;
    }
    struct act act = a->open[0];
    if (a->open_count == 0 || act.xid != h->xid) {
        world_fail(a->world, "actor %d: an answer to %d where %d is due", a->number, h->xid,
                   act.xid);
        return;
    }
    a->open_count--;
    memmove(a->open, a->open + 1, a->open_count * sizeof(a->open[0]));
    if (act.is_write) {
        on_write_reply(a, &act, h, body);
    } else {
        on_read_reply(a, &act, h, body);
    }
}

static void on_event(void *owner, const struct jute_watcher_event *event, int64_t zxid)
{
    (void)zxid;
    struct actor *a = owner;
    for (int key = 0; key < MODEL_KEYS; key++) {
        char path[PATH_BYTES];
        if (slice_equal(event->path, path_of(a, key, path)) && a->is_armed[key]) {
            a->is_armed[key] = false;
            return;
        }
    }
    world_fail(a->world, "actor %d: an event of type %d that no watch asked for", a->number,
               event->type);
}

static void on_lost(void *owner)
{
    struct actor *a = owner;
    for (size_t i = 0; i < a->open_count; i++) {
        if (a->open[i].is_write) {
            a->unsettled[a->unsettled_count++] = a->open[i].write;
        }
    }
    a->open_count = 0;
    a->state = ACTOR_AWAY;
    memset(a->is_armed, 0, sizeof(a->is_armed)); // watches go with the connection
    timers_stop(&a->world->events, &a->think);
}

static const struct client_handler handler = {on_open, on_reply, on_event, on_lost};

void actor_init(struct actor *a, struct sim_node *server, uint16_t port, int number)
{
    *a = (struct actor){
        .world = server->world, .number = number, .next_xid = 1, .think_ns = THINK_NS};
    a->think.fire = on_think_time;
    client_init(&a->client, server, port, &handler, a);
}

void actor_fini(struct actor *a)
{
    client_fini(&a->client);
}

void actor_start(struct actor *a)
{
    client_start(&a->client);
}
