// SPDX-License-Identifier: Apache-2.0
//
// One walk, and two queues of writes: creations, and (with is_forced) the changes of nodes that
// turned out to be there.
#include "cli/copying.h"

#include <string.h>

#include "base/buf.h"
#include "cli/batch.h"
#include "cli/insist.h"
#include "cli/node_stream.h"
#include "cli/progress.h"
#include "cli/subtree.h"

enum { COMPLAINTS_MAX = 20 };

struct copy {
    struct cli *cli;
    const struct copy_options *options;
    struct copied *sum;
    struct batch *creations, *changes;
    struct buf path;
    size_t left_out_depth; // of the node at hand or above it that is not copied; 0: none
    int exit_code;
    struct progress progress;
};

const char *copy_path(const char *path, const char *from, const char *to, struct buf *buf)
{
    size_t from_len = strcmp(from, "/") == 0 ? 0 : strlen(from);
    const char *rest = strcmp(path, "/") == 0 ? "" : path + from_len;
    buf_clear(buf);
    buf_append_str(buf, strcmp(to, "/") == 0 && *rest != '\0' ? "" : to);
    buf_append_str(buf, rest);
    return buf_cstr(buf);
}

bool copy_acl_is_masked(const struct paddock_acl *acl, size_t count)
{
    struct node n = {.has_acl = true, .acl = acl, .acl_count = count};
    return node_acl_is_masked(&n);
}

static void complain(struct copy *k, int code, enum paddock_fate fate, const char *path)
{
    if (++k->sum->failures <= COMPLAINTS_MAX) {
        progress_end(&k->progress);
        (void)cli_fail_code(k->cli, code, fate, path);
    }
}

// ---- writing ----

static void change(struct copy *k, const struct paddock_op *creation)
{
    struct paddock_op set = {
        .type = PADDOCK_OP_SET, .path = creation->path, .data = creation->data};
    int status = batch_add(k->changes, &set);
    if (status == CLI_DONE && k->options->has_acl) {
        struct paddock_op acl = {.type = PADDOCK_OP_SET_ACL,
                                 .path = creation->path,
                                 .acl = creation->acl,
                                 .acl_count = creation->acl_count};
        status = batch_add(k->changes, &acl);
    }
    k->exit_code = k->exit_code == CLI_DONE ? status : k->exit_code;
}

static void count_node(struct copy *k, const struct paddock_op *op)
{
    k->sum->nodes++;
    k->sum->bytes += op->data.len;
    progress_at(&k->progress, k->sum->nodes, k->sum->bytes);
}

static void creation_ended(void *ctx, const struct batch_end *end)
{
    struct copy *k = ctx;
    bool is_there = end->code == PADDOCK_NODE_EXISTS;
    if (end->code == PADDOCK_OK || (is_there && end->is_repeat)) {
        count_node(k, end->op);
    } else if (is_there && k->options->is_forced) {
        change(k, end->op);
    } else {
        complain(k, end->code, end->fate, end->op->path);
    }
}

static void change_ended(void *ctx, const struct batch_end *end)
{
    struct copy *k = ctx;
    if (end->code != PADDOCK_OK) {
        complain(k, end->code, end->fate, end->op->path);
    } else if (end->op->type == PADDOCK_OP_SET) {
        count_node(k, end->op);
    }
}

static struct paddock_op creation_of(struct copy *k, const struct subtree_node *n)
{
    struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                            .path = copy_path(n->path, k->options->from, k->options->to, &k->path),
                            .data = n->data,
                            .mode = PADDOCK_PERSISTENT};
    if (k->options->has_acl && n->has_acl) {
        op.acl = n->acl;
        op.acl_count = n->acl_count;
    }
    return op;
}

static bool is_root_of_all(const char *path)
{
    return strcmp(path, "/") == 0;
}

