// SPDX-License-Identifier: Apache-2.0
//
// Bytes of a simulated file, and the four ways in which unsynced changes can survive a crash.
#include "sim/inode.h"

#include "base/assert.h"
#include "base/mem.h"

enum { SECTOR_BYTES = 512 };

// One change: `bytes` written at `offset`; or, when `bytes` is null, a new size of `offset`.
struct change {
    struct list link;
    uint64_t offset;
    struct slice bytes; // owned, behind this struct
};

static void resize(struct buf *b, size_t bytes)
{
    if (bytes > b->len) {
        memset(buf_reserve(b, bytes - b->len), 0, bytes - b->len);
    }
    b->len = bytes;
}

static void put(struct buf *b, uint64_t offset, struct slice bytes)
{
    if (bytes.len == 0) {
        return;
    }
    if (offset + bytes.len > b->len) {
        resize(b, offset + bytes.len);
    }
    memcpy(b->data + offset, bytes.data, bytes.len);
}

static void apply(struct buf *b, const struct change *c)
{
    if (slice_is_null(c->bytes)) {
        resize(b, c->offset);
    } else {
        put(b, c->offset, c->bytes);
    }
}

static void record(struct inode *i, uint64_t offset, struct slice bytes)
{
    struct change *c = mem_alloc(sizeof(*c) + bytes.len);
    *c = (struct change){.offset = offset};
    if (!slice_is_null(bytes)) {
        uint8_t *copy = (uint8_t *)(c + 1);
        if (bytes.len > 0) {
            memcpy(copy, bytes.data, bytes.len);
        }
        c->bytes = slice_of(copy, bytes.len);
    }
    list_push_back(&i->changes, &c->link);
    apply(&i->seen, c);
}

static void forget_changes(struct inode *i)
{
    LIST_FOREACH_SAFE (it, tmp, &i->changes) {
        list_remove(it);
        mem_free(CONTAINER_OF(it, struct change, link));
    }
}

struct inode *inode_new(struct list *files, bool is_dir)
{
    struct inode *i = mem_zalloc(sizeof(*i));
    i->refs = 1;
    i->is_dir = is_dir;
    list_init(&i->changes);
    list_push_back(files, &i->link);
    return i;
}

struct inode *inode_ref(struct inode *i)
{
    i->refs++;
    return i;
}

void inode_unref(struct inode *i)
{
    ASSERT(i->refs > 0);
    if (--i->refs == 0) {
        forget_changes(i);
        buf_fini(&i->seen);
        buf_fini(&i->durable);
        list_remove(&i->link);
        mem_free(i);
    }
}

void inode_write(struct inode *i, uint64_t offset, struct slice bytes)
{
    if (bytes.len > 0) {
        record(i, offset, bytes);
    }
}

void inode_resize(struct inode *i, uint64_t bytes)
{
    if (bytes != i->seen.len) {
        record(i, bytes, slice_null());
    }
}

void inode_sync(struct inode *i)
{
    LIST_FOREACH (it, &i->changes) {
        apply(&i->durable, CONTAINER_OF(it, struct change, link));
    }
    forget_changes(i);
}

void inode_sync_but_last(struct inode *i)
{
    while (!list_is_empty(&i->changes) && i->changes.next != i->changes.prev) {
        struct change *c = CONTAINER_OF(i->changes.next, struct change, link);
        apply(&i->durable, c);
        list_remove(&c->link);
        mem_free(c);
    }
}

// Some first sectors of the write, which are atomic; the size as far as they reach.
static void apply_torn(struct buf *b, const struct change *c, struct prng *p)
{
    if (!slice_is_null(c->bytes)) {
        uint64_t end = c->offset + prng_below(p, c->bytes.len + 1);
        end -= end < c->offset + c->bytes.len ? end % SECTOR_BYTES : 0;
        size_t kept = end > c->offset ? (size_t)(end - c->offset) : 0;
        put(b, c->offset, slice_of(c->bytes.data, kept));
    }
}

// Each sector of the write or not, in any combination; a lost one below a kept one reads as zeros.
static void apply_sectors(struct buf *b, const struct change *c, struct prng *p)
{
    uint64_t at = c->offset;
    struct slice left = c->bytes;
    while (left.len > 0) {
        size_t len = SECTOR_BYTES - (size_t)(at % SECTOR_BYTES);
        len = len < left.len ? len : left.len;
        if (prng_below(p, 2) == 0) {
            put(b, at, slice_of(left.data, len));
        }
        at += len;
        left = slice_skip(left, len);
    }
}

static size_t change_count(const struct inode *i)
{
    size_t count = 0;
    LIST_FOREACH (it, &i->changes) {
        count++;
    }
    return count;
}

// The first changes whole, one torn, the others lost.
static void settle_prefix(struct inode *i, struct prng *p)
{
    size_t whole = (size_t)prng_below(p, change_count(i) + 1);
    LIST_FOREACH (it, &i->changes) {
        const struct change *c = CONTAINER_OF(it, struct change, link);
        if (whole == 0) {
            apply_torn(&i->durable, c, p);
            break;
        }
        whole--;
        apply(&i->durable, c);
    }
}

static void settle_sectors(struct inode *i, struct prng *p)
{
    LIST_FOREACH (it, &i->changes) {
        const struct change *c = CONTAINER_OF(it, struct change, link);
        if (slice_is_null(c->bytes)) { // sizes are journalled: in order
            apply(&i->durable, c);
        } else {
            apply_sectors(&i->durable, c, p);
        }
    }
}

void inode_settle(struct inode *i, struct prng *p)
{
    switch (prng_below(p, 5)) {
    case 0:
        break; // nothing had reached the disk
    case 1:
        inode_sync(i); // everything had
        break;
    case 2:
        settle_sectors(i, p);
        break;
    default:
        settle_prefix(i, p);
        break;
    }
    forget_changes(i);
}

void inode_crash(struct inode *i, struct prng *p)
{
    inode_settle(i, p);
    buf_clear(&i->seen);
    buf_append_slice(&i->seen, buf_slice(&i->durable));
}
