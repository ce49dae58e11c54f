// SPDX-License-Identifier: Apache-2.0
//
// A slab: items of one size, cut from large chunks, without a header per item. An item is given
// back to its chunk, and a chunk without items is released (one is kept), so a tree that shrinks
// returns its memory. Which chunk an item belongs to is found by binary search over the chunk
// addresses.
//
// Invariants: (1) `chunks` is sorted by address; (2) a chunk is in the list of chunks with room
// exactly when it has room; (3) item_count is the sum of the items of all chunks.
#ifndef PADDOCK_TREE_SLAB_H
#define PADDOCK_TREE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct slab_chunk;

struct slab {
    struct slab_chunk **chunks;
    size_t chunk_count, chunk_cap;
    struct list with_room; // of slab_chunk.room
    size_t item_size;      // bytes
    uint32_t items_per_chunk;
    size_t item_count; // handed out
};

// Units: `item_size` is a multiple of 8 bytes.
void slab_init(struct slab *s, size_t item_size, uint32_t items_per_chunk);
void slab_fini(struct slab *s); // releases every chunk, items or not

// Memory: owned, uninitialised, aligned to 8; give back with slab_free. Aborts when memory is out.
void *slab_alloc(struct slab *s);
void slab_free(struct slab *s, void *item);

#endif
