// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a server's subtree, by the walk of subtree.h.
#include <string.h>

#include "base/mem.h"
#include "cli/insist.h"
#include "cli/node_order.h"
#include "cli/node_stream.h"
#include "cli/subtree.h"

struct server_stream {
    struct node_stream base;
    struct cli *cli;
    const struct node_server_options *options;
    struct subtree *subtree; // NULL: there is no root
    size_t root_bytes;       // of a path, before what is below the root
};

static bool is_skipped(void *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, "/zookeeper") == 0;
}

static const char *below_root(const struct server_stream *s, const char *path)
{
    size_t len = strlen(path);
    return len > s->root_bytes ? path + s->root_bytes + 1 : path + len;
}

static void convert(const struct server_stream *s, const struct subtree_node *from,
                    struct node *ret)
{
    *ret = (struct node){.path = below_root(s, from->path),
                         .code = from->code,
                         .has_data = from->has_data,
                         .data = from->data,
                         .data_bytes = (int64_t)from->data.len,
                         .has_acl = from->has_acl,
                         .acl = from->acl,
                         .acl_count = from->acl_count,
                         .version = from->stat.version,
                         .aversion = from->stat.aversion,
                         .ctime_ms = from->stat.ctime_ms,
                         .mtime_ms = from->stat.mtime_ms};
    node_set_owner(ret, from->stat.ephemeral_owner);
}

static enum node_step next(struct node_stream *base, struct node *ret)
{
    struct server_stream *s = (struct server_stream *)base;
    struct subtree_node n;
    enum subtree_step step = SUBTREE_END;
    while (s->subtree != NULL && (step = subtree_next(s->subtree, &n)) < SUBTREE_END) {
        if (step == SUBTREE_LEAVE) {
            continue;
        }
        convert(s, &n, ret);
        if (ret->kind != NODE_EPHEMERAL || s->options->wants_ephemerals) {
            return NODE_NEXT;
        }
        if (s->options->ephemerals_left_out != NULL) {
            (*s->options->ephemerals_left_out)++;
        }
    }
    base->exit_code = step == SUBTREE_END ? CLI_DONE : subtree_exit_code(s->subtree);
    return step == SUBTREE_END ? NODE_END : NODE_FAILED;
}

static void close_stream(struct node_stream *base)
{
    struct server_stream *s = (struct server_stream *)base;
    subtree_close(s->subtree);
    mem_free(s);
}

// Whether the root is there. CLI_DONE, or after cli_fail.
static int look_for_root(struct server_stream *s, struct paddock *zk, bool *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = s->options->root};
    struct paddock_result *r = NULL;
    int code = insist(zk, &op, &r);
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    if (code != PADDOCK_OK && code != PADDOCK_NO_NODE) {
        return cli_fail_code(s->cli, code, fate, s->options->root);
    }
    *ret = code == PADDOCK_OK;
    return CLI_DONE;
}

static enum node_step fail(struct node_stream *base, struct node *ret)
{
    (void)base;
    (void)ret;
    return NODE_FAILED;
}

struct node_stream *node_stream_server(struct cli *c, struct paddock *zk,
                                       const struct node_server_options *options)
{
    struct server_stream *s = mem_zalloc(sizeof(*s));
    s->base = (struct node_stream){.next = next, .close = close_stream};
    s->cli = c;
    s->options = options;
    s->root_bytes = strcmp(options->root, "/") == 0 ? 0 : strlen(options->root);
    bool is_there = true;
    if (options->is_root_optional) {
        s->base.exit_code = look_for_root(s, zk, &is_there);
    }
    if (s->base.exit_code != CLI_DONE) {
        s->base.next = fail;
        return &s->base;
    }
    if (is_there) {
        // Below a chroot that name is like any other.
        bool is_everything = options->wants_zookeeper ||
                             node_is_within(options->root, "/zookeeper") ||
                             strchr(cli_servers(c), '/') != NULL;
        struct subtree_options walk = {.path = options->root,
                                       .wants_data = true,
                                       .wants_acl = options->wants_acl,
                                       .is_skipped = is_everything ? NULL : is_skipped};
        s->subtree = subtree_open(c, zk, &walk);
    }
    return &s->base;
}
