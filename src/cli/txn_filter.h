// SPDX-License-Identifier: Apache-2.0
//
// Which transactions of a log are wanted: by subtree, session, type, and a range of zxids or times.
#ifndef PADDOCK_CLI_TXN_FILTER_H
#define PADDOCK_CLI_TXN_FILTER_H

#include "cli/cli.h"
#include "jute/txn.h"

enum { TXN_FILTER_TYPES_MAX = 32 };

struct txn_filter {
    const char *path; // NULL: all
    bool has_session;
    int64_t session;
    int32_t types[TXN_FILTER_TYPES_MAX];
    size_t type_count;                // 0: all
    int64_t zxid_min, zxid_max;       // both ends included
    int64_t time_min_ms, time_max_ms; // time_max_ms is the first that is too late
};

// From the flags --path, --session, --type, --from and --to (TXN_FILTER_FLAGS).
// CLI_DONE or, after cli_fail, CLI_USAGE. Memory: the path is borrowed from the words.
int txn_filter_parse(struct cli *c, const struct cli_call *call, struct txn_filter *ret);

bool txn_filter_has_zxid(const struct txn_filter *f, int64_t zxid);
// Also asks for the zxid. A multi is wanted when one of its parts is of the path or type.
bool txn_filter_has(const struct txn_filter *f, const struct txn *t);

// True for the root of the subtree and everything below it.
bool txn_filter_is_below(const char *root, struct slice path);

// "0x1f" or "31"; false for anything else.
bool txn_filter_number(const char *text, int64_t *ret);

#endif
