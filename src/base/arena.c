// SPDX-License-Identifier: Apache-2.0
//
// Blocks of an arena. The first is small and kept over resets; later ones double up to a bound, and
// a request that fits in none gets a block of its own size.
#include "base/arena.h"

#include "base/assert.h"
#include "base/mem.h"

enum {
    ARENA_FIRST_BYTES = 4096,
    ARENA_DOUBLING_BYTES_MAX = 256 * 1024,
    ARENA_ALIGNMENT = 8,
};

struct arena_block {
    struct arena_block *older;
    size_t size; // of `bytes`
    _Alignas(ARENA_ALIGNMENT) uint8_t bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

// Free every block newer than `keep` (all of them when NULL).
static void free_newer(struct arena *a, const struct arena_block *keep)
{
    while (a->blocks != keep) {
        struct arena_block *block = a->blocks;
        a->blocks = block->older;
        mem_free(block);
    }
}

void arena_fini(struct arena *a)
{
    free_newer(a, NULL);
    *a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
    struct arena_block *oldest = a->blocks;
    if (oldest == NULL) {
        return;
    }
    while (oldest->older != NULL) {
        oldest = oldest->older;
    }
    if (oldest->size > ARENA_DOUBLING_BYTES_MAX) { // one huge request must not stay for ever
        arena_fini(a);
        return;
    }
    free_newer(a, oldest);
    a->next = oldest->bytes;
    a->end = oldest->bytes + oldest->size;
}

static size_t next_block_size(const struct arena *a, size_t request)
{
    size_t size = ARENA_FIRST_BYTES;
    if (a->blocks != NULL) {
        size = a->blocks->size * 2;
        if (size > ARENA_DOUBLING_BYTES_MAX) {
            size = ARENA_DOUBLING_BYTES_MAX;
        }
    }
    return size > request ? size : request;
}

// Take `size` bytes, a multiple of the alignment, from a new block; NULL when there is none.
static void *alloc_from(struct arena *a, struct arena_block *block, size_t block_size, size_t size)
{
    if (block == NULL) {
        return NULL;
    }
    *block = (struct arena_block){.older = a->blocks, .size = block_size};
    a->blocks = block;
    a->next = block->bytes + size;
    a->end = block->bytes + block_size;
    return block->bytes;
}

// The size with its alignment padding; 0 when no memory could ever hold it.
static size_t padded(size_t size)
{
    if (size > SIZE_MAX / 2) {
        return 0;
    }
    size_t used = size > 0 ? size : 1;
    return (used + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
}

static void *take_here(struct arena *a, size_t size)
{
    if (a->next == NULL || (size_t)(a->end - a->next) < size) {
        return NULL;
    }
    void *p = a->next;
    a->next += size;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t bytes = padded(size);
    ASSERT(bytes > 0);
    void *p = take_here(a, bytes);
    if (p == NULL) {
        size_t block_size = next_block_size(a, bytes);
        p = alloc_from(a, mem_alloc(sizeof(struct arena_block) + block_size), block_size, bytes);
    }
    return p;
}

void *arena_try_alloc(struct arena *a, size_t size)
{
    size_t bytes = padded(size);
    if (bytes == 0) {
        return NULL;
    }
    void *p = take_here(a, bytes);
    if (p == NULL) {
        size_t block_size = next_block_size(a, bytes);
        struct arena_block *block = mem_try_alloc(sizeof(struct arena_block) + block_size);
        p = alloc_from(a, block, block_size, bytes);
    }
    return p;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    if (slice_is_null(s)) {
        return s;
    }
    uint8_t *copy = arena_alloc(a, s.len);
    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }
    return slice_of(copy, s.len);
}
