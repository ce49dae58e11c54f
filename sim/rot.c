// SPDX-License-Identifier: Apache-2.0
//
// One damaged block.
#include "sim/rot.h"

#include "base/assert.h"
#include "sim/inode.h"

enum { ROT_TAIL = 1024 };

struct choice {
    const char *dir;
    struct prng *p;
    uint64_t seen;
    const char *path;
    struct inode *inode;
    size_t len; // that may be damaged
};

// Padding is no content.
static size_t content_len(const struct buf *b)
{
    size_t len = b->len;
    while (len > 0 && b->data[len - 1] == 0) {
        len--;
    }
    return len;
}

// Each file with contents has the same chance, in one pass.
static void consider(void *ctx, const char *path, struct inode *i)
{
    struct choice *c = ctx;
    size_t dir_len = strlen(c->dir);
    size_t len = i->is_dir ? 0 : content_len(&i->durable);
    if (strstr(path, "/log.") != NULL) {
        len = len > ROT_TAIL ? len - ROT_TAIL : 0;
    }
    if (len == 0 || strncmp(path, c->dir, dir_len) != 0 || path[dir_len] != '/') {
        return;
    }
    c->seen++;
    if (prng_below(c->p, c->seen) == 0) {
        c->path = path;
        c->inode = i;
        c->len = len;
    }
}

static void damage(const struct choice *c, enum rot_kind kind, size_t at, size_t len)
{
    uint8_t *bytes = c->inode->durable.data;
    size_t other = (size_t)prng_below(c->p, c->inode->durable.len - len + 1);
    size_t kept = kind == ROT_TEAR ? (size_t)prng_below(c->p, len) : 0;
    switch (kind) {
    case ROT_FLIP:
        bytes[at + prng_below(c->p, len)] ^= (uint8_t)(1U << prng_below(c->p, 8));
        break;
    case ROT_ZERO:
        memset(bytes + at, 0, len);
        break;
    case ROT_TEAR:
        other = at > ROT_BLOCK_BYTES ? at - ROT_BLOCK_BYTES : 0;
        memmove(bytes + at + kept, bytes + other + kept, len - kept);
        break;
    case ROT_MISDIRECT:
        memmove(bytes + at, bytes + other - other % ROT_BLOCK_BYTES, len);
        break;
    case ROT_KINDS:
        ASSERT(false);
    }
}

bool rot_once(struct sim_disk *d, const char *dir, enum rot_kind kind, struct prng *p,
              struct buf *what)
{
    struct choice c = {.dir = dir, .p = p};
    disk_each(d, consider, &c);
    if (c.inode == NULL) {
        return false;
    }
    size_t blocks = (c.len + ROT_BLOCK_BYTES - 1) / ROT_BLOCK_BYTES;
    size_t at = (size_t)prng_below(p, blocks) * ROT_BLOCK_BYTES;
    size_t len = c.len - at < ROT_BLOCK_BYTES ? c.len - at : ROT_BLOCK_BYTES;
    damage(&c, kind, at, len);
    buf_clear(&c.inode->seen);
    buf_append_slice(&c.inode->seen, buf_slice(&c.inode->durable));
    buf_printf(what, "%s at byte %zu of %s", rot_name(kind), at, c.path);
    return true;
}

const char *rot_name(enum rot_kind kind)
{
    static const char *const names[ROT_KINDS] = {"flip", "zero", "tear", "misdirect"};
    return names[kind];
}
