// SPDX-License-Identifier: Apache-2.0
//
// The overlay of changes in flight.
#include "server/changes.h"

#include "base/assert.h"
#include "base/list.h"
#include "base/mem.h"

enum {
    KEPT_PATH_BYTES = 64, // blocks of changes with longer paths are not kept
    KEPT_MAX = 1024,
};

// A list set in flight. Counted: each change that has it, each undo, and `recent_acl`.
struct change_acl {
    size_t refs;
    struct jute_acl_vec list; // entries and strings lie behind it
};

struct change_touch {
    int64_t zxid;
    struct change *change;
};

struct change_undo {
    struct change *change;
    bool was_new;    // not in the overlay before this transaction
    bool was_edited; // `before` holds what it was
    bool new_acl;    // the edit replaced the list; the reference of before.acl is held here
    struct change_state before;
};

void changes_init(struct changes *c, struct tree *tree, bool digest_enabled)
{
    *c = (struct changes){
        .tree = tree,
        .digest_enabled = digest_enabled,
        .digest = tree_digest(tree),
    };
    hmap_init(&c->by_path);
}

// ---- memory: most changes are short and live for one batch, most creates name the same list ----

static void unref_acl(struct change_acl *acl)
{
    if (acl != NULL && --acl->refs == 0) {
        mem_free(acl);
    }
}

// One block: the vector, its entries, their strings.
static struct change_acl *copy_acl(const struct jute_acl_vec *acl)
{
    size_t count = acl->count > 0 ? (size_t)acl->count : 0;
    size_t text = 0;
    for (size_t i = 0; i < count; i++) {
        text += acl->items[i].id.scheme.len + acl->items[i].id.id.len;
    }
    struct change_acl *copy = mem_alloc(sizeof(*copy) + count * sizeof(struct jute_acl) + text);
    copy->refs = 1;
    copy->list = (struct jute_acl_vec){acl->count, (struct jute_acl *)(copy + 1)};
    struct buf strings = {.data = (uint8_t *)(copy->list.items + count), .cap = text};
    for (size_t i = 0; i < count; i++) {
        const struct jute_acl *from = &acl->items[i];
        struct jute_acl *to = &copy->list.items[i];
        to->perms = from->perms;
        to->id.scheme = slice_of(strings.data + strings.len, from->id.scheme.len);
        buf_append_slice(&strings, from->id.scheme);
        to->id.id = slice_of(strings.data + strings.len, from->id.id.len);
        buf_append_slice(&strings, from->id.id);
    }
    return copy;
}

// With a reference for the caller.
static struct change_acl *share_acl(struct changes *c, const struct jute_acl_vec *acl)
{
    if (c->recent_acl == NULL || !jute_acl_vec_equal(&c->recent_acl->list, acl)) {
        unref_acl(c->recent_acl);
        c->recent_acl = copy_acl(acl);
    }
    c->recent_acl->refs++;
    return c->recent_acl;
}

static struct change *take_block(struct changes *c, size_t path_len)
{
    if (path_len > KEPT_PATH_BYTES || c->kept == NULL) {
        size_t room = path_len > KEPT_PATH_BYTES ? path_len : KEPT_PATH_BYTES;
        return mem_alloc(sizeof(struct change) + room);
    }
    struct hmap_link *block = c->kept;
    c->kept = block->next;
    c->kept_count--;
    return CONTAINER_OF(block, struct change, link);
}

static void give_block(struct changes *c, struct change *ch)
{
    if (ch->path_len > KEPT_PATH_BYTES || c->kept_count == KEPT_MAX) {
        mem_free(ch);
        return;
    }
    ch->link.next = c->kept;
    c->kept = &ch->link;
    c->kept_count++;
}

static void drop(struct changes *c, struct change *ch)
{
    hmap_remove(&c->by_path, &ch->link);
    unref_acl(ch->now.acl);
    give_block(c, ch);
}

void changes_fini(struct changes *c)
{
    changes_abandon(c);
    hmap_fini(&c->by_path);
    while (c->kept != NULL) {
        mem_free(take_block(c, 0));
    }
    unref_acl(c->recent_acl);
    c->recent_acl = NULL;
    mem_free(c->touches);
    mem_free(c->undo);
    c->touches = NULL;
    c->undo = NULL;
}

struct slice change_path(const struct change *ch)
{
    return slice_of(ch->path, ch->path_len);
}

// ---- looking ----

