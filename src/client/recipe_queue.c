// SPDX-License-Identifier: Apache-2.0
//
// A queue: persistent sequential nodes `qn-<number>`; who deletes one has it.
// Source: Curator's SimpleDistributedQueue, Apache's recipe of that name.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/recipe.h"

static const char prefix[] = "qn-";

int paddock_queue_put(struct paddock *zk, const char *path, struct paddock_bytes item,
                      int timeout_ms, struct paddock_result **ret)
{
    struct errand e;
    struct paddock_result *r = NULL;
    int code = errand_begin(&e, zk, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    char *node = recipe_join(path, prefix, "");
    if (node == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                            .path = node,
                            .data = item,
                            .mode = PADDOCK_PERSISTENT_SEQUENTIAL};
    enum paddock_mode parents = PADDOCK_CONTAINER;
    bool is_over = false;
    while (!is_over) {
        paddock_result_free(r);
        code = errand_call(&e, op, &r);
        bool was_not_sent = r == NULL || r->fate == PADDOCK_NOT_SENT;
        is_over = code != PADDOCK_NO_NODE && !(was_not_sent && errand_goes_on(&e, code));
        if (code == PADDOCK_NO_NODE) {
            (void)recipe_make_parents(zk, node, parents);
            parents = PADDOCK_PERSISTENT; // a server that has no containers
        }
    }
    // A lost answer is said as that, whether its connection or the time was over first.
    if (code == PADDOCK_OPERATION_TIMEOUT && r != NULL && r->fate == PADDOCK_UNKNOWN) {
        code = PADDOCK_CONNECTION_LOSS;
    }
    mem_free(node);
    if (ret != NULL) {
        *ret = r;
    } else {
        paddock_result_free(r);
    }
    return code;
}

// ---- taking ----

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Items in their order, to the front. Their count.
static size_t items_of(struct paddock_result *r)
{
    const char **names = (const char **)(uintptr_t)r->strings; // the result is ours
    size_t count = 0;
    for (size_t i = 0; i < r->string_count; i++) {
        if (strncmp(names[i], prefix, strlen(prefix)) == 0) {
            names[count++] = names[i];
        }
    }
    if (count > 1) { // without children there is no array
        qsort(names, count, sizeof(names[0]), compare);
    }
    return count;
}

// Make it ours. PADDOCK_NO_NODE: another was faster. PADDOCK_CONNECTION_LOSS: gone, by whomever.
static int claim(const struct errand *e, const char *path)
{
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = path};
    bool is_unknown = false;
    for (;;) {
        struct paddock_result *r;
        int code = errand_call(e, op, &r);
        is_unknown = is_unknown || (r != NULL && r->fate == PADDOCK_UNKNOWN);
        paddock_result_free(r);
        if (code == PADDOCK_NO_NODE && is_unknown) {
            return PADDOCK_CONNECTION_LOSS;
        }
        if (!errand_goes_on(e, code)) {
            return code;
        }
    }
}

// PADDOCK_NO_NODE: it is not to be had. Otherwise *ret is the item.
static int take_one(const struct errand *e, const char *dir, const char *name,
                    struct paddock_result **ret)
{
    char *path = recipe_join(dir, name, "");
    if (path == NULL) {
        return PADDOCK_NO_MEMORY;
    }
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = path};
    struct paddock_result *r;
    int code = errand_call_surely(e, op, &r);
    if (code == PADDOCK_OK) {
        code = claim(e, path);
    }
    bool is_item = r != NULL && r->code == PADDOCK_OK &&
                   (code == PADDOCK_OK || code == PADDOCK_CONNECTION_LOSS);
    if (is_item) {
        *ret = r;
    } else {
        paddock_result_free(r);
    }
    mem_free(path);
    return code;
}

// The oldest that is to be had. PADDOCK_NO_NODE: none now; `gate` opens when the list changes.
static int take_oldest(const struct errand *e, const char *path, struct paddock_result **ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET_CHILDREN, .path = path, .watch = recipe_watch()};
    struct paddock_result *list;
    int code = errand_call_surely(e, op, &list);
    size_t count = code == PADDOCK_OK ? items_of(list) : 0;
    if (code == PADDOCK_OK) {
        code = PADDOCK_NO_NODE;
    } else if (code == PADDOCK_NO_NODE) { // be told when the queue itself comes
        op.type = PADDOCK_OP_EXISTS;
        code = errand_do(e, op);
    }
    for (size_t i = 0; i < count && code == PADDOCK_NO_NODE; i++) {
        code = take_one(e, path, list->strings[i], ret);
    }
    paddock_result_free(list);
    return code;
}

int paddock_queue_take(struct paddock *zk, const char *path, int timeout_ms,
                       struct paddock_result **ret)
{
    struct errand e;
    *ret = NULL;
    int code = errand_begin(&e, zk, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    bool is_waiting = timeout_ms > 0;
    if (!is_waiting) {
        e.deadline_ms += zk->session.timeout_ms; // for the answers of servers
    }
    bool is_over = false;
    while (!is_over) {
        struct gate gate;
        gate_put(zk, &gate, path);
        code = take_oldest(&e, path, ret);
        bool is_empty = *ret == NULL && (code == PADDOCK_NO_NODE || code == PADDOCK_OK);
        is_over = !is_empty || !is_waiting;
        if (!is_over && code == PADDOCK_NO_NODE) {
            is_over = gate_wait(&e, &gate) != PADDOCK_OK;
        }
        gate_take(zk, &gate);
    }
    return *ret == NULL && (code == PADDOCK_NO_NODE || code == PADDOCK_OK) ? PADDOCK_NO_NODE : code;
}
