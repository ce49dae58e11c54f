// SPDX-License-Identifier: Apache-2.0
//
// One session at a time: the host's functions have no context to find it by.
#include "tests/unit/cli/fake_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"
#include "cli/reply.h"

struct fake_request {
    struct fake_request *next;
    struct paddock_op op; // its path is owned; its parts are owned
    paddock_done_fn *done;
    void *ctx;
};

static struct fake_session *current;

// ---- the tree ----

struct fake_znode *fake_session_find(struct fake_session *s, const char *path)
{
    for (size_t i = 0; i < s->node_count; i++) {
        if (s->nodes[i].path != NULL && strcmp(s->nodes[i].path, path) == 0) {
            return &s->nodes[i];
        }
    }
    return NULL;
}

void fake_session_add(struct fake_session *s, const char *path, const char *data)
{
    assert_true(s->node_count < FAKE_NODES_MAX);
    s->nodes[s->node_count++] =
        (struct fake_znode){.path = mem_strdup(path), .data = mem_strdup(data)};
}

void fake_session_remove(struct fake_session *s, const char *path)
{
    struct fake_znode *n = fake_session_find(s, path);
    if (n != NULL) {
        mem_free(n->path);
        mem_free(n->data);
        *n = (struct fake_znode){0};
    }
}

size_t fake_session_count(const struct fake_session *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->node_count; i++) {
        count += s->nodes[i].path != NULL ? 1 : 0;
    }
    return count;
}

// The name of a child, or NULL.
static const char *child_name(const char *path, const char *of)
{
    size_t len = strcmp(of, "/") == 0 ? 0 : strlen(of);
    bool is_below =
        path != NULL && strncmp(path, of, len) == 0 && path[len] == '/' && path[len + 1] != '\0';
    return is_below && strchr(path + len + 1, '/') == NULL ? path + len + 1 : NULL;
}

static size_t children(struct fake_session *s, const char *of, const char **to)
{
    size_t count = 0;
    for (size_t i = s->node_count; i-- > 0;) { // not in the order of their names
        const char *name = child_name(s->nodes[i].path, of);
        if (name != NULL) {
            count++;
            if (to != NULL) {
                to[count - 1] = name;
            }
        }
    }
    return count;
}

// ---- answers ----

static bool has_parent(struct fake_session *s, const char *path)
{
    char *parent = mem_strdup(path);
    char *slash = strrchr(parent, '/');
    slash[slash == parent ? 1 : 0] = '\0';
    bool has = fake_session_find(s, parent) != NULL;
    mem_free(parent);
    return has;
}

static int create_node(struct fake_session *s, const struct paddock_op *op)
{
    if (!has_parent(s, op->path)) {
        return PADDOCK_NO_NODE;
    }
    if (fake_session_find(s, op->path) != NULL) {
        return PADDOCK_NODE_EXISTS;
    }
    char data[FAKE_DATA_MAX + 1] = {0};
    assert_true(op->data.len <= FAKE_DATA_MAX);
    memcpy(data, op->data.len > 0 ? op->data.bytes : "", op->data.len);
    fake_session_add(s, op->path, data);
    return PADDOCK_OK;
}

static int write_node(struct fake_session *s, const struct paddock_op *op)
{
    if (op->type == PADDOCK_OP_CREATE) {
        return create_node(s, op);
    }
    struct fake_znode *n = fake_session_find(s, op->path);
    if (n == NULL) {
        return PADDOCK_NO_NODE;
    }
    if (op->type == PADDOCK_OP_DELETE && children(s, op->path, NULL) > 0) {
        return PADDOCK_NOT_EMPTY;
    }
    if (op->type == PADDOCK_OP_DELETE) {
        fake_session_remove(s, op->path);
    }
    return PADDOCK_OK;
}

