// SPDX-License-Identifier: Apache-2.0
//
// What an import does about one path, decided from the node that the file has and the node that
// the server has. Pure: the command carries it out.
#ifndef PADDOCK_CLI_IMPORT_PLAN_H
#define PADDOCK_CLI_IMPORT_PLAN_H

#include "cli/node_change.h"

struct import_rules {
    bool overwrites, deletes, skips_acl;
};

enum import_step {
    IMPORT_NOTHING,           // equal, or not ours to touch
    IMPORT_CREATE,            //
    IMPORT_CHANGE,            // `change` says what: data, ACL
    IMPORT_DELETE,            // behind everything below it
    IMPORT_LEAVE,             // differs, and stays so: --overwrite was not given
    IMPORT_SKIP_EPHEMERAL,    // of the file: it would end with our session
    IMPORT_REFUSE_HIDDEN,     // its ACL was hidden from who exported it
    IMPORT_REFUSE_KIND,       // a node cannot become one of another kind
    IMPORT_REFUSE_UNREADABLE, // the server does not let us see it
};

struct import_decision {
    enum import_step step;
    struct node_change change; // from the server's node to the file's; when both are there
};

// `want` of the file, `have` of the server; one may be NULL. `is_parent_deleted`: of `have`.
struct import_decision import_decide(const struct import_rules *rules, const struct node *want,
                                     const struct node *have, bool is_parent_deleted);

// Nodes to be deleted, held until everything below them has gone: a stack along one path.
struct import_deletes {
    char **paths;
    size_t count, cap;
};
void import_deletes_push(struct import_deletes *d, const char *path);
// A node that the stream has left behind when it is at `path` (NULL: at its end), or NULL. The
// caller frees it with mem_free.
char *import_deletes_pop(struct import_deletes *d, const char *path);
bool import_deletes_covers(const struct import_deletes *d, const char *path);
void import_deletes_fini(struct import_deletes *d);

#endif
