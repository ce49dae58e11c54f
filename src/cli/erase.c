// SPDX-License-Identifier: Apache-2.0
//
// Passes: one deletes what it saw; when nodes came below one of them meanwhile, another follows.
#include "cli/erase.h"

#include "cli/batch.h"
#include "cli/progress.h"
#include "cli/subtree.h"

enum { PASSES_MAX = 5, COMPLAINTS_MAX = 20 };

struct pass {
    struct cli *cli;
    struct erased *sum;
    uint64_t not_empty;
    uint64_t refused;
    bool says_not_empty; // the last pass
    struct progress progress;
};

static void complain(struct pass *p, int code, enum paddock_fate fate, const char *path)
{
    if (++p->refused <= COMPLAINTS_MAX) {
        progress_end(&p->progress);
        (void)cli_fail_code(p->cli, code, fate, path);
    }
}

static void ended(void *ctx, const struct batch_end *end)
{
    struct pass *p = ctx;
    if (end->code == PADDOCK_OK || (end->code == PADDOCK_NO_NODE && end->is_repeat)) {
        p->sum->nodes++;
    } else if (end->code == PADDOCK_NOT_EMPTY && !p->says_not_empty) {
        p->not_empty++;
    } else if (end->code != PADDOCK_NO_NODE) {
        complain(p, end->code, end->fate, end->op->path);
    }
    progress_at(&p->progress, p->sum->nodes, 0);
}

static int run_pass(struct pass *p, struct paddock *zk, const char *path)
{
    struct cli *c = p->cli;
    struct subtree *s = subtree_open(c, zk, &(struct subtree_options){.path = path});
    struct batch *b = batch_open(c, zk, &(struct batch_options){.ended = ended, .ctx = p});
    struct subtree_node n;
    enum subtree_step step;
    int status = CLI_DONE;
    while (status == CLI_DONE && (step = subtree_next(s, &n)) < SUBTREE_END) {
        if (step == SUBTREE_LEAVE) {
            struct paddock_op op = {.type = PADDOCK_OP_DELETE, .path = n.path};
            status = batch_add(b, &op);
        } else if (n.code != PADDOCK_OK) { // it may have children, which cannot be seen
            complain(p, n.code, PADDOCK_ANSWERED, n.path);
        }
    }
    status = status == CLI_DONE ? subtree_exit_code(s) : status;
    status = status == CLI_DONE ? batch_finish(b) : status;
    batch_close(b);
    subtree_close(s);
    return status;
}

int erase_subtree(struct cli *c, struct paddock *zk, const char *path, uint64_t total,
                  struct erased *ret)
{
    struct pass p = {.cli = c, .sum = ret};
    *ret = (struct erased){0};
    progress_begin(&p.progress, c, "deleting", "nodes", total);
    int status = CLI_DONE;
    for (unsigned i = 0; status == CLI_DONE && i < PASSES_MAX; i++) {
        p.not_empty = p.refused = 0;
        p.says_not_empty = i + 1 == PASSES_MAX;
        status = run_pass(&p, zk, path);
        if (p.not_empty == 0 || p.refused > 0) {
            break;
        }
        struct paddock_stat stat; // gone after all, by somebody else?
        if (status == CLI_DONE && paddock_exists(zk, path, &stat) == PADDOCK_NO_NODE) {
            break;
        }
    }
    progress_end(&p.progress);
    ret->refused = p.refused;
    return status == CLI_DONE && p.refused > 0 ? CLI_NO : status;
}