// All or nothing: what the parts before a bad one did is taken back.
static int write_all(struct fake_session *s, const struct paddock_op *op)
{
    int code = PADDOCK_OK;
    size_t done = 0;
    while (code == PADDOCK_OK && done < op->part_count) {
        code = write_node(s, &op->parts[done]);
        done += code == PADDOCK_OK ? 1 : 0;
    }
    while (code != PADDOCK_OK && done-- > 0) {
        const struct paddock_op *part = &op->parts[done];
        if (part->type == PADDOCK_OP_CREATE) {
            fake_session_remove(s, part->path);
        } else if (part->type == PADDOCK_OP_DELETE) {
            fake_session_add(s, part->path, "");
        }
    }
    return code;
}

static int read_node(struct fake_session *s, const struct paddock_op *op, const char **names,
                     struct paddock_result *r)
{
    static const struct paddock_acl open[] = {{PADDOCK_ALL, "world", "anyone"}};
    struct fake_znode *n = fake_session_find(s, op->path);
    if (n == NULL || n->is_secret) {
        return n == NULL ? PADDOCK_NO_NODE : PADDOCK_NO_AUTH;
    }
    r->stat.data_length = (int32_t)strlen(n->data);
    r->stat.num_children = (int32_t)children(s, op->path, NULL);
    if (op->type == PADDOCK_OP_GET) {
        r->data = paddock_text(n->data);
    } else if (op->type == PADDOCK_OP_GET_CHILDREN) {
        r->string_count = children(s, op->path, names);
        r->strings = names;
    } else if (op->type == PADDOCK_OP_GET_ACL) {
        r->acl = open;
        r->acl_count = 1;
    }
    return PADDOCK_OK;
}

static int execute(struct fake_session *s, const struct paddock_op *op, const char **names,
                   struct paddock_result *r)
{
    bool is_read = op->type == PADDOCK_OP_GET || op->type == PADDOCK_OP_EXISTS ||
                   op->type == PADDOCK_OP_GET_CHILDREN || op->type == PADDOCK_OP_GET_ACL;
    return is_read                        ? read_node(s, op, names, r)
           : op->type == PADDOCK_OP_MULTI ? write_all(s, op)
                                          : write_node(s, op);
}

static void request_free(struct fake_request *q)
{
    for (size_t i = 0; i < q->op.part_count; i++) {
        mem_free((void *)(uintptr_t)q->op.parts[i].path);
    }
    mem_free((void *)(uintptr_t)q->op.parts);
    mem_free((void *)(uintptr_t)q->op.path);
    mem_free(q);
}

static void answer_first(struct fake_session *s)
{
    struct fake_request *q = s->first;
    s->first = q->next;
    s->under_way--;
    size_t number = ++s->requests;
    if (s->before != NULL) {
        s->before(s, number);
    }
    const char **names = mem_alloc((s->node_count + 1) * sizeof(*names));
    struct paddock_result r = {.fate = PADDOCK_ANSWERED};
    bool is_lost = number == s->fail_at;
    if (!is_lost || s->is_executed_first) {
        r.code = execute(s, &q->op, names, &r);
    }
    if (is_lost) {
        r = (struct paddock_result){.code = s->fail_code, .fate = PADDOCK_UNKNOWN};
    } else if (r.code != PADDOCK_OK) {
        r = (struct paddock_result){.code = r.code, .fate = PADDOCK_ANSWERED};
    }
    q->done(fake_session_handle(s), &r, q->ctx);
    mem_free(names);
    request_free(q);
}

void fake_session_answer(size_t count)
{
    for (size_t i = 0; i < count && current->first != NULL; i++) {
        answer_first(current);
    }
}

// ---- the calls of the library ----

static struct paddock_op copy_op(const struct paddock_op *op)
{
    struct paddock_op copy = *op;
    copy.path = op->path != NULL ? mem_strdup(op->path) : NULL;
    struct paddock_op *parts = mem_alloc((op->part_count + 1) * sizeof(*parts));
    for (size_t i = 0; i < op->part_count; i++) {
        parts[i] = op->parts[i];
        parts[i].path = mem_strdup(op->parts[i].path);
    }
    copy.parts = parts;
    return copy;
}

