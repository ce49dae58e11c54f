// SPDX-License-Identifier: Apache-2.0
//
// What differs between two nodes of one path, and how that is said in a line:
//
//     ~ /app/limits (data 10 -> 12 bytes, acl, kind persistent -> ephemeral)
#ifndef PADDOCK_CLI_NODE_CHANGE_H
#define PADDOCK_CLI_NODE_CHANGE_H

#include "base/buf.h"
#include "base/json.h"
#include "cli/node_stream.h"

struct node_change {
    bool data, acl, kind;
    bool is_unknown; // one of them could not be read
};

// Data that one side left out (--data-limit) differs only when its length does; an ACL only when
// both sides have it and `wants_acl`.
struct node_change node_change_between(const struct node *from, const struct node *to,
                                       bool wants_acl);
bool node_change_is_any(struct node_change change);

// Append "(data 10 -> 12 bytes, acl)".
void node_change_text(struct node_change change, const struct node *from, const struct node *to,
                      struct buf *append);

// Data for people: small text as it is.
bool node_data_is_text(const struct node *n);

#endif
