// SPDX-License-Identifier: Apache-2.0
//
// A stream of any contents from a leader. The first byte says in pieces of which size it comes;
// piece by piece and in one go must end the same way, and a tree that was loaded must be sound and
// be sent again as a stream that loads to the same digest.
#include "base/assert.h"
#include "store/snapformat.h"
#include "store/snapload.h"
#include "store/snapwrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 1 << 20 };

static const struct tree_options tree_options = {
    .hash_seed = 1, .digest_enabled = true, .extended_types_enabled = true};

struct outcome {
    enum err err;
    bool is_done;
    uint64_t bytes, nodes, digest;
};

static void finish(struct snapload *l, struct outcome *o, struct tree **ret)
{
    struct store_error e = {.text = ""};
    struct tree *t = NULL;
    o->err = snapload_take_tree(l, 1, &t, &e);
    ASSERT((o->err == ERR_OK) == (e.text[0] == '\0'));
    if (o->err == ERR_OK) {
        ASSERT(tree_check(t));
        o->digest = tree_digest(t);
        *ret = t;
    }
}

// *ret is the tree when it could be loaded, else NULL.
static struct outcome load(struct slice bytes, size_t piece, struct tree **ret)
{
    struct outcome o = {.err = ERR_OK};
    struct snapload *l = snapload_new(&tree_options, STRING_MAX);
    size_t have = 0; // behind what was used
    *ret = NULL;
    while (o.err == ERR_OK && !o.is_done && have < bytes.len) {
        have = have + piece < bytes.len ? have + piece : bytes.len;
        size_t used = 0;
        o.err = snapload_feed(l, slice_of(bytes.data, have), &used, &o.is_done, NULL);
        ASSERT(used <= have);
        bytes = slice_skip(bytes, used);
        have -= used;
    }
    o.bytes = snapload_bytes(l);
    o.nodes = snapload_nodes(l);
    if (o.is_done) {
        finish(l, &o, ret);
    }
    snapload_free(l);
    return o;
}

static void send_again(struct tree *t)
{
    struct snapwrite_options options = {.with_digest = false, .with_last_zxid = false};
    struct buf stream = {0};
    bool seal;
    struct snapwrite *w = snapwrite_new(t, &options);
    while (snapwrite_slice(w, 1000, &stream, &seal)) {
    }
    snapwrite_free(w);
    buf_consume(&stream, SNAPFORMAT_HEADER_BYTES);
    buf_append(&stream, SNAPFORMAT_SIGNATURE, SNAPFORMAT_SIGNATURE_BYTES);
    struct tree *back;
    struct outcome o = load(buf_slice(&stream), stream.len, &back);
    ASSERT(o.err == ERR_OK && o.is_done && o.bytes == stream.len);
    ASSERT(tree_digest(back) == tree_digest(t));
    ASSERT(tree_node_count(back) == tree_node_count(t));
    tree_free(back);
    buf_fini(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct slice bytes = slice_of(data + 1, size - 1);
    struct tree *whole;
    struct tree *pieces;
    struct outcome a = load(bytes, bytes.len, &whole);
    struct outcome b = load(bytes, (size_t)data[0] + 1, &pieces);
    ASSERT(a.err == b.err && a.is_done == b.is_done && a.digest == b.digest);
    ASSERT(a.bytes == b.bytes && a.nodes == b.nodes);
    if (whole != NULL) {
        send_again(whole);
    }
    tree_free(pieces);
    tree_free(whole);
    return 0;
}
