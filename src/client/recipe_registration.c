// SPDX-License-Identifier: Apache-2.0
//
// An ephemeral node that is kept in its place.
//
//     MAKING ──made──► THERE ──deleted, session renewed──► MAKING
//        │ ▲
//        │ └── the other one is gone
//        └──another session's is there──► WAITING
//
// Source: Curator's PersistentNode, ServiceDiscovery.
#include <string.h>

#include "base/mem.h"
#include "client/recipe.h"

enum { PAUSE_MS = 100 }; // after memory or room was out

enum phase { MAKING, WAITING, THERE, ENDED };

struct paddock_registration {
    struct recipe recipe; // first
    char *path;
    void *value;
    size_t value_len;
    bool has_value;
    paddock_hold_fn *on_hold;
    void *ctx;
    enum paddock_mode parents; // that are made when they are missing
    bool has_made_parents;

    // Under the pump's lock.
    enum phase phase;
    bool is_dirty;      // something happened to the node
    int64_t session_id; // of the node, in THERE
    int64_t retry_at_ms;
    int end_code; // in ENDED
    enum paddock_hold told;
};

static void pump_lock(struct paddock_registration *g)
{
    g->recipe.zk->ports->pump->lock(g->recipe.zk->ports->pump);
}

static void pump_unlock(struct paddock_registration *g)
{
    g->recipe.zk->ports->pump->unlock(g->recipe.zk->ports->pump);
}

static void move(struct paddock_registration *g, enum phase phase)
{
    struct port_pump *pump = g->recipe.zk->ports->pump;
    pump->lock(pump);
    g->phase = phase;
    pump->notify(pump);
    pump->unlock(pump);
}

static void end(struct paddock_registration *g, int code)
{
    g->end_code = code;
    move(g, ENDED);
}

static void submit(struct paddock_registration *g, struct paddock_op op, recipe_done_fn *done)
{
    op.path = g->path;
    int code = recipe_submit(&g->recipe, &op, done);
    if (code == PADDOCK_NO_MEMORY || code == PADDOCK_QUEUE_FULL) {
        g->retry_at_ms = handle_now(g->recipe.zk) + PAUSE_MS;
    } else if (code != PADDOCK_OK) {
        end(g, code);
    }
}

static void make(struct paddock_registration *g);
static void see(struct paddock_registration *g);

// Whatever went wrong with a request: again, or for good.
static void fail(struct paddock_registration *g, int code,
                 void (*again)(struct paddock_registration *))
{
    if (recipe_is_lost(code) || (code == PADDOCK_SESSION_EXPIRED && recipe_renews(g->recipe.zk))) {
        again(g);
    } else {
        end(g, code);
    }
}

static void on_seen(struct recipe *r, const struct paddock_result *result)
{
    struct paddock_registration *g = (struct paddock_registration *)r;
    struct paddock_session_info session;
    paddock_session(r->zk, &session);
    if (result->code == PADDOCK_NO_NODE) {
        make(g);
    } else if (result->code != PADDOCK_OK) {
        fail(g, result->code, see);
    } else if (result->stat.ephemeral_owner == session.id) {
        g->session_id = session.id;
        move(g, THERE);
    } else {
        move(g, WAITING);
    }
}

static void see(struct paddock_registration *g)
{
    submit(g, (struct paddock_op){.type = PADDOCK_OP_EXISTS, .watch = recipe_watch()}, on_seen);
}

static void on_made(struct recipe *r, const struct paddock_result *result)
{
    struct paddock_registration *g = (struct paddock_registration *)r;
    if (result->code == PADDOCK_NO_NODE) {
        // A server that has no containers gets plain parents at the second attempt.
        g->parents = g->has_made_parents ? PADDOCK_PERSISTENT : PADDOCK_CONTAINER;
        g->has_made_parents = true;
        (void)recipe_make_parents(r->zk, g->path, g->parents);
        make(g);
    } else if (result->code == PADDOCK_OK || result->code == PADDOCK_NODE_EXISTS) {
        g->has_made_parents = false;
        see(g); // whose it is, and a watch
    } else {
        fail(g, result->code, make);
    }
}

static void make(struct paddock_registration *g)
{
    move(g, MAKING);
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .mode = PADDOCK_EPHEMERAL};
    op.data = g->has_value ? paddock_bytes_of(g->value, g->value_len) : op.data;
    submit(g, op, on_made);
}

// ---- the object ----

static enum paddock_hold hold_now(const struct paddock_registration *g, int64_t now_ms,
                                  int64_t *due_ms)
{
    return g->phase != THERE ? PADDOCK_LOST
                             : recipe_hold(g->recipe.zk, g->session_id, now_ms, due_ms);
}

