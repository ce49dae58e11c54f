// SPDX-License-Identifier: Apache-2.0
//
// A value that is followed: read with a watch, and again whenever that fires. The watch is set by
// the same answer that is told, so no change can fall between the two; after a reconnection the
// server compares what it has with the last zxid that was seen, and the watch fires.
#include <string.h>

#include "base/mem.h"
#include "client/recipe.h"

enum { PAUSE_MS = 100 }; // after memory or room was out

struct paddock_follower {
    struct recipe recipe; // first
    char *path;
    paddock_value_fn *fn;
    void *ctx;
    bool has_ended;
    bool has_told, told_there; // the state told last
    int64_t told_zxid;         // and its mzxid
    bool is_dirty;             // under the pump's lock
    int64_t retry_at_ms;
};

static void follow(struct paddock_follower *f);

static void tell(struct paddock_follower *f, const struct paddock_result *result)
{
    bool is_there = result->code == PADDOCK_OK;
    bool is_same = f->has_told && f->told_there == is_there &&
                   (!is_there || f->told_zxid == result->stat.mzxid);
    f->has_told = true;
    f->told_there = is_there;
    f->told_zxid = is_there ? result->stat.mzxid : 0;
    if (!is_same) {
        f->fn(f->recipe.zk, result, f->ctx);
    }
}

static void submit(struct paddock_follower *f, enum paddock_op_type type, recipe_done_fn *done)
{
    struct paddock_op op = {.type = type, .path = f->path, .watch = recipe_watch()};
    int code = recipe_submit(&f->recipe, &op, done);
    if (code == PADDOCK_NO_MEMORY || code == PADDOCK_QUEUE_FULL) {
        f->retry_at_ms = handle_now(f->recipe.zk) + PAUSE_MS;
    } else if (code != PADDOCK_OK) {
        f->has_ended = true;
        f->fn(f->recipe.zk, &(struct paddock_result){.code = code, .fate = PADDOCK_NOT_SENT},
              f->ctx);
    }
}

// True when it was an answer that follows the same path again, or the end.
static bool has_failed(struct paddock_follower *f, const struct paddock_result *result)
{
    int code = result->code;
    if (code == PADDOCK_OK || code == PADDOCK_NO_NODE) {
        return false;
    }
    if (recipe_is_lost(code) || (code == PADDOCK_SESSION_EXPIRED && recipe_renews(f->recipe.zk))) {
        follow(f);
    } else {
        f->has_ended = true;
        f->fn(f->recipe.zk, result, f->ctx);
    }
    return true;
}

// A watch for the creation stands now.
static void on_looked(struct recipe *r, const struct paddock_result *result)
{
    struct paddock_follower *f = (struct paddock_follower *)r;
    if (has_failed(f, result)) {
        return;
    }
    if (result->code == PADDOCK_OK) {
        follow(f); // it has come in between
    } else {
        tell(f, result);
    }
}

static void on_read(struct recipe *r, const struct paddock_result *result)
{
    struct paddock_follower *f = (struct paddock_follower *)r;
    if (has_failed(f, result)) {
        return;
    }
    if (result->code == PADDOCK_NO_NODE) {
        submit(f, PADDOCK_OP_EXISTS, on_looked);
    } else {
        tell(f, result);
    }
}

static void follow(struct paddock_follower *f)
{
    submit(f, PADDOCK_OP_GET, on_read);
}

static bool look(struct recipe *r, int64_t now_ms, int64_t *due_ms)
{
    struct paddock_follower *f = (struct paddock_follower *)r;
    if (f->has_ended || r->is_busy) {
        return false;
    }
    *due_ms = f->retry_at_ms < *due_ms ? f->retry_at_ms : *due_ms;
    return f->is_dirty || now_ms >= f->retry_at_ms || r->zk->session.phase == SESSION_ENDED;
}

static void act(struct recipe *r)
{
    struct paddock_follower *f = (struct paddock_follower *)r;
    struct port_pump *pump = r->zk->ports->pump;
    pump->lock(pump);
    f->is_dirty = false;
    f->retry_at_ms = INT64_MAX;
    pump->unlock(pump);
    follow(f);
}

static void hear(struct recipe *r, const struct paddock_event *event)
{
    struct paddock_follower *f = (struct paddock_follower *)r;
    f->is_dirty = f->is_dirty || strcmp(event->path, f->path) == 0;
}

static void follower_free(struct recipe *r)
{
    struct paddock_follower *f = (struct paddock_follower *)r;
    mem_free(f->path);
    mem_free(f);
}

static const struct recipe_type follower_type = {
    .look = look, .act = act, .hear = hear, .free = follower_free};

int paddock_follow(struct paddock *zk, const char *path, paddock_value_fn *fn, void *ctx,
                   struct paddock_follower **ret)
{
    *ret = NULL;
    if (path == NULL || path[0] != '/' || fn == NULL) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    struct paddock_follower *f = mem_try_alloc(sizeof(*f));
    if (f == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    *f = (struct paddock_follower){.path = recipe_strdup(path), .fn = fn, .ctx = ctx};
    if (f->path == NULL) {
        mem_free(f);
        return PADDOCK_NO_MEMORY;
    }
    *ret = f;
    recipe_add(&f->recipe, zk, &follower_type); // its first look is due at once
    recipe_kick(zk);
    return PADDOCK_OK;
}

void paddock_unfollow(struct paddock_follower *f)
{
    if (f != NULL) {
        recipe_drop(&f->recipe);
    }
}