// The root of the copy, waited for.
static int create_root(struct copy *k, const struct subtree_node *n)
{
    struct paddock_op op = creation_of(k, n);
    if (is_root_of_all(op.path)) { // it is there, everywhere
        if (k->options->is_forced) {
            change(k, &op);
        }
        return k->exit_code;
    }
    struct paddock_result *r = NULL;
    int code = insist_create(k->options->to_zk, &op, &r);
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    if (code == PADDOCK_OK) {
        count_node(k, &op);
    } else if (code == PADDOCK_NODE_EXISTS && k->options->is_forced) {
        change(k, &op);
    } else if (code == PADDOCK_NO_NODE) {
        return cli_fail(k->cli, CLI_NO, "the parent of %s does not exist", op.path);
    } else {
        return cli_fail_code(k->cli, code, fate, op.path);
    }
    return k->exit_code;
}

// ---- reading ----

// Whether the node is to be copied; what is below one that is not is left out with it.
static bool is_wanted(struct copy *k, const struct subtree_node *n)
{
    if (n->has_stat && n->stat.ephemeral_owner != 0 && !k->options->are_ephemerals_kept) {
        k->sum->ephemerals++;
        if (k->options->is_ephemeral_a_failure) {
            k->sum->failures++;
            (void)cli_fail(k->cli, CLI_NO, "%s is ephemeral: it belongs to session 0x%llx", n->path,
                           (unsigned long long)n->stat.ephemeral_owner);
        }
        return false;
    }
    if (n->code != PADDOCK_OK) {
        complain(k, n->code, PADDOCK_ANSWERED, n->path);
        return false;
    }
    if (k->options->has_acl && copy_acl_is_masked(n->acl, n->acl_count)) {
        k->sum->failures++;
        (void)cli_fail(k->cli, CLI_NO,
                       "%s: its ACL has a digest that servers show only to who may change it; "
                       "--no-acl copies without",
                       n->path);
        return false;
    }
    return true;
}

static int enter(struct copy *k, const struct subtree_node *n)
{
    if (k->left_out_depth > 0) {
        return CLI_DONE;
    }
    if (!is_wanted(k, n)) {
        k->left_out_depth = n->depth + 1;
        return n->depth == 0 ? CLI_NO : CLI_DONE;
    }
    if (n->depth == 0) {
        return create_root(k, n);
    }
    struct paddock_op op = creation_of(k, n);
    return batch_add(k->creations, &op);
}

static int copy_nodes(struct copy *k, struct subtree *s)
{
    struct subtree_node n;
    enum subtree_step step;
    int status = CLI_DONE;
    while (status == CLI_DONE && (step = subtree_next(s, &n)) < SUBTREE_END) {
        if (step == SUBTREE_ENTER) {
            status = enter(k, &n);
        } else if (k->left_out_depth == n.depth + 1) {
            k->left_out_depth = 0;
        }
        status = status == CLI_DONE ? k->exit_code : status;
    }
    status = status == CLI_DONE ? subtree_exit_code(s) : status;
    status = status == CLI_DONE ? batch_finish(k->creations) : status;
    return status == CLI_DONE ? batch_finish(k->changes) : status;
}

static bool is_skipped(void *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, "/zookeeper") == 0;
}

int copy_subtree(struct cli *c, const struct copy_options *options, struct copied *ret)
{
    struct copy k = {.cli = c, .options = options, .sum = ret};
    struct subtree_options walk = {.path = options->from,
                                   .wants_data = true,
                                   .wants_acl = options->has_acl,
                                   .is_skipped = is_skipped};
    *ret = (struct copied){0};
    k.creations =
        batch_open(c, options->to_zk, &(struct batch_options){.ended = creation_ended, .ctx = &k});
    k.changes =
        batch_open(c, options->to_zk, &(struct batch_options){.ended = change_ended, .ctx = &k});
    struct subtree *s = subtree_open(c, options->from_zk, &walk);
    progress_begin(&k.progress, c, "copying", "nodes", 0);
    int status = copy_nodes(&k, s);
    progress_end(&k.progress);
    subtree_close(s);
    batch_close(k.creations);
    batch_close(k.changes);
    buf_fini(&k.path);
    return status;
}