// The root has two names; the overlay knows it as "".
static struct slice canonical(struct slice path)
{
    return slice_equal_str(path, "/") ? slice_str("") : path;
}

static struct change *find_in_overlay(const struct changes *c, struct slice path, uint32_t hash)
{
    for (struct hmap_link *l = hmap_first(&c->by_path, hash); l != NULL; l = hmap_next(l, hash)) {
        struct change *ch = CONTAINER_OF(l, struct change, link);
        if (slice_equal(change_path(ch), path)) {
            return ch;
        }
    }
    return NULL;
}

static struct change_undo *push_undo(struct changes *c, struct change *ch)
{
    if (c->undo_count == c->undo_cap) {
        c->undo_cap = c->undo_cap == 0 ? 16 : 2 * c->undo_cap;
        c->undo = mem_realloc(c->undo, c->undo_cap * sizeof(*c->undo));
    }
    struct change_undo *undo = &c->undo[c->undo_count++];
    undo->change = ch;
    undo->was_new = false;
    undo->was_edited = false;
    undo->new_acl = false;
    return undo;
}

static struct change *new_change(struct changes *c, struct slice path, uint32_t hash)
{
    struct change *ch = take_block(c, path.len);
    ch->touches = 0;
    ch->path_len = (uint32_t)path.len;
    ch->now = (struct change_state){.is_deleted = true};
    if (path.len > 0) {
        memcpy(ch->path, path.data, path.len);
    }
    hmap_insert(&c->by_path, &ch->link, hash);
    push_undo(c, ch)->was_new = true;
    return ch;
}

static struct change *change_of_node(struct changes *c, struct slice path, uint32_t hash,
                                     const struct znode *node)
{
    struct change *ch = new_change(c, path, hash);
    ch->now.is_deleted = false;
    ch->now.child_count = znode_child_count(node);
    ch->now.data_len = znode_data(node).len;
    ch->now.acl_id = znode_acl_id(node);
    if (c->digest_enabled) {
        ch->now.node_digest = znode_digest(c->tree, node); // the tree keeps it: costs nothing
    }
    znode_stat_stored(node, &ch->now.stat);
    return ch;
}

struct change *changes_find(struct changes *c, struct slice path)
{
    path = canonical(path);
    uint32_t hash = tree_path_hash(c->tree, path);
    struct change *ch = find_in_overlay(c, path, hash);
    if (ch != NULL) {
        return ch->now.is_deleted ? NULL : ch;
    }
    const struct znode *node = tree_find_hashed(c->tree, path, hash);
    return node == NULL ? NULL : change_of_node(c, path, hash, node);
}

struct change *changes_place(struct changes *c, struct slice path)
{
    path = canonical(path);
    uint32_t hash = tree_path_hash(c->tree, path);
    struct change *ch = find_in_overlay(c, path, hash);
    if (ch != NULL) {
        return ch->now.is_deleted ? ch : NULL;
    }
    return tree_find_hashed(c->tree, path, hash) == NULL ? new_change(c, path, hash) : NULL;
}

const struct change *changes_find_edited(const struct changes *c, struct slice path)
{
    path = canonical(path);
    return find_in_overlay(c, path, tree_path_hash(c->tree, path));
}

const struct jute_acl_vec *changes_acl(const struct changes *c, const struct change *ch)
{
    return ch->now.acl != NULL ? &ch->now.acl->list : tree_acl(c->tree, ch->now.acl_id);
}

// ---- editing ----

void changes_begin(struct changes *c)
{
    ASSERT(c->undo_count == 0);
    c->digest_before = c->digest;
}

void changes_edit(struct changes *c, struct change *ch)
{
    struct change_undo *undo = push_undo(c, ch);
    undo->was_edited = true;
    undo->before = ch->now;
}

static void set_node_digest(struct changes *c, struct change *ch, uint64_t node_digest)
{
    c->digest = c->digest - ch->now.node_digest + node_digest;
    ch->now.node_digest = node_digest;
}

// The digest of a node whose data stays continues from the checksum of path and data. A rewritten
// node never needs that of its old data.
static void know_prefix(struct changes *c, struct change *ch)
{
    if (ch->now.has_prefix) {
        return;
    }
    struct slice path = change_path(ch);
    const struct znode *node = tree_find(c->tree, path);
    ASSERT(node != NULL);
    ch->now.prefix = znode_digest_prefix(node, path);
    ch->now.has_prefix = true;
}

