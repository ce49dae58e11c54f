// SPDX-License-Identifier: Apache-2.0
//
// A snapshot file, part by part: every form that 3.5 to 3.9 write (none, gz, snappy; no, one, two
// or three seals), in one pass, each part handed to a visitor as slices of the window. What becomes
// of the parts is the visitor's business: snapread.h makes a tree of them, tools print them.
// Source: FileSnap.deserialize, SnapStream. Differs: what follows the first seal is
// told by its length, not by our own flags.
#ifndef PADDOCK_STORE_SNAPSCAN_H
#define PADDOCK_STORE_SNAPSCAN_H

#include "jute/records.h"
#include "port/file.h"
#include "store/error.h"
#include "store/names.h"

// In the order of the file: sessions, ACL lists, nodes, each node behind its parent; the root's
// path is "". What is given is borrowed until return. ERR_STOPPED ends the scan without a text.
struct snapscan_visitor {
    enum err (*session)(void *ctx, int64_t session, int32_t timeout_ms);
    enum err (*acl)(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl);
    enum err (*node)(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                     const struct jute_stat_persisted *stat);
    void *ctx;
};

// Looks at nothing: for those who want the form of a file alone.
extern const struct snapscan_visitor snapscan_nobody;

struct snapscan_report {
    uint64_t bytes; // uncompressed
    uint64_t nodes;
    uint64_t sessions;
    bool has_all_nodes; // the end of the nodes was reached; behind it stand the seals
    int32_t version;    // in the header; 2, though no server looks at it
    bool has_digest;    // zxid and digest as the file claims them
    int64_t digest_zxid;
    uint64_t digest;
    bool has_last_zxid;
    int64_t last_zxid; // when serialisation ended; ignored on load, as Java does
};

// Units:  string_bytes_max is jute.maxbuffer + extrasize.
// Memory: about 1 MiB plus one node.
// Errors: ERR_CORRUPT, ERR_TRUNCATED, ERR_TOO_BIG with the offset of the uncompressed bytes, those
//   of port/file.h, and the visitor's. *ret is what was read up to there, also then.
enum err snapscan(struct port_files *fs, const char *path, enum names_method method,
                  uint32_t string_bytes_max, const struct snapscan_visitor *visitor,
                  struct snapscan_report *ret, struct store_error *e) MUST_CHECK;

#endif
