// SPDX-License-Identifier: Apache-2.0
//
// Subtrees under another name (`cp`, `mv`), in this ensemble or (cp) in another one.
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/copying.h"
#include "cli/erase.h"
#include "cli/insist.h"
#include "cli/json.h"
#include "cli/moving.h"
#include "cli/node_order.h"
#include "cli/place.h"
#include "cli/progress.h"

enum { TEXT_BYTES = 32 };

// "/b/" means below /b, under the name of the source.
static const char *target_of(const char *from, const char *to, struct buf *buf)
{
    size_t len = strlen(to);
    buf_append_str(buf, to);
    if (len > 0 && to[len - 1] == '/') {
        const char *name = strrchr(from, '/');
        buf_append_str(buf, name != NULL ? name + 1 : from);
        if (buf->len > 1 && buf->data[buf->len - 1] == '/') {
            buf->len--; // the source was "/"
        }
    }
    return buf_cstr(buf);
}

static int report(struct cli *c, const char *from, const char *to, const struct copied *sum)
{
    char nodes[TEXT_BYTES], bytes[TEXT_BYTES], left[TEXT_BYTES];
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "from", json_new_cstr(from));
        json_put(o, "to", json_new_cstr(to));
        json_put(o, "nodes", json_new_int((int64_t)sum->nodes));
        json_put(o, "bytes", json_new_int((int64_t)sum->bytes));
        json_put(o, "ephemerals_left_out", json_new_int((int64_t)sum->ephemerals));
        json_put(o, "failures", json_new_int((int64_t)sum->failures));
        return cli_print_json(c, o);
    }
    if (c->is_quiet) {
        return CLI_DONE;
    }
    if (c->host->err_is_tty) {
        (void)fprintf(c->err, "%s nodes, %s\n", progress_count(sum->nodes, nodes),
                      progress_bytes(sum->bytes, bytes));
    }
    if (sum->ephemerals > 0) {
        (void)fprintf(c->err, "%s ephemeral nodes were left out: they belong to sessions\n",
                      progress_count(sum->ephemerals, left));
    }
    return CLI_DONE;
}

// ---- cp ----

static int check_copy(struct cli *c, const struct place *from, const struct place *to,
                      bool is_recursive)
{
    if (place_is_same_ensemble(from, to) && node_is_within(to->path, from->path)) {
        return cli_fail(c, CLI_USAGE, "%s is within %s: it would be copied into itself", to->path,
                        from->path);
    }
    struct paddock_op op = {.type = PADDOCK_OP_EXISTS, .path = from->path};
    struct paddock_result *r;
    int code = insist(from->zk, &op, &r);
    bool has_children = code == PADDOCK_OK && r->stat.num_children > 0;
    paddock_result_free(r);
    if (code != PADDOCK_OK) {
        return cli_fail_code(c, code, PADDOCK_ANSWERED, from->path);
    }
    if (has_children && !is_recursive) {
        return cli_fail(c, CLI_USAGE, "%s has children; `cp -r` copies them, too", from->path);
    }
    return CLI_DONE;
}

static int copy(struct cli *c, const struct cli_call *call, const struct place *from,
                const struct place *to)
{
    struct copy_options options = {
        .from = from->path,
        .to = to->path,
        .from_zk = from->zk,
        .to_zk = to->zk,
        .has_acl = !cli_has(call, "no-acl"),
        .is_forced = cli_has(call, "f"),
        .are_ephemerals_kept = cli_has(call, "keep-ephemerals"),
    };
    struct copied sum;
    int status = copy_subtree(c, &options, &sum);
    if (status == CLI_DONE) {
        status = report(c, cli_param(call, 0), cli_param(call, 1), &sum);
    }
    return status == CLI_DONE && sum.failures > 0 ? CLI_NO : status;
}

static int run_cp(struct cli *c, const struct cli_call *call)
{
    struct place from, to = {0};
    struct buf target = {0};
    int status = place_open(c, cli_param(call, 0), &from);
    if (status == CLI_DONE) {
        status = place_open(c, target_of(cli_param(call, 0), cli_param(call, 1), &target), &to);
    }
    if (status == CLI_DONE) {
        status = check_copy(c, &from, &to, cli_has(call, "r"));
    }
    if (status == CLI_DONE) {
        status = copy(c, call, &from, &to);
    }
    place_close(&to);
    place_close(&from);
    buf_fini(&target);
    return status;
}

static const struct cli_flag cp_flags[] = {
    {.letter = 'r', .name = "recursive", .help = "everything below, too"},
    {.letter = 'f',
     .name = "force",
     .help = "nodes that are there already get the data and ACL; without it that is an error"},
    {.name = "no-acl", .help = "leave ACLs out: everybody may do everything with the copy"},
    {.name = "keep-ephemerals",
     .help = "copy ephemeral nodes as persistent ones; they are left out otherwise"},
};
static const struct cli_param params[] = {
    {.name = "FROM", .kind = CLI_PATH, .help = "PATH, or HOST:PORT/PATH"},
    {.name = "TO",
     .kind = CLI_PATH,
     .help = "the path of the copy, the same way; TO/ is below TO"}};

