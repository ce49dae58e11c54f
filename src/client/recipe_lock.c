// SPDX-License-Identifier: Apache-2.0
//
// Locks and elections: a place in a queue of ephemeral sequential nodes.
//
//     acquire:  create our node ──► list ──► nobody before us that excludes us: held
//                  ▲                 ▲  └──► watch that one ──► gone ──┐
//                  │                 └────────────────────────────────┘
//                  └── our node is gone (another session, an administrator)
//     held:     look, at the end of every turn: HELD, UNSURE, LOST (paddock/recipes.h)
//
// 1. At most one node of ours exists at a time: a creation of unknown fate is looked for by its
//    unique name before another is made, and removed when acquire gives up.
// 2. LOST is final: the node, should it still be there, is removed for the others.
// Source: Curator's LockInternals, StandardLockInternalsDriver, InterProcessReadWriteLock,
// LeaderLatch, CreateBuilderImpl (protection).
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "client/contender.h"
#include "client/recipe.h"

struct paddock_lock {
    struct recipe recipe; // first
    enum paddock_lock_kind kind;
    char *path;
    void *data;
    size_t data_len;
    bool has_data;
    struct paddock_acl *acl; // with its texts, one block
    size_t acl_count;
    paddock_hold_fn *on_hold;
    void *ctx;

    char unique[RECIPE_UNIQUE_BYTES]; // of the node in the making
    int64_t maker_id;                 // session in which its creation was tried; 0: none was
    char *node;                       // NULL: none is known
    int64_t fence, session_id;        // of the node
    bool is_trying;                   // does not wait for others
    bool is_queued;                   // a wait has begun and is to be gone on with
    char *before;                     // the node that is waited for, with `gate`; or NULL
    struct gate gate;

    // Under the pump's lock.
    bool is_watching; // `node` has a watch, and stays what it is
    bool is_held;     // acquired, not released, not lost
    bool is_gone;     // the node was deleted
    enum paddock_hold told;
};

static const char *const node_names[] = {
    [PADDOCK_LOCK_MUTEX] = "lock-",
    [PADDOCK_LOCK_READ] = "__READ__",
    [PADDOCK_LOCK_WRITE] = "__WRIT__",
    [PADDOCK_LOCK_LEADER] = "latch-",
};

static void pump_lock(struct paddock_lock *l)
{
    l->recipe.zk->ports->pump->lock(l->recipe.zk->ports->pump);
}

static void pump_unlock(struct paddock_lock *l)
{
    l->recipe.zk->ports->pump->unlock(l->recipe.zk->ports->pump);
}

// ---- holding ----

static enum paddock_hold hold_now(const struct paddock_lock *l, int64_t now_ms, int64_t *due_ms)
{
    return !l->is_held || l->is_gone ? PADDOCK_LOST
                                     : recipe_hold(l->recipe.zk, l->session_id, now_ms, due_ms);
}

static bool look(struct recipe *r, int64_t now_ms, int64_t *due_ms)
{
    struct paddock_lock *l = (struct paddock_lock *)r;
    return l->is_held && hold_now(l, now_ms, due_ms) != l->told;
}

static void act(struct recipe *r)
{
    struct paddock_lock *l = (struct paddock_lock *)r;
    int64_t unused = 0;
    pump_lock(l);
    bool is_news = l->is_held;
    l->told = hold_now(l, handle_now(r->zk), &unused);
    enum paddock_hold hold = l->told;
    l->is_held = l->is_held && hold != PADDOCK_LOST;
    char *node = is_news && hold == PADDOCK_LOST ? recipe_strdup(l->node) : NULL;
    int64_t session_id = l->session_id;
    pump_unlock(l);
    if (node != NULL) {
        (void)sweep_start(r->zk, session_id, node, NULL, NULL);
        mem_free(node);
    }
    if (is_news && l->on_hold != NULL) {
        l->on_hold(r->zk, hold, l->ctx);
    }
}

static void hear(struct recipe *r, const struct paddock_event *event)
{
    struct paddock_lock *l = (struct paddock_lock *)r;
    bool is_ours = l->is_watching && strcmp(event->path, l->node) == 0;
    l->is_gone = l->is_gone || (is_ours && event->type == PADDOCK_EVENT_DELETED);
}

static void lock_free(struct recipe *r)
{
    struct paddock_lock *l = (struct paddock_lock *)r;
    mem_free(l->path);
    mem_free(l->data);
    mem_free(l->acl);
    mem_free(l->node);
    mem_free(l->before);
    mem_free(l);
}

static const struct recipe_type lock_type = {
    .look = look, .act = act, .hear = hear, .free = lock_free};

// ---- one attempt ----

