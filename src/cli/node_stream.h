// SPDX-License-Identifier: Apache-2.0
//
// The nodes of a subtree one after the other, wherever they come from: a server, a file of
// `export`, a snapshot. All streams have one order (node_order.h), so that two of them are compared
// side by side without holding either.
//
// 1. A node comes before everything below it; the first one is the root, whose path is "".
// 2. What a node points to is valid until the next call on its stream.
// 3. A stream that failed has said why, and fails again.
#ifndef PADDOCK_CLI_NODE_STREAM_H
#define PADDOCK_CLI_NODE_STREAM_H

#include "base/slice.h"
#include "cli/cli.h"

enum node_kind { NODE_PERSISTENT, NODE_EPHEMERAL, NODE_CONTAINER, NODE_TTL };

struct node {
    const char *path; // below the root of the stream: "", "a", "a/b"
    int code;         // PADDOCK_OK; or why it could not be read whole: PADDOCK_NO_AUTH, ...
    enum node_kind kind;
    bool is_kind_exact; // false: NODE_PERSISTENT may be a container or a TTL node as well
    int64_t owner;      // of an ephemeral node: the session
    int64_t ttl_ms;     // of a TTL node
    bool has_data;      // false: left out, `data_bytes` long
    struct paddock_bytes data;
    int64_t data_bytes;
    bool has_acl;
    const struct paddock_acl *acl;
    size_t acl_count;
    int32_t version, aversion;
    int64_t ctime_ms, mtime_ms;
};

enum node_step { NODE_NEXT, NODE_END, NODE_FAILED };

struct node_stream {
    enum node_step (*next)(struct node_stream *s, struct node *ret);
    void (*close)(struct node_stream *s);
    int exit_code; // once it failed
};

// "persistent", "ephemeral", "container", "ttl"; the reverse is false for other words.
const char *node_kind_name(enum node_kind kind);
bool node_kind_parse(struct slice name, enum node_kind *ret);

// Kind, owner and TTL from a stat's ephemeral_owner. Source: EphemeralType.get.
void node_set_owner(struct node *n, int64_t ephemeral_owner);

// World may do everything: what creates ask for when they name no ACL.
bool node_acl_is_open(const struct node *n);

// A digest that the server hid ("user:x") from a session without ADMIN permission: nobody can log
// in as that. Source: PrepRequestProcessor/FinalRequestProcessor getACL, since 3.5.
bool node_acl_is_masked(const struct node *n);

// The same kind and TTL, as far as both sides know. Servers tell their clients only what is
// ephemeral: containers and TTL nodes look persistent there. Sessions are not compared.
bool node_kind_equal(const struct node *a, const struct node *b);

// The same entries in the same order. Of a hidden digest only the user can be compared.
bool node_acl_equal(const struct node *a, const struct node *b);
bool node_data_equal(const struct node *a, const struct node *b); // null is not empty

// ---- streams ----

// The subtree at `root` of a session. `c` is for what is said; ephemerals and /zookeeper are left
// out when not wanted. A root that is not there is an empty stream when `is_root_optional`.
struct node_server_options {
    const char *root;
    bool wants_acl, wants_ephemerals, wants_zookeeper, is_root_optional;
    uint64_t *ephemerals_left_out; // counted; or NULL
};
// Memory: `options` and `root` are borrowed until the stream is closed.
struct node_stream *node_stream_server(struct cli *c, struct paddock *zk,
                                       const struct node_server_options *options);

// A file of `export`; see export_reader.h for `is_edited`. NULL after cli_fail.
struct node_stream *node_stream_export(struct cli *c, const char *file, bool is_edited);

// The nodes of a snapshot at and below `root`. Memory: sorted in pieces through a temporary file.
struct node_stream *node_stream_snapshot(struct cli *c, const char *file,
                                         const struct node_server_options *options);

void node_stream_close(struct node_stream *s); // NULL is legal

#endif
