// SPDX-License-Identifier: Apache-2.0
//
// Apache's tools for files on disk, under the names of their scripts: arguments, output and exit
// codes are theirs. Where they die of an exception we print its first line, without the trace.
// Source: TxnLogToolkit, LogChopper, SnapshotFormatter, SnapshotRecursiveSummary,
// SnapshotComparer, PurgeTxnLog.
#ifndef PADDOCK_CLI_TOOLKIT_H
#define PADDOCK_CLI_TOOLKIT_H

#include "cli/names.h"

names_run toolkit_log, toolkit_snapshot, toolkit_summary, toolkit_compare, toolkit_purge;

// org.apache.zookeeper.server.ExitCode
enum toolkit_exit { TOOLKIT_OK = 0, TOOLKIT_ERROR = 1, TOOLKIT_INVALID = 2 };

// Options as commons-cli's DefaultParser takes them: in any place, short ones may stand together
// or hold their value, long ones may be cut short when that leaves one.
struct toolkit_option {
    char letter;
    const char *name;
    bool has_value, is_required;
    // What was given.
    bool is_set;
    const char *value;
};
enum { TOOLKIT_WHY_BYTES = 200, TOOLKIT_REST_MAX = 16 };

// *ret_rest: the words that are no options, at most TOOLKIT_REST_MAX.
// Errors: false, with commons-cli's message in `why`.
bool toolkit_parse(struct toolkit_option *options, size_t count, const char *const *words,
                   const char *ret_rest[TOOLKIT_REST_MAX + 1], char why[TOOLKIT_WHY_BYTES]);

// Integer.parseInt; false for what throws NumberFormatException.
bool toolkit_int(const char *text, int32_t *ret);

// ---- a snapshot as a tree, the way SnapshotFormatter loads it: the seals are not looked at ----

struct tree;
struct znode;

struct toolkit_session {
    int64_t id;
    int32_t timeout_ms;
};

struct toolkit_tree {
    struct tree *tree;
    struct toolkit_session *sessions; // in the order of a HashMap
    size_t session_count, session_cap;
};

// Errors: false after printing what Java prints when it dies of it.
bool toolkit_load(struct cli *c, const char *path, struct toolkit_tree *ret);
void toolkit_tree_fini(struct toolkit_tree *t);

// The children of a node in the order of DataNode's HashSet. Memory: owned array, mem_free it;
// NULL when there are none.
const struct znode **toolkit_children(const struct znode *n, size_t *ret_count);

#endif
