// SPDX-License-Identifier: Apache-2.0
//
// One node: its memory, its place among its siblings, and what is read from it. The layout is drawn
// in znode_priv.h. What a node means to the rest of the tree (index, digest, owner lists) is
// tree.c.
#include "tree/znode_priv.h"

#include "base/assert.h"
#include "base/mem.h"
#include "jute/utf8.h"
#include "tree/tree.h"

static struct znode_body *body_new(struct slice name, size_t data_len)
{
    struct znode_body *b = mem_alloc(sizeof(*b) + name.len + data_len);
    b->name_len = (uint32_t)name.len;
    if (name.len > 0) {
        memcpy(b->bytes, name.data, name.len);
    }
    return b;
}

static void body_fill(struct znode_body *b, struct slice data)
{
    b->data_len = slice_is_null(data) ? ZNODE_DATA_NULL : (uint32_t)data.len;
    if (data.len > 0) {
        memcpy(b->bytes + b->name_len, data.data, data.len);
    }
}

struct znode *znode_new(struct slab *slab, struct slice name, struct slice data, int32_t acl_id,
                        const struct jute_stat_persisted *stat)
{
    ASSERT(name.len < UINT32_MAX && data.len < UINT32_MAX);
    struct znode *n = slab_alloc(slab);
    struct znode_body *b = body_new(name, data.len);
    body_fill(b, data);
    *n = (struct znode){.tail = (uintptr_t)b,
                        .czxid = stat->czxid,
                        .mzxid = stat->mzxid,
                        .ctime = stat->ctime,
                        .mtime = stat->mtime,
                        .version = stat->version,
                        .acl_id = acl_id};
    if (stat->cversion != 0 || stat->aversion != 0 || stat->ephemeral_owner != 0 ||
        stat->pzxid != stat->czxid) {
        struct znode_ext *x = znode_extend(n);
        x->cversion = stat->cversion;
        x->aversion = stat->aversion;
        x->owner = stat->ephemeral_owner;
        x->pzxid = stat->pzxid;
    }
    return n;
}

void znode_free(struct slab *slab, struct znode *n)
{
    mem_free(znode_body(n));
    mem_free(znode_ext(n));
    slab_free(slab, n);
}

struct znode_ext *znode_extend(struct znode *n)
{
    struct znode_ext *x = znode_ext(n);
    if (x == NULL) {
        x = mem_zalloc(sizeof(*x));
        x->body = znode_body(n);
        x->node = n;
        x->pzxid = n->czxid;
        list_init(&x->kin);
        n->tail = (uintptr_t)x | 1;
    }
    return x;
}

void znode_set_data(struct znode *n, struct slice data)
{
    ASSERT(data.len < UINT32_MAX);
    struct znode_body *b = znode_body(n);
    struct znode_ext *x = znode_ext(n);
    if (x != NULL) {
        x->has_digest_prefix = false;
    }
    if (znode_data_len(n) != data.len) {
        b = mem_realloc(b, sizeof(*b) + b->name_len + data.len);
        if (x != NULL) {
            x->body = b;
        } else {
            n->tail = (uintptr_t)b;
        }
    }
    body_fill(b, data);
}

void znode_link_child(struct znode *parent, struct znode *child)
{
    struct znode_ext *x = znode_extend(parent);
    child->parent = parent;
    child->prev_sibling = NULL;
    child->next_sibling = x->first_child;
    if (x->first_child != NULL) {
        x->first_child->prev_sibling = child;
    }
    x->first_child = child;
    x->child_count++;
}

void znode_unlink_child(struct znode *child)
{
    struct znode_ext *x = znode_ext(child->parent);
    if (child->prev_sibling != NULL) {
        child->prev_sibling->next_sibling = child->next_sibling;
    } else {
        x->first_child = child->next_sibling;
    }
    if (child->next_sibling != NULL) {
        child->next_sibling->prev_sibling = child->prev_sibling;
    }
    x->child_count--;
}