static bool is_work_due(const struct paddock_registration *g, int64_t now_ms)
{
    const struct session *s = &g->recipe.zk->session;
    bool is_past = g->phase == THERE && s->id != g->session_id && s->phase == SESSION_OPEN;
    return g->phase != ENDED && !g->recipe.is_busy &&
           (g->is_dirty || is_past || now_ms >= g->retry_at_ms || s->phase == SESSION_ENDED);
}

static bool look(struct recipe *r, int64_t now_ms, int64_t *due_ms)
{
    struct paddock_registration *g = (struct paddock_registration *)r;
    if (g->retry_at_ms < *due_ms && !r->is_busy) {
        *due_ms = g->retry_at_ms;
    }
    return hold_now(g, now_ms, due_ms) != g->told || is_work_due(g, now_ms);
}

static void act(struct recipe *r)
{
    struct paddock_registration *g = (struct paddock_registration *)r;
    int64_t unused = INT64_MAX;
    pump_lock(g);
    enum paddock_hold hold = hold_now(g, handle_now(r->zk), &unused);
    bool is_news = hold != g->told;
    g->told = hold;
    bool is_due = is_work_due(g, handle_now(r->zk));
    if (is_due) {
        g->is_dirty = false;
        g->retry_at_ms = INT64_MAX;
    }
    pump_unlock(g);
    if (is_due) {
        see(g);
    }
    if (is_news && g->on_hold != NULL) {
        g->on_hold(r->zk, hold, g->ctx);
    }
}

static void hear(struct recipe *r, const struct paddock_event *event)
{
    struct paddock_registration *g = (struct paddock_registration *)r;
    g->is_dirty = g->is_dirty || strcmp(event->path, g->path) == 0;
}

static void registration_free(struct recipe *r)
{
    struct paddock_registration *g = (struct paddock_registration *)r;
    mem_free(g->path);
    mem_free(g->value);
    mem_free(g);
}

static const struct recipe_type registration_type = {
    .look = look, .act = act, .hear = hear, .free = registration_free};

int paddock_register(struct paddock *zk, const char *path, struct paddock_bytes value,
                     paddock_hold_fn *on_hold, void *ctx, struct paddock_registration **ret)
{
    *ret = NULL;
    if (path == NULL || path[0] != '/') {
        return PADDOCK_BAD_ARGUMENTS;
    }
    struct paddock_registration *g = mem_try_alloc(sizeof(*g));
    if (g == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    *g = (struct paddock_registration){.path = recipe_strdup(path),
                                       .value = mem_try_alloc(value.len + 1),
                                       .value_len = value.len,
                                       .has_value = value.bytes != NULL,
                                       .on_hold = on_hold,
                                       .ctx = ctx,
                                       .told = PADDOCK_LOST};
    if (g->path == NULL || g->value == NULL) {
        registration_free(&g->recipe);
        return PADDOCK_NO_MEMORY;
    }
    if (value.bytes != NULL) {
        memcpy(g->value, value.bytes, value.len);
    }
    recipe_add(&g->recipe, zk, &registration_type); // its first request is due at once
    recipe_kick(zk);
    *ret = g;
    return PADDOCK_OK;
}

int paddock_registration_wait(struct paddock_registration *g, int timeout_ms)
{
    struct errand e;
    int code = errand_begin(&e, g->recipe.zk, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    pump_lock(g);
    while (g->phase != THERE && g->phase != ENDED && !errand_is_over(&e)) {
        handle_wait(e.zk, e.deadline_ms);
    }
    code = g->phase == THERE   ? PADDOCK_OK
           : g->phase == ENDED ? g->end_code
                               : PADDOCK_OPERATION_TIMEOUT;
    pump_unlock(g);
    return code;
}

// A creation that is under way is followed by the deletion in the order of the session.
int paddock_unregister(struct paddock_registration *g, int timeout_ms)
{
    struct paddock *zk = g->recipe.zk;
    if (zk == NULL) {
        recipe_drop(&g->recipe);
        return PADDOCK_OK;
    }
    struct paddock_session_info session;
    paddock_session(zk, &session);
    pump_lock(g);
    bool may_be_ours = g->phase == MAKING || g->phase == THERE;
    g->phase = ENDED; // act makes nothing any more
    pump_unlock(g);
    char *path = may_be_ours ? recipe_strdup(g->path) : NULL;
    recipe_drop(&g->recipe);
    int code = path != NULL ? sweep_wait(zk, session.id, path, true, timeout_ms) : PADDOCK_OK;
    mem_free(path);
    return code;
}