const struct cli_command cli_cp = {
    .name = "cp",
    .group = CLI_GROUP_TREES,
    .summary = "copy a node or subtree, also to another ensemble",
    .details =
        "Copies data and ACLs, parents before children, many nodes in a transaction. Versions, "
        "times and the counters of sequential nodes start anew. Servers do not tell which nodes "
        "are containers or have a time to live: their copies are plain persistent nodes. "
        "/zookeeper is "
        "left out.\n\n"
        "A path may begin with the servers of another ensemble, HOST:PORT[,HOST:PORT...]/PATH; "
        "credentials (--auth) are shown to both. A copy that fails half-way leaves what it made; "
        "with -f it can be run again. With --json an object: from, to, nodes, bytes, "
        "ephemerals_left_out, failures.",
    CLI_FLAGS(cp_flags),
    CLI_PARAMS(params),
    .examples = "cp -r /app /app-2026 # a copy beside it\n"
                "cp -r /app zk-test:2181/app # to another ensemble\n"
                "cp -r zk-prod:2181/app/ / # from another one, under its own name",
    .exits = "1 TO is there already, or some nodes could not be copied",
    .is_json_able = true,
    .run = run_cp,
};

// ---- mv ----

// Copy, then delete, when that is what was asked for.
static int move_in_steps(struct cli *c, struct paddock *zk, const char *from, const char *to)
{
    struct copy_options options = {.from = from,
                                   .to = to,
                                   .from_zk = zk,
                                   .to_zk = zk,
                                   .has_acl = true,
                                   .is_ephemeral_a_failure = true};
    struct copied sum;
    struct erased gone;
    int status = copy_subtree(c, &options, &sum);
    if (status == CLI_DONE && sum.failures > 0) {
        return cli_fail(c, CLI_NO, "%s was not copied whole, so it was not deleted; the copy is %s",
                        from, to);
    }
    status = status == CLI_DONE ? erase_subtree(c, zk, from, sum.nodes, &gone) : status;
    return status == CLI_DONE ? report(c, from, to, &sum) : status;
}

static int move(struct cli *c, const struct cli_call *call, const char *from, const char *to)
{
    uint64_t nodes;
    int status;
    struct copied sum = {0};
    switch (move_subtree(c, c->zk, from, to, &nodes, &status)) {
    case MOVE_FAILED:
        return status;
    case MOVE_DONE:
        sum.nodes = nodes;
        return report(c, from, to, &sum);
    case MOVE_TOO_BIG:
        break;
    }
    if (!cli_has(call, "not-atomic")) {
        return cli_fail(c, CLI_NO,
                        "%s is too big to be moved at once: one transaction holds about 1 MB. "
                        "Nothing was done; --not-atomic copies it node by node and then deletes it",
                        from);
    }
    return move_in_steps(c, c->zk, from, to);
}

static int run_mv(struct cli *c, const struct cli_call *call)
{
    const char *from = cli_param(call, 0);
    struct buf target = {0};
    const char *to = target_of(from, cli_param(call, 1), &target);
    struct paddock *zk;
    int status = CLI_DONE;
    if (from[0] != '/' || to[0] != '/') {
        status = cli_fail(c, CLI_USAGE,
                          "mv stays within one ensemble; `cp -r`, then `rm -r`, between two");
    } else if (strcmp(from, "/") == 0 || node_is_within(from, "/zookeeper")) {
        status = cli_fail(c, CLI_USAGE, "%s cannot be moved", from);
    } else if (node_is_within(to, from)) {
        status = cli_fail(c, CLI_USAGE, "%s is within %s", to, from);
    }
    status = status == CLI_DONE ? cli_check_path(c, from, false) : status;
    status = status == CLI_DONE ? cli_check_path(c, to, false) : status;
    status = status == CLI_DONE ? cli_session(c, &zk) : status;
    if (status == CLI_DONE) {
        status = move(c, call, from, to);
    }
    buf_fini(&target);
    return status;
}

static const struct cli_flag mv_flags[] = {
    {.name = "not-atomic",
     .help = "when it does not fit into one transaction: copy it, then delete it"},
};
static const struct cli_param mv_params[] = {
    {.name = "FROM", .kind = CLI_PATH},
    {.name = "TO", .kind = CLI_PATH, .help = "the new path; TO/ is below TO"}};

const struct cli_command cli_mv = {
    .name = "mv",
    .group = CLI_GROUP_TREES,
    .summary = "move a node or subtree to another path",
    .details =
        "ZooKeeper cannot rename: the nodes are created under the new path and deleted under the "
        "old one. That is done in one transaction, so that everybody sees all of it or nothing; if "
        "a "
        "node changes meanwhile, nothing is moved. What does not fit into a transaction (about 1 "
        "MB "
        "of paths and data) is refused, unless you allow --not-atomic: then others "
        "see it half-way, and what they change in FROM between copy and deletion is lost.\n\n"
        "Versions, times and counters of sequential nodes start anew, watches stay behind, and "
        "ephemeral nodes cannot be moved. TO must not exist.",
    CLI_FLAGS(mv_flags),
    CLI_PARAMS(mv_params),
    .examples = "mv /app/config /app/settings # at once, or not at all\n"
                "mv --not-atomic /big /archive/ # to /archive/big, node by node",
    .exits = "1 refused: TO exists, a node changed, too big",
    .is_json_able = true,
    .run = run_mv,
};
