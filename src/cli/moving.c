// SPDX-License-Identifier: Apache-2.0
//
// Creations in the order of entering, deletions in the order of leaving, gathered in one arena.
#include "cli/moving.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "cli/copying.h"
#include "cli/subtree.h"

enum { PART_BYTES = 64 }; // about what a part takes beside its path, data and ACL

struct ops {
    struct paddock_op *items;
    size_t count, cap;
};

struct move {
    struct cli *cli;
    const char *from, *to;
    struct arena arena;
    struct buf path;
    struct ops creations, deletions;
    size_t bytes;
    int exit_code;
};

static void push(struct ops *ops, struct paddock_op op)
{
    if (ops->count == ops->cap) {
        ops->cap = ops->cap > 0 ? 2 * ops->cap : 32;
        ops->items = mem_realloc(ops->items, ops->cap * sizeof(*ops->items));
    }
    ops->items[ops->count++] = op;
}

static const char *keep_text(struct move *m, const char *text)
{
    size_t len = strlen(text) + 1;
    m->bytes += len;
    return (const char *)arena_copy(&m->arena, slice_of(text, len)).data;
}

static void add_creation(struct move *m, const struct subtree_node *n)
{
    struct paddock_acl *acl = arena_alloc(&m->arena, (n->acl_count + 1) * sizeof(*acl));
    for (size_t i = 0; i < n->acl_count; i++) {
        acl[i] = (struct paddock_acl){.perms = n->acl[i].perms,
                                      .scheme = keep_text(m, n->acl[i].scheme),
                                      .id = keep_text(m, n->acl[i].id)};
        m->bytes += PART_BYTES / 4;
    }
    struct slice data = arena_copy(&m->arena, slice_of(n->data.bytes, n->data.len));
    m->bytes += PART_BYTES + data.len;
    push(&m->creations,
         (struct paddock_op){.type = PADDOCK_OP_CREATE,
                             .path = keep_text(m, copy_path(n->path, m->from, m->to, &m->path)),
                             .data = paddock_bytes_of(data.data, data.len),
                             .acl = acl,
                             .acl_count = n->acl_count});
}

// False when the node cannot be moved, which was said.
static bool enter(struct move *m, const struct subtree_node *n)
{
    if (n->code != PADDOCK_OK) {
        m->exit_code = cli_fail_code(m->cli, n->code, PADDOCK_ANSWERED, n->path);
        return false;
    }
    if (n->stat.ephemeral_owner != 0) {
        m->exit_code = cli_fail(m->cli, CLI_NO,
                                "%s is ephemeral: it belongs to session 0x%llx and cannot be moved",
                                n->path, (unsigned long long)n->stat.ephemeral_owner);
        return false;
    }
    if (copy_acl_is_masked(n->acl, n->acl_count)) {
        m->exit_code = cli_fail(m->cli, CLI_NO,
                                "%s: its ACL has a digest that servers show only to who may "
                                "change it",
                                n->path);
        return false;
    }
    add_creation(m, n);
    return true;
}

static void leave(struct move *m, const struct subtree_node *n)
{
    m->bytes += PART_BYTES;
    push(&m->deletions, (struct paddock_op){.type = PADDOCK_OP_DELETE,
                                            .path = keep_text(m, n->path),
                                            .is_versioned = true,
                                            .version = n->stat.version});
}

static bool gather(struct move *m, struct paddock *zk)
{
    struct subtree_options options = {.path = m->from, .wants_data = true, .wants_acl = true};
    struct subtree *s = subtree_open(m->cli, zk, &options);
    struct subtree_node n;
    enum subtree_step step = SUBTREE_END;
    bool is_good = true;
    while (is_good && m->bytes <= MOVE_FRAME_BYTES_MAX &&
           (step = subtree_next(s, &n)) < SUBTREE_END) {
        if (step == SUBTREE_ENTER) {
            is_good = enter(m, &n);
        } else {
            leave(m, &n);
        }
    }
    if (is_good && step == SUBTREE_FAILED) {
        m->exit_code = subtree_exit_code(s);
        is_good = false;
    }
    subtree_close(s);
    return is_good;
}

// The part that made the transaction fail is the one with an answer of its own.
static int fail(struct move *m, const struct paddock_op *parts, size_t count,
                const struct paddock_result *r, int code)
{
    for (size_t i = 0; r != NULL && i < r->part_count && i < count; i++) {
        int part = r->parts[i].code;
        if (part == PADDOCK_OK || part == PADDOCK_RUNTIME_INCONSISTENCY) {
            continue;
        }
        if (part == PADDOCK_NO_NODE && i == 0) {
            return cli_fail(m->cli, CLI_NO, "the parent of %s does not exist", m->to);
        }
        if (part == PADDOCK_NOT_EMPTY || part == PADDOCK_BAD_VERSION || part == PADDOCK_NO_NODE) {
            return cli_fail(m->cli, CLI_NO, "%s changed meanwhile; nothing was moved",
                            parts[i].path);
        }
        return cli_fail_code(m->cli, part, PADDOCK_ANSWERED, parts[i].path);
    }
    return cli_fail_code(m->cli, code, r != NULL ? r->fate : PADDOCK_NOT_SENT, m->from);
}

static enum move_end execute(struct move *m, struct paddock *zk)
{
    size_t creations = m->creations.count;
    for (size_t i = 0; i < m->deletions.count; i++) {
        push(&m->creations, m->deletions.items[i]);
    }
    struct paddock_op op = {
        .type = PADDOCK_OP_MULTI, .parts = m->creations.items, .part_count = m->creations.count};
    struct paddock_result *r = NULL;
    int code = paddock_call(zk, &op, &r);
    if (code != PADDOCK_OK) {
        m->exit_code = fail(m, m->creations.items, m->creations.count, r, code);
    }
    m->creations.count = creations;
    paddock_result_free(r);
    return code == PADDOCK_OK ? MOVE_DONE : MOVE_FAILED;
}

enum move_end move_subtree(struct cli *c, struct paddock *zk, const char *from, const char *to,
                           uint64_t *ret_nodes, int *ret_exit_code)
{
    struct move m = {.cli = c, .from = from, .to = to};
    enum move_end end = MOVE_FAILED;
    if (gather(&m, zk)) {
        end = m.bytes > MOVE_FRAME_BYTES_MAX ? MOVE_TOO_BIG : execute(&m, zk);
    }
    *ret_nodes = m.creations.count;
    *ret_exit_code = m.exit_code;
    arena_fini(&m.arena);
    buf_fini(&m.path);
    mem_free(m.creations.items);
    mem_free(m.deletions.items);
    return end;
}
