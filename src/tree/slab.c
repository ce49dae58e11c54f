// SPDX-License-Identifier: Apache-2.0
//
// Chunks fill from the front ("fresh" items, so that untouched pages of a new chunk stay untouched)
// after their free list is used up:
//
//     chunk: [header][item][free][item][item][ fresh ... ]
//                       ^ free list     ^ touched
#include "tree/slab.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

struct free_item {
    struct free_item *next;
};

struct slab_chunk {
    struct list room; // in slab.with_room while not full
    struct free_item *free;
    uint32_t touched; // items ever handed out
    uint32_t used;
    uint8_t items[];
};

void slab_init(struct slab *s, size_t item_size, uint32_t items_per_chunk)
{
    ASSERT(item_size >= sizeof(struct free_item) && item_size % 8 == 0 && items_per_chunk > 0);
    memset(s, 0, sizeof(*s));
    list_init(&s->with_room);
    s->item_size = item_size;
    s->items_per_chunk = items_per_chunk;
}

void slab_fini(struct slab *s)
{
    for (size_t i = 0; i < s->chunk_count; i++) {
        mem_free(s->chunks[i]);
    }
    mem_free(s->chunks);
    s->chunks = NULL;
    s->chunk_count = 0;
    s->chunk_cap = 0;
    s->item_count = 0;
    list_init(&s->with_room);
}

// Position of the last chunk that starts at or below `p`, plus one.
static size_t chunk_end_of(const struct slab *s, const void *p)
{
    size_t low = 0;
    size_t high = s->chunk_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)s->chunks[middle] <= (uintptr_t)p) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct slab_chunk *chunk_new(struct slab *s)
{
    struct slab_chunk *c = mem_alloc(sizeof(*c) + s->item_size * s->items_per_chunk);
    c->free = NULL;
    c->touched = 0;
    c->used = 0;
    if (s->chunk_count == s->chunk_cap) {
        s->chunk_cap = s->chunk_cap == 0 ? 8 : s->chunk_cap * 2;
        s->chunks = mem_realloc(s->chunks, s->chunk_cap * sizeof(struct slab_chunk *));
    }
    size_t at = chunk_end_of(s, c);
    memmove(s->chunks + at + 1, s->chunks + at,
            (s->chunk_count - at) * sizeof(struct slab_chunk *));
    s->chunks[at] = c;
    s->chunk_count++;
    list_push_front(&s->with_room, &c->room);
    return c;
}

static void chunk_release(struct slab *s, size_t at)
{
    struct slab_chunk *c = s->chunks[at];
    list_remove(&c->room);
    s->chunk_count--;
    memmove(s->chunks + at, s->chunks + at + 1,
            (s->chunk_count - at) * sizeof(struct slab_chunk *));
    mem_free(c);
}

void *slab_alloc(struct slab *s)
{
    struct slab_chunk *c = list_is_empty(&s->with_room)
                               ? chunk_new(s)
                               : CONTAINER_OF(s->with_room.next, struct slab_chunk, room);
    void *item = c->free;
    if (item != NULL) {
        c->free = c->free->next;
    } else {
        item = c->items + s->item_size * c->touched;
        c->touched++;
    }
    c->used++;
    s->item_count++;
    if (c->used == s->items_per_chunk) {
        list_remove(&c->room);
    }
    return item;
}

void slab_free(struct slab *s, void *item)
{
    size_t end = chunk_end_of(s, item);
    ASSERT(end > 0);
    struct slab_chunk *c = s->chunks[end - 1];
    ASSERT((uintptr_t)item < (uintptr_t)(c->items + s->item_size * s->items_per_chunk));
    if (c->used == s->items_per_chunk) {
        list_push_front(&s->with_room, &c->room);
    }
    struct free_item *f = item;
    f->next = c->free;
    c->free = f;
    c->used--;
    s->item_count--;
    if (c->used == 0 && s->chunk_count > 1) {
        chunk_release(s, end - 1);
    }
}
