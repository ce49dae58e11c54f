// SPDX-License-Identifier: Apache-2.0
//
// A snapshot file into a tree (snapscan.h reads it), and the cheap test whether it is whole.
// Source: FileSnap.deserialize, SnapStream.
#ifndef PADDOCK_STORE_SNAPREAD_H
#define PADDOCK_STORE_SNAPREAD_H

#include "port/file.h"
#include "store/error.h"
#include "store/names.h"
#include "store/snapscan.h"
#include "tree/tree.h"

// The cheap test for a whole file, by its last or first bytes.
// Errors: ERR_TRUNCATED when it is not; those of port/file.h.
// Source: SnapStream.isValidSnapshot.
enum err snapread_look(struct port_files *fs, const char *dir, const struct names_file *f,
                       struct store_error *e) MUST_CHECK;
// The same; any failure to read is "no".
bool snapread_looks_whole(struct port_files *fs, const char *dir, const struct names_file *f);

// Load `dir`/`f` into `t`, which must be fresh; its zxid becomes the one in the name.
// Units:  string_bytes_max is jute.maxbuffer + extrasize.
// Errors: ERR_CORRUPT, ERR_TRUNCATED, ERR_TOO_BIG or those of port/file.h; the tree may then only
//   be freed.
enum err snapread_load(struct port_files *fs, const char *dir, const struct names_file *f,
                       uint32_t string_bytes_max, struct tree *t, struct snapscan_report *ret,
                       struct store_error *e) MUST_CHECK;

// Whether every checksum of the file is right, with strings of up to 256 MiB: then ERR_TOO_BIG is a
// matter of configuration and not of damage. Reads the whole file.
bool snapread_is_intact(struct port_files *fs, const char *dir, const struct names_file *f);

// The visitor that loads what it is given into `t`, between tree_load_begin and tree_load_end.
struct snapscan_visitor snapread_visitor(struct tree *t);

#endif
