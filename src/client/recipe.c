// SPDX-License-Identifier: Apache-2.0
//
// The objects' common life, and the pieces of calls that wait.
#include "client/recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

static void lock(struct paddock *zk)
{
    zk->ports->pump->lock(zk->ports->pump);
}

static void unlock(struct paddock *zk)
{
    zk->ports->pump->unlock(zk->ports->pump);
}

static void notify(struct paddock *zk)
{
    zk->ports->pump->notify(zk->ports->pump);
}

// ---- life ----

void recipe_add(struct recipe *r, struct paddock *zk, const struct recipe_type *type)
{
    *r = (struct recipe){.zk = zk, .type = type};
    lock(zk);
    list_push_back(&zk->recipes, &r->link);
    unlock(zk);
}

void recipe_kick(struct paddock *zk)
{
    lock(zk);
    handle_kick(zk);
    unlock(zk);
}

void recipe_drop(struct recipe *r)
{
    enum { PATIENCE_MS = 1000 }; // of one wait; then it looks again
    struct paddock *zk = r->zk;
    if (zk == NULL) {
        r->type->free(r);
        return;
    }
    bool is_inside = handle_is_in_callback(zk);
    lock(zk);
    while (zk->acting == r && !is_inside) {
        handle_wait(zk, handle_now(zk) + PATIENCE_MS);
    }
    list_remove(&r->link);
    r->is_dropped = true;
    bool is_busy = r->is_busy;
    unlock(zk);
    if (!is_busy) {
        r->type->free(r);
    }
}

// ---- requests ----

static void begin_act(struct paddock *zk, struct recipe *r)
{
    ASSERT(zk->acting == NULL);
    zk->acting = r;
}

static void end_act(struct paddock *zk)
{
    zk->acting = NULL;
    notify(zk); // recipe_drop may wait
}

static void on_done(struct paddock *zk, const struct paddock_result *result, void *ctx)
{
    struct recipe *r = ctx;
    lock(zk);
    r->is_busy = false;
    bool is_dropped = r->is_dropped;
    if (!is_dropped) {
        begin_act(zk, r);
    }
    unlock(zk);
    if (is_dropped) {
        r->type->free(r);
        return;
    }
    r->done(r, result); // it may be gone now
    lock(zk);
    end_act(zk);
    unlock(zk);
}

int recipe_submit(struct recipe *r, const struct paddock_op *op, recipe_done_fn *done)
{
    ASSERT(!r->is_busy);
    r->done = done;
    r->is_busy = true;
    int code = paddock_submit(r->zk, op, on_done, r);
    if (code != PADDOCK_OK) {
        r->is_busy = false;
    }
    return code;
}

static int submit_parent(struct paddock *zk, const char *path, enum paddock_mode mode)
{
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path, .mode = mode};
    op.data = paddock_bytes_of("", 0);
    return paddock_submit(zk, &op, NULL, NULL);
}

int recipe_make_parents(struct paddock *zk, const char *path, enum paddock_mode mode)
{
    char *parent = recipe_strdup(path);
    if (parent == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    int code = PADDOCK_OK;
    for (char *at = strchr(parent + 1, '/'); at != NULL && code == PADDOCK_OK;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        code = submit_parent(zk, parent, mode);
        *at = '/';
    }
    mem_free(parent);
    return code;
}

bool recipe_is_lost(int code)
{
    return code == PADDOCK_CONNECTION_LOSS || code == PADDOCK_OPERATION_TIMEOUT ||
           code == PADDOCK_SESSION_MOVED;
}

bool recipe_renews(const struct paddock *zk)
{
    return zk->session.renews;
}

// ---- events and time ----

static void hear(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)ctx;
    if (event->type == PADDOCK_EVENT_SESSION) {
        return; // every turn looks at the session
    }
    lock(zk);
    for (struct list *l = zk->recipes.next; l != &zk->recipes; l = l->next) {
        struct recipe *r = CONTAINER_OF(l, struct recipe, link);
        if (r->type->hear != NULL) {
            r->type->hear(r, event);
        }
    }
    for (struct list *l = zk->gates.next; l != &zk->gates; l = l->next) {
        struct gate *g = CONTAINER_OF(l, struct gate, link);
        g->is_open = g->is_open || strcmp(g->path, event->path) == 0;
    }
    notify(zk);
    unlock(zk);
}

struct paddock_watch recipe_watch(void)
{
    return (struct paddock_watch){.fn = hear};
}

static void act(struct paddock *zk, struct recipe *r)
{
    bool was_delivering = zk->is_delivering;
    zk->is_delivering = true;
    begin_act(zk, r);
    unlock(zk);
    r->type->act(r); // it may be gone now
    lock(zk);
    end_act(zk);
    zk->is_delivering = was_delivering;
}

static struct recipe *find_active(struct paddock *zk, int64_t *ret_due_ms)
{
    *ret_due_ms = INT64_MAX;
    for (struct list *l = zk->recipes.next; l != &zk->recipes; l = l->next) {
        struct recipe *r = CONTAINER_OF(l, struct recipe, link);
        if (r->type->look(r, handle_now(zk), ret_due_ms)) {
            return r;
        }
    }
    return NULL;
}

static void open_gates_of_the_past(struct paddock *zk)
{
    const struct session *s = &zk->session;
    for (struct list *l = zk->gates.next; l != &zk->gates; l = l->next) {
        struct gate *g = CONTAINER_OF(l, struct gate, link);
        if (!g->is_open && (s->phase == SESSION_ENDED || s->id != g->session_id)) {
            g->is_open = true;
            notify(zk);
        }
    }
}

