// SPDX-License-Identifier: Apache-2.0
//
// Where a stream of nodes comes from, as a user writes it:
//
//     zk1:2181,zk2:2181/app    a subtree of these servers
//     /app                     a subtree of the servers of --server
//     snapshot.1f, dir/snapshot.1f.gz:/app    a snapshot, or a subtree of it
//     app.jsonl, app.jsonl.gz  a file of export
//
// What is a file on this machine is taken for one; file: and zk: before the word decide.
#ifndef PADDOCK_CLI_SIDE_H
#define PADDOCK_CLI_SIDE_H

#include "cli/node_stream.h"

enum side_kind { SIDE_SERVER, SIDE_SNAPSHOT, SIDE_EXPORT };

struct side {
    enum side_kind kind;
    char *where;    // servers (NULL: those of --server), or the file
    char *root;     // of the subtree
    struct cli cli; // with a session of its own
    struct node_server_options options;
    struct node_stream *stream;
};

// `is_file` tells what is a file here. Memory: release with side_fini.
// Errors: false with a word that names neither.
bool side_parse(const char *word, bool (*is_file)(void *ctx, const char *path), void *ctx,
                struct side *ret);

// Open what side_parse found. CLI_DONE, or after cli_fail.
int side_open(struct side *s, struct cli *c, bool wants_acl, bool wants_ephemerals,
              bool wants_zookeeper);
void side_fini(struct side *s); // also closes the session; a zeroed one is legal

#endif