static void drop_gate(struct paddock_lock *l)
{
    if (l->before != NULL) {
        gate_take(l->recipe.zk, &l->gate);
        mem_free(l->before);
        l->before = NULL;
    }
}

static void forget_node(struct paddock_lock *l)
{
    drop_gate(l);
    pump_lock(l);
    l->is_held = l->is_watching = l->is_gone = false;
    mem_free(l->node);
    l->node = NULL;
    l->fence = 0;
    l->maker_id = 0;
    pump_unlock(l);
}

static int keep_node(struct paddock_lock *l, char *node, const struct paddock_stat *stat)
{
    if (node == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    l->node = node;
    l->fence = stat->czxid;
    l->session_id = stat->ephemeral_owner;
    return PADDOCK_OK;
}

static int64_t session_id_of(struct paddock *zk)
{
    struct paddock_session_info session;
    paddock_session(zk, &session);
    return session.id;
}

// PADDOCK_OK, and l->node unless there is none.
static int find_node(const struct errand *e, struct paddock_lock *l)
{
    int code = errand_do(e, (struct paddock_op){.type = PADDOCK_OP_SYNC, .path = l->path});
    struct paddock_result *r = NULL;
    if (code == PADDOCK_OK) {
        code = errand_call(e, (struct paddock_op){.type = PADDOCK_OP_GET_CHILDREN, .path = l->path},
                           &r);
    }
    char *node = NULL;
    for (size_t i = 0; code == PADDOCK_OK && i < r->string_count && node == NULL; i++) {
        if (strncmp(r->strings[i], l->unique, strlen(l->unique)) == 0) {
            node = recipe_join(l->path, r->strings[i], "");
            code = node == NULL ? PADDOCK_NO_MEMORY : PADDOCK_OK;
        }
    }
    paddock_result_free(r);
    if (node == NULL) {
        return code == PADDOCK_NO_NODE ? PADDOCK_OK : code;
    }
    code = errand_call(e, (struct paddock_op){.type = PADDOCK_OP_EXISTS, .path = node}, &r);
    if (code == PADDOCK_OK) {
        code = keep_node(l, node, &r->stat);
    } else {
        mem_free(node);
        code = code == PADDOCK_NO_NODE ? PADDOCK_OK : code; // its session has just ended
    }
    paddock_result_free(r);
    return code;
}

static int create_node(const struct errand *e, struct paddock_lock *l)
{
    char *path = recipe_join(l->path, l->unique, node_names[l->kind]);
    if (path == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    struct paddock_op op = {
        .type = PADDOCK_OP_CREATE,
        .path = path,
        .mode = PADDOCK_EPHEMERAL_SEQUENTIAL,
        .data = l->has_data ? paddock_bytes_of(l->data, l->data_len) : paddock_bytes_of("", 0),
        .acl = l->acl,
        .acl_count = l->acl_count,
    };
    struct paddock_result *r;
    int code = errand_call(e, op, &r);
    if (code == PADDOCK_OK) {
        code = keep_node(l, recipe_strdup(r->path), &r->stat);
    } else if (code == PADDOCK_NO_NODE) {
        // A parent that is a container may go between the two: then once more.
        code = recipe_make_parents(e->zk, path, PADDOCK_CONTAINER);
        if (code == PADDOCK_OK) {
            code = errand_do(e, (struct paddock_op){.type = PADDOCK_OP_EXISTS, .path = l->path});
        }
        if (code == PADDOCK_NO_NODE) { // a server that has no containers
            code = recipe_make_parents(e->zk, path, PADDOCK_PERSISTENT);
        }
    }
    paddock_result_free(r);
    mem_free(path);
    return code;
}

// A node of ours in the queue: PADDOCK_OK and l->node.
static int enter(const struct errand *e, struct paddock_lock *l)
{
    int code = PADDOCK_OK;
    while (l->node == NULL && code == PADDOCK_OK) {
        if (l->maker_id == 0) {
            code = create_node(e, l);
            if (l->node == NULL && code != PADDOCK_OK) {
                l->maker_id = session_id_of(e->zk); // its fate may be unknown
            }
        } else {
            code = find_node(e, l);
            l->maker_id = code == PADDOCK_OK ? 0 : l->maker_id;
        }
        if (errand_goes_on(e, code)) {
            code = PADDOCK_OK;
        }
    }
    return code;
}

// Nobody is before us: hold, from now on told of the end.
static int hold(const struct errand *e, struct paddock_lock *l)
{
    pump_lock(l);
    l->is_watching = true;
    pump_unlock(l);
    int code = errand_do(
        e,
        (struct paddock_op){.type = PADDOCK_OP_EXISTS, .path = l->node, .watch = recipe_watch()});
    if (code != PADDOCK_OK) {
        return code;
    }
    pump_lock(l);
    l->is_held = true;
    l->told = PADDOCK_HELD;
    int64_t unused = 0;
    bool is_held = hold_now(l, handle_now(e->zk), &unused) != PADDOCK_LOST;
    l->is_held = is_held;
    pump_unlock(l);
    return is_held ? PADDOCK_OK : PADDOCK_CONNECTION_LOSS; // an answer as old as the lease
}

// The gate stays when the time is over: a later call waits on without asking the server again.
static int wait_on(const struct errand *e, struct paddock_lock *l)
{
    int code = gate_wait(e, &l->gate);
    if (code == PADDOCK_OK) {
        drop_gate(l);
    }
    return code;
}

static int wait_for(const struct errand *e, struct paddock_lock *l, const char *name)
{
    if (l->is_trying) {
        return PADDOCK_OPERATION_TIMEOUT;
    }
    l->before = recipe_join(l->path, name, "");
    if (l->before == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    gate_put(e->zk, &l->gate, l->before);
    int code = errand_do(
        e,
        (struct paddock_op){.type = PADDOCK_OP_EXISTS, .path = l->before, .watch = recipe_watch()});
    if (code == PADDOCK_OK) {
        return wait_on(e, l);
    }
    drop_gate(l);
    return code == PADDOCK_NO_NODE ? PADDOCK_OK : code;
}

static bool is_listed(const struct paddock_result *r, const char *name)
{
    for (size_t i = 0; i < r->string_count; i++) {
        if (strcmp(r->strings[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// Look at the queue once; when others are before us, until that may have changed. PADDOCK_NO_NODE:
// ours is not in it.
static int take_turn(const struct errand *e, struct paddock_lock *l, bool *ret_is_held)
{
    struct paddock_result *r = NULL;
    int code = l->before != NULL ? wait_on(e, l) : PADDOCK_OK;
    if (code != PADDOCK_OK) {
        return code;
    }
    code =
        errand_call(e, (struct paddock_op){.type = PADDOCK_OP_GET_CHILDREN, .path = l->path}, &r);
    const char *own = strrchr(l->node, '/') + 1;
    if (code == PADDOCK_OK && !is_listed(r, own)) {
        code = PADDOCK_NO_NODE;
    }
    if (code == PADDOCK_OK) {
        size_t before = contender_find_predecessor(r->strings, r->string_count, own);
        bool is_first = before == r->string_count;
        code = is_first ? hold(e, l) : wait_for(e, l, r->strings[before]);
        *ret_is_held = is_first && code == PADDOCK_OK;
    }
    paddock_result_free(r);
    return code;
}

// Whatever may be left of us in the queue goes.
static void leave(struct paddock_lock *l)
{
    struct paddock *zk = l->recipe.zk;
    if (l->node != NULL) {
        (void)sweep_start(zk, l->session_id, l->node, NULL, NULL);
    } else if (l->maker_id != 0) {
        (void)sweep_start(zk, l->maker_id, NULL, l->path, l->unique);
    }
    forget_node(l);
}

// One step towards holding. PADDOCK_OK: go on, or it is held.
static int approach(const struct errand *e, struct paddock_lock *l, bool *ret_is_held)
{
    int code = enter(e, l);
    if (code == PADDOCK_OK) {
        code = take_turn(e, l, ret_is_held);
    }
    if (code == PADDOCK_NO_NODE && !errand_is_over(e)) { // to the end of the queue
        forget_node(l);
        recipe_unique(e->zk, l->unique); // a late creation of the old name is not mistaken for it
        return PADDOCK_OK;
    }
    bool is_refused = l->is_trying && code == PADDOCK_OPERATION_TIMEOUT;
    return errand_goes_on(e, code) && !is_refused ? PADDOCK_OK : code;
}

static int begin_queue(struct paddock_lock *l, struct errand *e, int timeout_ms)
{
    l->is_trying = timeout_ms <= 0;
    int code = errand_begin(e, l->recipe.zk, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    if (l->is_trying) {
        e->deadline_ms += e->zk->session.timeout_ms; // for the answers of servers
    }
    pump_lock(l);
    bool is_held = l->is_held;
    pump_unlock(l);
    if (is_held) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    if (!l->is_queued) {
        forget_node(l); // of a hold that was lost
        recipe_unique(e->zk, l->unique);
        l->is_queued = true;
    }
    return PADDOCK_OK;
}

int paddock_lock_wait(struct paddock_lock *l, int timeout_ms)
{
    struct errand e;
    int code = begin_queue(l, &e, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    bool is_held = false;
    while (code == PADDOCK_OK && !is_held) {
        code = approach(&e, l, &is_held);
    }
    bool is_late = recipe_is_lost(code) || code == PADDOCK_NO_NODE;
    l->is_queued = is_late;
    if (code != PADDOCK_OK && !is_late) {
        leave(l);
    }
    return is_late ? PADDOCK_OPERATION_TIMEOUT : code;
}

int paddock_lock_acquire(struct paddock_lock *l, int timeout_ms)
{
    int code = paddock_lock_wait(l, timeout_ms);
    if (l->is_queued) {
        l->is_queued = false;
        leave(l);
    }
    return code;
}

int paddock_lock_release(struct paddock_lock *l, int timeout_ms)
{
    struct paddock *zk = l->recipe.zk;
    if (zk == NULL) {
        return PADDOCK_OK;
    }
    pump_lock(l);
    bool was_held = l->is_held; // else act has seen to the node
    l->is_held = false;
    pump_unlock(l);
    int code = PADDOCK_OK;
    if (l->is_queued && l->node == NULL) {
        leave(l);
    } else if (was_held || l->is_queued) {
        code = sweep_wait(zk, l->session_id, l->node, false, timeout_ms);
    }
    l->is_queued = false;
    forget_node(l);
    return code;
}

// ---- life and questions ----

static struct paddock_acl *copy_acl(const struct paddock_acl *acl, size_t count)
{
    size_t bytes = count * sizeof(*acl);
    for (size_t i = 0; i < count; i++) {
        bytes += strlen(acl[i].scheme) + strlen(acl[i].id) + 2;
    }
    struct paddock_acl *copy = mem_try_alloc(bytes);
    if (copy == NULL) {
        return NULL;
    }
    char *text = (char *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        copy[i].perms = acl[i].perms;
        copy[i].scheme = text;
        text = (char *)memcpy(text, acl[i].scheme, strlen(acl[i].scheme) + 1) +
               strlen(acl[i].scheme) + 1;
        copy[i].id = text;
        text = (char *)memcpy(text, acl[i].id, strlen(acl[i].id) + 1) + strlen(acl[i].id) + 1;
    }
    return copy;
}

static bool are_options_sound(const struct paddock_lock_options *o)
{
    return o->path != NULL && o->path[0] == '/' && (unsigned)o->kind <= PADDOCK_LOCK_LEADER &&
           (o->acl_count == 0 || o->acl != NULL);
}

int paddock_lock_new(struct paddock *zk, const struct paddock_lock_options *o,
                     struct paddock_lock **ret)
{
    *ret = NULL;
    if (!are_options_sound(o)) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    struct paddock_lock *l = mem_try_alloc(sizeof(*l));
    if (l == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    *l = (struct paddock_lock){.kind = o->kind,
                               .path = recipe_strdup(o->path),
                               .data = mem_try_alloc(o->data.len + 1),
                               .data_len = o->data.len,
                               .has_data = o->data.bytes != NULL,
                               .acl = copy_acl(o->acl, o->acl_count),
                               .acl_count = o->acl_count,
                               .on_hold = o->on_hold,
                               .ctx = o->ctx};
    if (l->path == NULL || l->data == NULL || l->acl == NULL) {
        lock_free(&l->recipe);
        return PADDOCK_NO_MEMORY;
    }
    if (o->data.bytes != NULL) {
        memcpy(l->data, o->data.bytes, o->data.len);
    }
    recipe_add(&l->recipe, zk, &lock_type);
    *ret = l;
    return PADDOCK_OK;
}

void paddock_lock_free(struct paddock_lock *l)
{
    if (l == NULL) {
        return;
    }
    if (l->recipe.zk != NULL) {
        pump_lock(l);
        bool has_place = l->is_held || l->is_queued;
        l->is_held = false;
        pump_unlock(l);
        if (has_place) {
            leave(l);
        }
    }
    recipe_drop(&l->recipe);
}

enum paddock_hold paddock_lock_hold(struct paddock_lock *l)
{
    if (l->recipe.zk == NULL) {
        return PADDOCK_LOST;
    }
    int64_t unused = 0;
    pump_lock(l);
    enum paddock_hold hold = hold_now(l, handle_now(l->recipe.zk), &unused);
    pump_unlock(l);
    return hold;
}

const char *paddock_lock_node(const struct paddock_lock *l)
{
    return l->node;
}

int64_t paddock_lock_fence(const struct paddock_lock *l)
{
    return l->fence;
}

int paddock_contenders(struct paddock *zk, const char *path, struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = path};
    int code = paddock_call(zk, &op, ret);
    if (code == PADDOCK_OK) { // the array is the result's own, and the result is the caller's
        (*ret)->string_count =
            contender_sort((const char **)(uintptr_t)(*ret)->strings, (*ret)->string_count);
    }
    return code;
}