bool recipes_run(struct paddock *zk)
{
    bool has_acted = false;
    struct recipe *r = find_active(zk, &zk->session.alarm_ms);
    while (r != NULL) {
        act(zk, r);
        has_acted = true;
        r = find_active(zk, &zk->session.alarm_ms);
    }
    open_gates_of_the_past(zk);
    return has_acted;
}

void recipes_end(struct paddock *zk)
{
    (void)recipes_run(zk); // the session has ended: those who hold are told
    while (!list_is_empty(&zk->recipes)) {
        struct recipe *r = CONTAINER_OF(zk->recipes.next, struct recipe, link);
        list_remove(&r->link);
        r->zk = NULL;
        if (r->type->is_own) {
            r->type->free(r);
        }
    }
}

enum paddock_hold recipe_hold(const struct paddock *zk, int64_t session_id, int64_t now_ms,
                              int64_t *due_ms)
{
    const struct session *s = &zk->session;
    int64_t lease_ms = session_lease_ms(s, now_ms);
    if (s->id != session_id || lease_ms <= 0) {
        return PADDOCK_LOST;
    }
    // A server that is silent for two thirds of the timeout is given up: never later than that.
    int64_t margin_ms = s->timeout_ms / 3;
    bool is_held = s->phase == SESSION_OPEN && !s->is_read_only && lease_ms > margin_ms;
    int64_t due_ms_here = now_ms + lease_ms - (is_held ? margin_ms : 0);
    *due_ms = due_ms_here < *due_ms ? due_ms_here : *due_ms;
    return is_held ? PADDOCK_HELD : PADDOCK_UNSURE;
}

// ---- names ----

void recipe_unique(struct paddock *zk, char text[RECIPE_UNIQUE_BYTES])
{
    lock(zk);
    uint64_t a = entropy_next(zk->ports->entropy);
    uint64_t b = entropy_next(zk->ports->entropy);
    unlock(zk);
    a = (a & ~UINT64_C(0xf000)) | UINT64_C(0x4000);             // RFC 4122: version 4,
    b = (b & (UINT64_MAX >> 2)) | UINT64_C(0x8000000000000000); // its variant
    (void)snprintf(text, RECIPE_UNIQUE_BYTES,
                   "_c_%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64 "-",
                   a >> 32, a >> 16 & 0xffff, a & 0xffff, b >> 48, b & UINT64_C(0xffffffffffff));
}

char *recipe_join(const char *dir, const char *a, const char *b)
{
    size_t dir_len = strcmp(dir, "/") == 0 ? 0 : strlen(dir);
    size_t size = dir_len + 1 + strlen(a) + strlen(b) + 1;
    char *path = mem_try_alloc(size);
    if (path != NULL) {
        (void)snprintf(path, size, "%.*s/%s%s", (int)dir_len, dir, a, b);
    }
    return path;
}

char *recipe_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = mem_try_alloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

// ---- calls that wait ----

int errand_begin(struct errand *e, struct paddock *zk, int timeout_ms)
{
    if (zk == NULL) {
        return PADDOCK_CLOSED;
    }
    if (handle_is_in_callback(zk)) {
        return PADDOCK_WOULD_DEADLOCK;
    }
    *e = (struct errand){zk, handle_now(zk) + (timeout_ms > 0 ? timeout_ms : 0)};
    return PADDOCK_OK;
}

int errand_left_ms(const struct errand *e)
{
    int64_t left = e->deadline_ms - handle_now(e->zk);
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

bool errand_is_over(const struct errand *e)
{
    return errand_left_ms(e) == 0;
}

int errand_call(const struct errand *e, struct paddock_op op, struct paddock_result **ret)
{
    *ret = NULL;
    op.timeout_ms = errand_left_ms(e);
    return op.timeout_ms > 0 ? paddock_call(e->zk, &op, ret) : PADDOCK_OPERATION_TIMEOUT;
}

int errand_do(const struct errand *e, struct paddock_op op)
{
    struct paddock_result *r;
    int code = errand_call(e, op, &r);
    paddock_result_free(r);
    return code;
}

bool errand_goes_on(const struct errand *e, int code)
{
    bool is_passing =
        recipe_is_lost(code) || (code == PADDOCK_SESSION_EXPIRED && recipe_renews(e->zk));
    return is_passing && !errand_is_over(e);
}

int errand_call_surely(const struct errand *e, struct paddock_op op, struct paddock_result **ret)
{
    int code = errand_call(e, op, ret);
    while (errand_goes_on(e, code)) {
        paddock_result_free(*ret);
        code = errand_call(e, op, ret);
    }
    return code;
}

int errand_do_surely(const struct errand *e, struct paddock_op op)
{
    struct paddock_result *r;
    int code = errand_call_surely(e, op, &r);
    paddock_result_free(r);
    return code;
}

void gate_put(struct paddock *zk, struct gate *g, const char *path)
{
    lock(zk);
    *g = (struct gate){.path = path, .session_id = zk->session.id};
    list_push_back(&zk->gates, &g->link);
    unlock(zk);
}

int gate_wait(const struct errand *e, struct gate *g)
{
    lock(e->zk);
    while (!g->is_open && !errand_is_over(e)) {
        handle_wait(e->zk, e->deadline_ms);
    }
    bool is_open = g->is_open;
    unlock(e->zk);
    return is_open ? PADDOCK_OK : PADDOCK_OPERATION_TIMEOUT;
}

void gate_take(struct paddock *zk, struct gate *g)
{
    lock(zk);
    list_remove(&g->link);
    unlock(zk);
}
