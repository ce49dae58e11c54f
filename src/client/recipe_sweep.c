// SPDX-License-Identifier: Apache-2.0
//
// Removing a node whose deletion, or creation, may have an unknown fate: asked again until a server
// has agreed. A creation that is still under way stands before us in the order of the session, and
// once the session has moved to another server the old one can carry out nothing for it any more.
#include <string.h>

#include "base/mem.h"
#include "client/recipe.h"

enum { PAUSE_MS = 100 }; // after memory or room was out

struct sweep {
    struct recipe recipe; // first
    int64_t session_id;
    char *path, *dir, *unique; // path may be NULL, or the others
    bool *is_done;
    bool looks_first; // at the owner: an attempt was lost, or others use this name, too
    int64_t retry_at_ms;
};

static void sweep_free(struct recipe *r)
{
    struct sweep *sw = (struct sweep *)r;
    mem_free(sw->path);
    mem_free(sw->dir);
    mem_free(sw->unique);
    mem_free(sw);
}

static void finish(struct sweep *sw)
{
    struct paddock *zk = sw->recipe.zk;
    struct port_pump *pump = zk->ports->pump;
    pump->lock(pump);
    if (sw->is_done != NULL) {
        *sw->is_done = true;
        pump->notify(pump);
    }
    pump->unlock(pump);
    recipe_drop(&sw->recipe);
}

static void step(struct sweep *sw);

// After an answer that is not the last one: again, or the end.
static void go_on(struct sweep *sw, int code)
{
    if (recipe_is_lost(code)) {
        sw->looks_first = true;
        step(sw);
    } else {
        finish(sw);
    }
}

static void on_deleted(struct recipe *r, const struct paddock_result *result)
{
    go_on((struct sweep *)r, result->code);
}

static void submit(struct sweep *sw, struct paddock_op op, recipe_done_fn *done)
{
    int code = recipe_submit(&sw->recipe, &op, done);
    if (code == PADDOCK_NO_MEMORY || code == PADDOCK_QUEUE_FULL) {
        sw->retry_at_ms = handle_now(sw->recipe.zk) + PAUSE_MS;
    } else if (code != PADDOCK_OK) {
        finish(sw);
    }
}

static void delete_it(struct sweep *sw)
{
    submit(sw, (struct paddock_op){.type = PADDOCK_OP_DELETE, .path = sw->path}, on_deleted);
}

// After a lost deletion the place may be another's already.
static void on_seen(struct recipe *r, const struct paddock_result *result)
{
    struct sweep *sw = (struct sweep *)r;
    if (result->code == PADDOCK_OK && result->stat.ephemeral_owner == sw->session_id) {
        delete_it(sw);
    } else {
        go_on(sw, result->code);
    }
}

static void on_children(struct recipe *r, const struct paddock_result *result)
{
    struct sweep *sw = (struct sweep *)r;
    for (size_t i = 0; i < result->string_count; i++) {
        if (strncmp(result->strings[i], sw->unique, strlen(sw->unique)) == 0) {
            sw->path = recipe_join(sw->dir, result->strings[i], "");
            if (sw->path == NULL) {
                sw->retry_at_ms = handle_now(r->zk) + PAUSE_MS;
            } else {
                delete_it(sw);
            }
            return;
        }
    }
    go_on(sw, result->code);
}

static void step(struct sweep *sw)
{
    struct paddock *zk = sw->recipe.zk;
    sw->retry_at_ms = INT64_MAX;
    if (sw->path == NULL) {
        struct paddock_op sync = {.type = PADDOCK_OP_SYNC, .path = sw->dir};
        (void)paddock_submit(zk, &sync, NULL, NULL); // a server that lags behind catches up
        submit(sw, (struct paddock_op){.type = PADDOCK_OP_GET_CHILDREN, .path = sw->dir},
               on_children);
    } else if (sw->looks_first) {
        submit(sw, (struct paddock_op){.type = PADDOCK_OP_EXISTS, .path = sw->path}, on_seen);
    } else {
        delete_it(sw);
    }
}

static bool look(struct recipe *r, int64_t now_ms, int64_t *due_ms)
{
    struct sweep *sw = (struct sweep *)r;
    const struct session *s = &r->zk->session;
    bool is_past = s->id != sw->session_id || s->phase == SESSION_ENDED; // its nodes are gone
    if (r->is_busy || (!is_past && now_ms < sw->retry_at_ms)) {
        *due_ms = !r->is_busy && sw->retry_at_ms < *due_ms ? sw->retry_at_ms : *due_ms;
        return false;
    }
    return true;
}

static void act(struct recipe *r)
{
    struct sweep *sw = (struct sweep *)r;
    struct paddock_session_info session;
    paddock_session(r->zk, &session);
    if (session.id != sw->session_id || paddock_state(r->zk) == PADDOCK_STATE_CLOSED ||
        paddock_state(r->zk) == PADDOCK_STATE_EXPIRED) {
        finish(sw);
    } else {
        step(sw);
    }
}

static const struct recipe_type sweep_type = {
    .look = look, .act = act, .free = sweep_free, .is_own = true};

static int start(struct paddock *zk, struct sweep about, const char *path, const char *dir,
                 const char *unique, struct sweep **ret)
{
    struct sweep *sw = mem_try_alloc(sizeof(*sw));
    if (sw == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    *sw = about;
    sw->path = path != NULL ? recipe_strdup(path) : NULL;
    sw->dir = path == NULL ? recipe_strdup(dir) : NULL;
    sw->unique = path == NULL ? recipe_strdup(unique) : NULL;
    bool is_whole = sw->path != NULL || (sw->dir != NULL && sw->unique != NULL);
    if (!is_whole) {
        sweep_free(&sw->recipe);
        return PADDOCK_NO_MEMORY;
    }
    if (ret != NULL) {
        *ret = sw;
    }
    recipe_add(&sw->recipe, zk, &sweep_type); // its first step is due at once
    recipe_kick(zk);
    return PADDOCK_OK;
}

int sweep_start(struct paddock *zk, int64_t session_id, const char *path, const char *dir,
                const char *unique)
{
    return start(zk, (struct sweep){.session_id = session_id}, path, dir, unique, NULL);
}

// Nobody waits for `is_done` any more. With the lock held, while it is not set.
static void sweep_forget(struct sweep *sweep)
{
    sweep->is_done = NULL;
}

int sweep_wait(struct paddock *zk, int64_t session_id, const char *path, bool looks_first,
               int timeout_ms)
{
    bool is_done = false;
    struct sweep *sw;
    struct errand e;
    int code = errand_begin(&e, zk, timeout_ms);
    if (code == PADDOCK_OK) {
        struct sweep about = {
            .session_id = session_id, .is_done = &is_done, .looks_first = looks_first};
        code = start(zk, about, path, NULL, NULL, &sw);
    }
    if (code != PADDOCK_OK) {
        return code;
    }
    struct port_pump *pump = zk->ports->pump;
    pump->lock(pump);
    while (!is_done && !errand_is_over(&e)) {
        handle_wait(zk, e.deadline_ms);
    }
    if (!is_done) {
        sweep_forget(sw);
        code = PADDOCK_OPERATION_TIMEOUT;
    }
    pump->unlock(pump);
    return code;
}
