// SPDX-License-Identifier: Apache-2.0
//
// snapparts.h does the parsing; here are the visitor that loads the tree, and the signature.
#include "store/snapload.h"

#include "base/assert.h"
#include "base/mem.h"
#include "store/snapformat.h"
#include "store/snapparts.h"
#include "store/snapread.h"

struct snapload {
    struct snapscan_visitor visitor;
    struct snapparts parts;
    struct tree *tree;
    uint64_t bytes;
    size_t need;
    bool is_done;
};

struct snapload *snapload_new(const struct tree_options *options, uint32_t string_bytes_max)
{
    struct snapload *l = mem_zalloc(sizeof *l);
    l->tree = tree_new(options);
    l->visitor = snapread_visitor(l->tree);
    l->need = 1;
    tree_load_begin(l->tree);
    snapparts_init(&l->parts, string_bytes_max, &l->visitor);
    return l;
}

void snapload_free(struct snapload *l)
{
    if (l == NULL) {
        return;
    }
    tree_free(l->tree);
    snapparts_fini(&l->parts);
    mem_free(l);
}

static enum err fail(const struct snapload *l, enum err err, const char *what,
                     struct store_error *e)
{
    return store_fail(e, err, "the snapshot from the leader, offset %llu: %s",
                      (unsigned long long)l->bytes, what);
}

static enum err take_signature(struct snapload *l, struct slice *rest, struct store_error *e)
{
    if (rest->len < SNAPFORMAT_SIGNATURE_BYTES) {
        l->need = SNAPFORMAT_SIGNATURE_BYTES;
        return ERR_OK;
    }
    if (memcmp(rest->data, SNAPFORMAT_SIGNATURE, SNAPFORMAT_SIGNATURE_BYTES) != 0) {
        return fail(l, ERR_CORRUPT, "it does not end with its signature", e);
    }
    *rest = slice_skip(*rest, SNAPFORMAT_SIGNATURE_BYTES);
    l->bytes += SNAPFORMAT_SIGNATURE_BYTES;
    l->is_done = true;
    return ERR_OK;
}

enum err snapload_feed(struct snapload *l, struct slice bytes, size_t *ret_used, bool *ret_done,
                       struct store_error *e)
{
    ASSERT(!l->is_done);
    struct slice rest = bytes;
    enum err err = ERR_OK;
    if (bytes.len >= l->need) {
        err = snapparts_take(&l->parts, &rest, &l->need);
        l->bytes += bytes.len - rest.len;
        if (err != ERR_OK) {
            return fail(l, err, l->parts.fault, e);
        }
        if (l->parts.phase == SNAPPARTS_END) {
            err = take_signature(l, &rest, e);
        }
    }
    if (err == ERR_OK) {
        *ret_used = bytes.len - rest.len;
        *ret_done = l->is_done;
    }
    return err;
}

size_t snapload_need(const struct snapload *l)
{
    return l->need;
}

uint64_t snapload_bytes(const struct snapload *l)
{
    return l->bytes;
}

uint64_t snapload_nodes(const struct snapload *l)
{
    return l->parts.nodes;
}

enum err snapload_take_tree(struct snapload *l, int64_t zxid, struct tree **ret,
                            struct store_error *e)
{
    ASSERT(l->is_done && l->tree != NULL);
    enum err err = tree_load_end(l->tree, zxid);
    if (err != ERR_OK) {
        return fail(l, err, "the nodes do not make a tree", e);
    }
    *ret = l->tree;
    l->tree = NULL;
    return ERR_OK;
}
