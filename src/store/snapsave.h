// SPDX-License-Identifier: Apache-2.0
//
// A whole snapshot file of a tree that nobody changes meanwhile: what recovery and a learner need,
// beside the snapshots that a serving server takes slice by slice (snapwrite.h, snapfile.h).
// Thread: any, while the tree is used by nobody else.
#ifndef PADDOCK_STORE_SNAPSAVE_H
#define PADDOCK_STORE_SNAPSAVE_H

#include "port/file.h"
#include "store/error.h"
#include "store/names.h"
#include "store/snapwrite.h"

struct snapsave_options {
    enum names_method method;
    struct snapwrite_options parts;
    bool is_unnamed; // durable under its temporary name (names_print_snapshot and ".tmp")
};

// `dir`/snapshot.<the tree's last zxid>, durable on return.
// Errors: those of port/file.h; no file is left then, but perhaps a temporary one.
enum err snapsave(struct port_files *fs, const char *dir, struct tree *t,
                  const struct snapsave_options *options, struct store_error *e) MUST_CHECK;

#endif