size_t znode_utf16_len(struct slice utf8)
{
    if (utf8_is_ascii(utf8)) {
        return utf8.len;
    }
    size_t units = 0;
    for (size_t i = 0; i < utf8.len; i++) {
        uint8_t c = utf8.data[i];
        units += (c & 0xc0) != 0x80; // not a continuation byte
        units += c >= 0xf0;          // a surrogate pair
    }
    return units;
}

size_t znode_path_utf16_len(const struct znode *n)
{
    size_t units = 0;
    for (; n->parent != NULL; n = n->parent) {
        units += 1 + znode_utf16_len(znode_name(n));
    }
    return units;
}

struct slice znode_data(const struct znode *n)
{
    const struct znode_body *b = znode_body(n);
    if (b->data_len == ZNODE_DATA_NULL) {
        return slice_null();
    }
    return slice_of(b->bytes + b->name_len, b->data_len);
}

struct slice znode_name(const struct znode *n)
{
    const struct znode_body *b = znode_body(n);
    return slice_of(b->bytes, b->name_len);
}

// The length is known after one walk up, so the second fills the bytes from their end.
void znode_path(const struct znode *n, struct buf *append)
{
    size_t len = 0;
    for (const struct znode *up = n; up->parent != NULL; up = up->parent) {
        len += 1 + (size_t)znode_body(up)->name_len;
    }
    if (len == 0) {
        return; // the root's path may go to a buffer without memory
    }
    uint8_t *at = buf_reserve(append, len) + len;
    for (const struct znode *up = n; up->parent != NULL; up = up->parent) {
        const struct znode_body *b = znode_body(up);
        at -= b->name_len;
        memcpy(at, b->bytes, b->name_len);
        *--at = '/';
    }
    append->len += len;
}

// What clients see. Source: DataNode.copyStat.
void znode_stat(const struct znode *n, const struct tree *t, struct jute_stat *ret)
{
    const struct znode_ext *x = znode_ext(n);
    *ret = (struct jute_stat){.czxid = n->czxid,
                              .mzxid = n->mzxid,
                              .ctime = n->ctime,
                              .mtime = n->mtime,
                              .version = n->version,
                              .data_length = (int32_t)znode_data_len(n),
                              .pzxid = n->czxid};
    if (x != NULL) {
        ret->pzxid = x->pzxid;
        ret->aversion = x->aversion;
        ret->cversion = (int32_t)((uint32_t)x->cversion * 2U - (uint32_t)x->child_count);
        ret->num_children = x->child_count;
        bool is_shown = x->owner != 0 && tree_kind_of_owner(t, x->owner) == ZNODE_EPHEMERAL;
        ret->ephemeral_owner = is_shown ? x->owner : 0;
    }
}

void znode_stat_stored(const struct znode *n, struct jute_stat_persisted *ret)
{
    const struct znode_ext *x = znode_ext(n);
    *ret = (struct jute_stat_persisted){.czxid = n->czxid,
                                        .mzxid = n->mzxid,
                                        .ctime = n->ctime,
                                        .mtime = n->mtime,
                                        .version = n->version,
                                        .cversion = x != NULL ? x->cversion : 0,
                                        .aversion = x != NULL ? x->aversion : 0,
                                        .ephemeral_owner = x != NULL ? x->owner : 0,
                                        .pzxid = znode_pzxid(n)};
}

int32_t znode_child_count(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->child_count : 0;
}

uint64_t znode_descendant_count(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->descendant_count : 0;
}

struct znode *znode_parent(const struct znode *n)
{
    return n->parent;
}

struct znode *znode_first_child(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->first_child : NULL;
}

struct znode *znode_next_sibling(const struct znode *n)
{
    return n->next_sibling;
}

int64_t znode_owner(const struct znode *n)
{
    const struct znode_ext *x = znode_ext(n);
    return x != NULL ? x->owner : 0;
}

int64_t znode_acl_id(const struct znode *n)
{
    return n->acl_id;
}
