// SPDX-License-Identifier: Apache-2.0
//
// Barriers. Source: Curator's DistributedBarrier, DistributedDoubleBarrier.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/recipe.h"

// Make `path`; missing parents are made. PADDOCK_NODE_EXISTS is an answer like others.
static int create(const struct errand *e, const char *path, enum paddock_mode mode)
{
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = path, .mode = mode};
    op.data = paddock_bytes_of("", 0);
    enum paddock_mode parents = PADDOCK_CONTAINER;
    int code = errand_do(e, op);
    while (code == PADDOCK_NO_NODE && !errand_is_over(e)) {
        (void)recipe_make_parents(e->zk, path, parents);
        parents = PADDOCK_PERSISTENT; // a server that has no containers
        code = errand_do(e, op);
    }
    return code;
}

// The same until a server has answered.
static int create_surely(const struct errand *e, const char *path, enum paddock_mode mode)
{
    int code = create(e, path, mode);
    while (errand_goes_on(e, code)) {
        code = create(e, path, mode);
    }
    return code == PADDOCK_NODE_EXISTS ? PADDOCK_OK : code;
}

static int delete_surely(const struct errand *e, const char *path)
{
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = path};
    int code = errand_do_surely(e, op);
    return code == PADDOCK_NO_NODE ? PADDOCK_OK : code;
}

// Does `path` exist? Waits for a server; with `gate` a watch is left.
static int look(const struct errand *e, const char *path, struct gate *gate, bool *ret_exists)
{
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = path};
    if (gate != NULL) {
        op.watch = recipe_watch();
    }
    int code = errand_do_surely(e, op);
    *ret_exists = code == PADDOCK_OK;
    return code == PADDOCK_NO_NODE ? PADDOCK_OK : code;
}

// Until `path` exists, or does not.
static int wait_until(const struct errand *e, const char *path, bool exists)
{
    int code = PADDOCK_OK;
    bool is_so = false;
    while (code == PADDOCK_OK && !is_so) {
        struct gate gate;
        bool is_there = false;
        gate_put(e->zk, &gate, path);
        code = look(e, path, &gate, &is_there);
        is_so = is_there == exists;
        if (code == PADDOCK_OK && !is_so) {
            code = gate_wait(e, &gate);
        }
        gate_take(e->zk, &gate);
    }
    return recipe_is_lost(code) ? PADDOCK_OPERATION_TIMEOUT : code;
}

int paddock_barrier_set(struct paddock *zk, const char *path, int timeout_ms)
{
    struct errand e;
    int code = errand_begin(&e, zk, timeout_ms);
    return code == PADDOCK_OK ? create_surely(&e, path, PADDOCK_PERSISTENT) : code;
}

int paddock_barrier_remove(struct paddock *zk, const char *path, int timeout_ms)
{
    struct errand e;
    int code = errand_begin(&e, zk, timeout_ms);
    return code == PADDOCK_OK ? delete_surely(&e, path) : code;
}

int paddock_barrier_wait(struct paddock *zk, const char *path, int timeout_ms)
{
    struct errand e;
    int code = errand_begin(&e, zk, timeout_ms);
    return code == PADDOCK_OK ? wait_until(&e, path, false) : code;
}

// ---- double barriers ----

struct paddock_double_barrier {
    struct paddock *zk;
    int count;
    char *path, *ready, *own; // own: path/<uuid>
    int64_t session_id;       // of our node; 0: there is none
};

int paddock_double_barrier_new(struct paddock *zk, const char *path, int count,
                               struct paddock_double_barrier **ret)
{
    *ret = NULL;
    if (path == NULL || path[0] != '/' || count <= 0) {
        return PADDOCK_BAD_ARGUMENTS;
    }
    struct paddock_double_barrier *b = mem_try_alloc(sizeof(*b));
    if (b == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    char unique[RECIPE_UNIQUE_BYTES];
    recipe_unique(zk, unique);
    unique[strlen(unique) - 1] = '\0'; // the last dash
    *b = (struct paddock_double_barrier){.zk = zk,
                                         .count = count,
                                         .path = recipe_strdup(path),
                                         .ready = recipe_join(path, "ready", ""),
                                         .own = recipe_join(path, unique + strlen("_c_"), "")};
    if (b->path == NULL || b->ready == NULL || b->own == NULL) {
        paddock_double_barrier_free(b);
        return PADDOCK_NO_MEMORY;
    }
    *ret = b;
    return PADDOCK_OK;
}

void paddock_double_barrier_free(struct paddock_double_barrier *b)
{
    if (b != NULL) {
        if (b->session_id != 0) {
            (void)sweep_start(b->zk, b->session_id, b->own, NULL, NULL);
        }
        mem_free(b->path);
        mem_free(b->ready);
        mem_free(b->own);
        mem_free(b);
    }
}

static int64_t session_id_of(struct paddock *zk)
{
    struct paddock_session_info session;
    paddock_session(zk, &session);
    return session.id;
}

// Members in the order of their names. *ret is owned; NULL when there is no barrier any more.
static int list(const struct errand *e, const struct paddock_double_barrier *b,
                struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = b->path};
    int code = errand_call_surely(e, op, ret);
    if (code == PADDOCK_NO_NODE) {
        paddock_result_free(*ret);
        *ret = NULL;
        return PADDOCK_OK;
    }
    return code;
}

