// SPDX-License-Identifier: Apache-2.0
//
// Access control lists, each stored once and named by an id that the nodes keep. An id lives as
// long as nodes refer to it; a list that loses its last node gets a new id when it is used again,
// as in Java. What a transaction let go of stays readable until acl_cache_sweep, because fired
// watches name the list that decides who may hear of them.
//
// Ids are local to a server. Java counts them in 64 bits, we in 31: an id of a snapshot that does
// not fit is renamed while loading, and the counter looks for unused ids after its end.
//
// Invariants: (1) id -1 is world:anyone:31, is in no table and is not counted; (2) an entry with
// references is found by its id; (3) among equal lists with references one is found by list.
// Source: ReferenceCountedACLCache.
#ifndef PADDOCK_TREE_ACL_CACHE_H
#define PADDOCK_TREE_ACL_CACHE_H

#include "base/err.h"
#include "base/hmap.h"
#include "jute/records.h"

enum { ACL_ID_OPEN = -1 };

struct acl_entry;

struct acl_cache {
    uint64_t hash_seed;
    struct hmap by_list, by_id;
    struct acl_entry *recent;    // last one interned: most creates use one list
    struct acl_entry *unused;    // lost their last node since the last sweep
    struct acl_renamed *renamed; // while loading: ids of the file that do not fit
    size_t renamed_count;
    int32_t last_id;
    bool is_held; // nothing is swept
    size_t count; // entries with references
    struct jute_acl open_item;
    struct jute_acl_vec open;
};

void acl_cache_init(struct acl_cache *c, uint64_t hash_seed);
void acl_cache_fini(struct acl_cache *c);

// The id of `acl` with one more reference; null is ACL_ID_OPEN. Copies the list.
int32_t acl_cache_intern(struct acl_cache *c, const struct jute_acl_vec *acl);
void acl_cache_ref(struct acl_cache *c, int32_t id);   // of a known id
void acl_cache_unref(struct acl_cache *c, int32_t id); // of a known id
void acl_cache_sweep(struct acl_cache *c);             // frees what lost its last reference

// Borrowed until the sweep after the last unref; NULL for an unknown id.
const struct jute_acl_vec *acl_cache_find(const struct acl_cache *c, int64_t id);
uint64_t acl_cache_references(const struct acl_cache *c); // of all entries

// A pass over all lists, as session_table_step is one. While the lists are held none is swept, so
// those that were in use when that began are all given, although nodes may let go of them.
void acl_cache_hold(struct acl_cache *c, bool is_held);
bool acl_cache_step(struct acl_cache *c, size_t index, uint32_t pass,
                    void (*each)(void *ctx, int64_t id, const struct jute_acl_vec *acl), void *ctx);

// ---- loading ----

// A list of a snapshot, without references yet. Errors: ERR_CORRUPT for null or a second such id.
enum err acl_cache_load(struct acl_cache *c, int64_t file_id,
                        const struct jute_acl_vec *acl) MUST_CHECK;
// The id here of an id in the file; false when it was not loaded.
bool acl_cache_loaded_id(const struct acl_cache *c, int64_t file_id, int32_t *ret_id);
void acl_cache_load_end(struct acl_cache *c); // drops lists that no node uses

#endif
