// SPDX-License-Identifier: Apache-2.0
//
// A snapshot file, reading end: every form that 3.5 to 3.9 write (none, gz, snappy; no, one, two or
// three seals), parsed in one pass without a copy into a tree.
// Source: FileSnap.deserialize, SnapStream; PROTOCOL 5.3. Differs: what follows the first seal is
// told by its length, not by our own flags.
#ifndef PADDOCK_STORE_SNAPREAD_H
#define PADDOCK_STORE_SNAPREAD_H

#include "port/file.h"
#include "store/error.h"
#include "store/names.h"
#include "tree/tree.h"

// The cheap test for a whole file, by its last or first bytes. Any failure to read is "no".
// Source: SnapStream.isValidSnapshot.
bool snapread_looks_whole(struct port_files *fs, const char *dir, const struct names_file *f);

struct snapread_report {
    uint64_t bytes; // uncompressed
    uint64_t nodes;
    uint64_t sessions;
    bool has_digest; // zxid and digest as the file claims them
    int64_t digest_zxid;
    uint64_t digest;
    bool has_last_zxid;
    int64_t last_zxid; // when serialisation ended; ignored on load, as Java does
};

// Load `dir`/`f` into `t`, which must be fresh; its zxid becomes the one in the name.
// Units:  string_bytes_max is jute.maxbuffer + extrasize.
// Errors: ERR_CORRUPT, ERR_TRUNCATED, ERR_TOO_BIG or those of port/file.h; the tree may then only
//   be freed.
enum err snapread_load(struct port_files *fs, const char *dir, const struct names_file *f,
                       uint32_t string_bytes_max, struct tree *t, struct snapread_report *ret,
                       struct store_error *e) MUST_CHECK;

#endif
