// SPDX-License-Identifier: Apache-2.0
//
// Nodes go, or with -r whole subtrees, after it was said how much that is (`rm`).
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/erase.h"
#include "cli/insist.h"
#include "cli/json.h"
#include "cli/progress.h"

enum { TEXT_BYTES = 32 };

static int print_json(struct cli *c, const char *path, const struct erased *e)
{
    struct json *o = json_new_object();
    json_put(o, "path", json_new_cstr(path));
    json_put(o, "deleted", json_new_int((int64_t)e->nodes));
    json_put(o, "refused", json_new_int((int64_t)e->refused));
    return cli_print_json(c, o);
}

static int remove_one(struct cli *c, const char *path, bool is_forced)
{
    struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = path};
    struct paddock_result *r;
    int code = PADDOCK_OK;
    int status = cli_try(c, &op, &code, &r);
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    if (status != CLI_DONE || (code == PADDOCK_NO_NODE && is_forced)) {
        return status;
    }
    if (code == PADDOCK_NOT_EMPTY) {
        return cli_fail(c, CLI_NO, "Node not empty: %s; `rm -r` deletes what is below it, too",
                        path);
    }
    if (code != PADDOCK_OK) {
        return cli_fail_code(c, code, fate, path);
    }
    return c->is_json ? print_json(c, path, &(struct erased){.nodes = 1}) : CLI_DONE;
}

// How many nodes are below; 0 also when the server cannot say (before 3.6).
static int count_below(struct cli *c, const char *path, bool is_forced, bool *ret_is_there,
                       uint64_t *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_COUNT_CHILDREN, .path = path};
    struct paddock_result *r = NULL;
    struct paddock *zk;
    int status = cli_session(c, &zk);
    if (status != CLI_DONE) {
        return status;
    }
    int code = insist(zk, &op, &r);
    *ret = code == PADDOCK_OK && r != NULL ? (uint64_t)r->number : 0;
    *ret_is_there = code != PADDOCK_NO_NODE;
    enum paddock_fate fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    bool is_fine = code == PADDOCK_OK || code == PADDOCK_UNIMPLEMENTED ||
                   (code == PADDOCK_NO_NODE && is_forced);
    return is_fine ? CLI_DONE : cli_fail_code(c, code, fate, path);
}

static bool is_protected(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, "/zookeeper") == 0;
}

static int remove_tree(struct cli *c, const char *path, bool is_forced, bool is_dry)
{
    uint64_t below;
    bool is_there;
    char text[TEXT_BYTES];
    if (is_protected(path)) {
        return cli_fail(c, CLI_USAGE, "%s cannot be deleted; name the nodes below it", path);
    }
    int status = count_below(c, path, is_forced, &is_there, &below);
    if (status != CLI_DONE || !is_there) {
        return status;
    }
    if (is_dry) {
        (void)fprintf(c->out, "%s and %s nodes below it\n", path, progress_count(below, text));
        return CLI_DONE;
    }
    if (!cli_confirm(c, true, "delete %s and %s nodes below it?", path,
                     progress_count(below, text))) {
        return cli_fail(c, CLI_NO, "nothing was deleted");
    }
    struct erased e;
    status = erase_subtree(c, c->zk, path, below + 1, &e);
    if (c->is_json && (status == CLI_DONE || status == CLI_NO)) {
        (void)print_json(c, path, &e);
    } else if (c->host->err_is_tty && !c->is_quiet && e.nodes > 0) {
        (void)fprintf(c->err, "%s nodes deleted\n", progress_count(e.nodes, text));
    }
    return status;
}

static int run(struct cli *c, const struct cli_call *call)
{
    bool is_forced = cli_has(call, "f"), is_dry = cli_has(call, "n");
    int status = CLI_DONE;
    bool was_stream = c->is_stream;
    c->is_stream = true;
    for (size_t i = 0; i < cli_param_count(call); i++) {
        const char *path = cli_param(call, i);
        int one = cli_has(call, "r") ? remove_tree(c, path, is_forced, is_dry)
                                     : remove_one(c, path, is_forced);
        status = one != CLI_DONE ? one : status;
        if (one != CLI_DONE && one != CLI_NO) {
            break;
        }
    }
    c->is_stream = was_stream;
    return status;
}

static const struct cli_flag flags[] = {
    {.letter = 'r', .name = "recursive", .help = "everything below, too"},
    {.letter = 'f', .name = "force", .help = "a node that is not there is no error"},
    {.letter = 'n', .name = "dry-run", .help = "with -r: only say how many nodes it would be"},
};
static const struct cli_param params[] = {
    {.name = "PATH", .kind = CLI_PATH, .count = CLI_SOME, .help = "the nodes"}};

const struct cli_command cli_rm = {
    .name = "rm",
    .group = CLI_GROUP_TREES,
    .summary = "delete nodes, or with -r whole subtrees",
    .details =
        "With -r the nodes below PATH are counted first, and on a terminal you are asked; --yes "
        "answers that. Children go before their parents, 500 nodes in a transaction, so an "
        "interrupted run leaves a smaller tree and never a node without its parent. Nodes that "
        "come "
        "meanwhile are deleted, too.\n\n"
        "What the servers refuse is named on stderr and left, with its parents. / and /zookeeper "
        "cannot be deleted. With --json one object for each PATH: path, deleted, refused.",
    CLI_FLAGS(flags),
    CLI_PARAMS(params),
    .examples = "rm /app/lock # one node\n"
                "rm -rn /app # how many nodes would it be?\n"
                "rm -r --yes /app /old-app # both, without a question",
    .exits = "1 refused, not there, or the answer to the question was no",
    .is_json_able = true,
    .run = run,
};