int paddock_double_barrier_enter(struct paddock_double_barrier *b, int timeout_ms)
{
    struct errand e;
    int code = errand_begin(&e, b->zk, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    bool is_ready = false;
    b->session_id = session_id_of(b->zk);
    code = look(&e, b->ready, NULL, &is_ready);
    if (code == PADDOCK_OK) {
        code = create_surely(&e, b->own, PADDOCK_EPHEMERAL);
        b->session_id = session_id_of(b->zk);
    }
    struct paddock_result *r = NULL;
    if (code == PADDOCK_OK && !is_ready) {
        code = list(&e, b, &r);
        bool are_all_here = r != NULL && r->string_count >= (size_t)b->count;
        if (code == PADDOCK_OK) {
            code = are_all_here ? create_surely(&e, b->ready, PADDOCK_PERSISTENT)
                                : wait_until(&e, b->ready, true);
        }
    }
    paddock_result_free(r);
    if (code != PADDOCK_OK) {
        (void)sweep_start(b->zk, b->session_id, b->own, NULL, NULL);
        b->session_id = 0;
    }
    return recipe_is_lost(code) ? PADDOCK_OPERATION_TIMEOUT : code;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorts the members to the front. Their count.
static size_t members_of(struct paddock_result *r)
{
    const char **names = (const char **)(uintptr_t)r->strings; // the result is ours
    size_t count = 0;
    for (size_t i = 0; i < r->string_count; i++) {
        if (strcmp(names[i], "ready") != 0) {
            names[count++] = names[i];
        }
    }
    if (count > 1) { // without children there is no array
        qsort(names, count, sizeof(names[0]), compare);
    }
    return count;
}

static int wait_for_end(const struct errand *e, const struct paddock_double_barrier *b,
                        const char *name)
{
    char *path = recipe_join(b->path, name, "");
    int code = path != NULL ? wait_until(e, path, false) : PADDOCK_NO_MEMORY;
    mem_free(path);
    return code;
}

// The lowest member leaves last: it waits for the highest, all others leave and wait for it.
static int leave_once(const struct errand *e, struct paddock_double_barrier *b, bool *ret_is_over)
{
    struct paddock_result *r = NULL;
    int code = list(e, b, &r);
    size_t count = code == PADDOCK_OK && r != NULL ? members_of(r) : 0;
    const char *own = strrchr(b->own, '/') + 1;
    if (code == PADDOCK_OK && count > 0) {
        bool is_lowest = strcmp(r->strings[0], own) == 0;
        if (!is_lowest || count == 1) {
            code = delete_surely(e, b->own);
        }
        if (code == PADDOCK_OK && !(is_lowest && count == 1)) {
            code = wait_for_end(e, b, r->strings[is_lowest ? count - 1 : 0]);
        }
    }
    *ret_is_over = count <= 1 && code == PADDOCK_OK;
    paddock_result_free(r);
    return code;
}

int paddock_double_barrier_leave(struct paddock_double_barrier *b, int timeout_ms)
{
    struct errand e;
    int code = errand_begin(&e, b->zk, timeout_ms);
    bool is_over = false;
    while (code == PADDOCK_OK && !is_over) {
        code = leave_once(&e, b, &is_over);
    }
    if (code == PADDOCK_OK) {
        b->session_id = 0;
        code = delete_surely(&e, b->ready);
    }
    return recipe_is_lost(code) ? PADDOCK_OPERATION_TIMEOUT : code;
}
