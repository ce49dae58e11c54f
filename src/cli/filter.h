// SPDX-License-Identifier: Apache-2.0
//
// Which nodes `find` means: conditions that all have to hold. Pure.
#ifndef PADDOCK_CLI_FILTER_H
#define PADDOCK_CLI_FILTER_H

#include <regex.h>

#include "cli/subtree.h"

// Servers tell their clients only whose a node is: containers and nodes with a time to live look
// persistent. Source: DataNode.getClientEphemeralOwner.
enum filter_owner {
    OWNER_ANY,
    OWNER_NONE,
    OWNER_SOME,
    OWNER_SESSION, // this one
};

// A zeroed struct lets everything pass.
struct filter {
    const char *name; // a glob for the last component
    bool has_path;
    regex_t path; // an extended regular expression, found anywhere in the path
    bool uses_ctime;
    bool has_older, has_newer;
    int64_t older_ms, newer_ms; // moments: before it, at or after it
    bool has_larger, has_smaller;
    uint64_t larger, smaller; // bytes of data: more than, fewer than
    enum filter_owner owner;
    int64_t session;
    const char *acl_scheme, *acl_id; // an entry like this; NULL: any
    size_t acl_scheme_len;
    int32_t acl_perms; // which that entry grants, at least
    bool wants_acl;    // one of the three is there
    bool wants_empty;  // neither data nor children
};

// Each takes one flag's value. Errors: false, with what is wrong in `why` (FILTER_WHY_BYTES).
enum { FILTER_WHY_BYTES = 200 };
bool filter_set_path(struct filter *f, const char *regex, char *why);
bool filter_set_time(int64_t now_ms, const char *text, int64_t *ret_ms, char *why);
bool filter_set_owner(struct filter *f, const char *text, char *why);
bool filter_set_acl(struct filter *f, const char *text, char *why);

// Whether the node is meant. One without a stat or ACL does not meet a condition on it.
bool filter_passes(const struct filter *f, const struct subtree_node *n);

void filter_fini(struct filter *f);

#endif
