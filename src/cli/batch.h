// SPDX-License-Identifier: Apache-2.0
//
// Many writes in order: gathered into transactions of bounded size, a few of which are under way
// at once. Every write's end is reported, in the order in which they were added.
//
// A transaction fails whole, so one that failed, and those behind it that failed for it, are done
// again write by write. A write that was on its way when a connection broke is repeated; then
// NodeExists of a creation and NoNode of a deletion may be the echo of the first time, which
// `is_repeat` tells.
#ifndef PADDOCK_CLI_BATCH_H
#define PADDOCK_CLI_BATCH_H

#include "cli/cli.h"

struct batch_end {
    const struct paddock_op *op; // valid during the call
    int code;
    enum paddock_fate fate;
    bool is_repeat;
    const struct paddock_stat *stat; // what the answer holds; never NULL
};

struct batch_options {
    size_t parts_max; // of a transaction; 0: 500; 1: no transactions
    // Thread: the one that adds.
    void (*ended)(void *ctx, const struct batch_end *end);
    void *ctx;
};

struct batch;
struct batch *batch_open(struct cli *c, struct paddock *zk, const struct batch_options *options);

// Create, delete, set, check: in transactions. Others (SET_ACL): one request each. `op` is copied.
// CLI_DONE; or, after it was said, what ends everything: the session is lost, interrupted. What was
// added before may then be reported or not.
int batch_add(struct batch *b, const struct paddock_op *op);
int batch_finish(struct batch *b); // until all have ended
void batch_close(struct batch *b); // NULL is legal

#endif