int paddock_submit(struct paddock *zk, const struct paddock_op *op, paddock_done_fn *done,
                   void *ctx)
{
    struct fake_session *s = (struct fake_session *)(void *)zk;
    struct fake_request *q = mem_zalloc(sizeof(*q));
    *q = (struct fake_request){.op = copy_op(op), .done = done, .ctx = ctx};
    *(s->first == NULL ? &s->first : &s->last->next) = q;
    s->last = q;
    s->under_way++;
    s->under_way_max = s->under_way > s->under_way_max ? s->under_way : s->under_way_max;
    return PADDOCK_OK;
}

// A result that outlives its callback.
struct kept {
    struct paddock_result result;
    struct reply reply;
    bool is_done;
};

static void keep(struct paddock *zk, const struct paddock_result *r, void *ctx)
{
    (void)zk;
    struct kept *k = ctx;
    reply_copy(&k->reply, r);
    k->result = (struct paddock_result){.code = r->code,
                                        .fate = r->fate,
                                        .stat = r->stat,
                                        .data = k->reply.data,
                                        .acl = k->reply.acl,
                                        .acl_count = k->reply.acl_count};
    k->is_done = true;
}

int paddock_call(struct paddock *zk, const struct paddock_op *op, struct paddock_result **ret)
{
    struct kept *k = mem_zalloc(sizeof(*k));
    (void)paddock_submit(zk, op, keep, k);
    while (!k->is_done) {
        fake_session_answer(1);
    }
    *ret = &k->result;
    return k->result.code;
}

void paddock_result_free(struct paddock_result *result)
{
    if (result != NULL) {
        struct kept *k = CONTAINER_OF(result, struct kept, result);
        reply_fini(&k->reply);
        mem_free(k);
    }
}

// The other blocking calls: no test of requests makes them.
static int refuse(void)
{
    fail_msg("a blocking call in a test of requests");
    return PADDOCK_CLOSED;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"

int paddock_create(struct paddock *zk, const char *path, struct paddock_bytes data,
                   enum paddock_mode mode, struct paddock_result **ret)
{
    return refuse();
}

int paddock_delete(struct paddock *zk, const char *path, int32_t version)
{
    return refuse();
}

int paddock_get(struct paddock *zk, const char *path, struct paddock_result **ret)
{
    return refuse();
}

int paddock_set(struct paddock *zk, const char *path, struct paddock_bytes data, int32_t version,
                struct paddock_stat *ret)
{
    return refuse();
}

int paddock_children(struct paddock *zk, const char *path, struct paddock_result **ret)
{
    return refuse();
}

int paddock_sync(struct paddock *zk, const char *path)
{
    return refuse();
}

int paddock_multi(struct paddock *zk, const struct paddock_op *parts, size_t part_count,
                  struct paddock_result **ret)
{
    return refuse();
}

int paddock_add_auth(struct paddock *zk, const char *scheme, struct paddock_bytes credential)
{
    return refuse();
}

#pragma GCC diagnostic pop

int paddock_exists(struct paddock *zk, const char *path, struct paddock_stat *ret)
{
    (void)zk;
    *ret = (struct paddock_stat){0};
    return fake_session_find(current, path) != NULL ? PADDOCK_OK : PADDOCK_NO_NODE;
}

// ---- the host ----

static void lock(void)
{
}

static bool answer_some(int timeout_ms)
{
    (void)timeout_ms;
    fake_session_answer(10);
    return true;
}

static int no_signal(void)
{
    return 0;
}

void fake_session_init(struct fake_session *s)
{
    memset(s, 0, sizeof(*s));
    fake_init(&s->fake);
    struct cli_host *host = s->fake.cli.host;
    host->lock = lock;
    host->unlock = lock;
    host->ring = lock;
    host->wait = answer_some;
    host->interrupted = no_signal;
    current = s;
    fake_session_add(s, "/", "");
}

void fake_session_fini(struct fake_session *s)
{
    fake_session_answer(SIZE_MAX);
    for (size_t i = 0; i < s->node_count; i++) {
        mem_free(s->nodes[i].path);
        mem_free(s->nodes[i].data);
    }
    fake_fini(&s->fake);
    current = NULL;
}

struct paddock *fake_session_handle(struct fake_session *s)
{
    return (struct paddock *)(void *)s;
}