void changes_edited(struct changes *c, struct change *ch)
{
    if (c->digest_enabled) {
        know_prefix(c, ch);
        set_node_digest(c, ch, tree_digest_finish(change_path(ch), ch->now.prefix, &ch->now.stat));
    }
}

void changes_set_data(struct changes *c, struct change *ch, struct slice data)
{
    ch->now.data_len = data.len;
    if (c->digest_enabled) {
        ch->now.prefix = tree_digest_prefix(change_path(ch), data);
        ch->now.has_prefix = true;
    }
}

void changes_set_acl(struct changes *c, struct change *ch, const struct jute_acl_vec *acl)
{
    struct change_undo *edit = &c->undo[c->undo_count - 1];
    ASSERT(edit->change == ch && edit->was_edited && !edit->new_acl);
    edit->new_acl = true;
    ch->now.acl = share_acl(c, acl);
}

void changes_create(struct changes *c, struct change *place, const struct jute_stat_persisted *stat,
                    struct slice data, const struct jute_acl_vec *acl)
{
    ASSERT(place->now.is_deleted);
    changes_edit(c, place);
    place->now.is_deleted = false;
    place->now.child_count = 0;
    place->now.stat = *stat;
    changes_set_acl(c, place, acl);
    changes_set_data(c, place, data);
    changes_edited(c, place);
}

void changes_delete(struct changes *c, struct change *ch)
{
    changes_edit(c, ch);
    ch->now.is_deleted = true;
    set_node_digest(c, ch, 0);
}

// ---- the end of a transaction ----

static void push_touch(struct changes *c, int64_t zxid, struct change *ch)
{
    if (c->touch_count == c->touch_cap) {
        size_t cap = c->touch_cap == 0 ? 64 : 2 * c->touch_cap;
        struct change_touch *ring = mem_alloc(cap * sizeof(*ring));
        for (size_t i = 0; i < c->touch_count; i++) {
            ring[i] = c->touches[(c->touch_first + i) & (c->touch_cap - 1)];
        }
        mem_free(c->touches);
        c->touches = ring;
        c->touch_first = 0;
        c->touch_cap = cap;
    }
    size_t at = (c->touch_first + c->touch_count++) & (c->touch_cap - 1);
    c->touches[at] = (struct change_touch){.zxid = zxid, .change = ch};
    ch->touches++;
}

void changes_commit(struct changes *c, int64_t zxid)
{
    for (size_t i = 0; i < c->undo_count; i++) {
        struct change_undo *undo = &c->undo[i];
        if (undo->was_edited) {
            push_touch(c, zxid, undo->change);
            if (undo->new_acl) {
                unref_acl(undo->before.acl);
            }
        }
    }
    for (size_t i = 0; i < c->undo_count; i++) {
        struct change_undo *undo = &c->undo[i];
        if (undo->was_new && undo->change->touches == 0) {
            drop(c, undo->change);
        }
    }
    c->undo_count = 0;
}

void changes_rollback(struct changes *c)
{
    for (size_t i = c->undo_count; i-- > 0;) {
        struct change_undo *undo = &c->undo[i];
        if (undo->was_edited) {
            if (undo->new_acl) {
                unref_acl(undo->change->now.acl);
            }
            undo->change->now = undo->before;
        } else if (undo->was_new) {
            drop(c, undo->change);
        }
    }
    c->undo_count = 0;
    c->digest = c->digest_before;
}

// ---- settling ----

void changes_applied(struct changes *c, int64_t zxid)
{
    while (c->touch_count > 0 && c->touches[c->touch_first].zxid <= zxid) {
        struct change *ch = c->touches[c->touch_first].change;
        c->touch_first = (c->touch_first + 1) & (c->touch_cap - 1);
        c->touch_count--;
        ASSERT(ch->touches > 0);
        if (--ch->touches == 0) {
            drop(c, ch);
        }
    }
}

void changes_abandon(struct changes *c)
{
    ASSERT(c->undo_count == 0);
    changes_applied(c, INT64_MAX);
    ASSERT(c->by_path.count == 0);
    c->digest = tree_digest(c->tree);
}

void changes_each(const struct changes *c, void (*each)(void *ctx, const struct change *ch),
                  void *ctx)
{
    for (struct hmap_link *l = hmap_any(&c->by_path); l != NULL; l = hmap_after(&c->by_path, l)) {
        each(ctx, CONTAINER_OF(l, struct change, link));
    }
}
