// SPDX-License-Identifier: Apache-2.0
//
// An arena: memory for the life of one request, given back all at once. Small arenas cost one
// block; arena_reset keeps that block, so a decoder that resets per frame does not touch malloc.
#ifndef PADDOCK_BASE_ARENA_H
#define PADDOCK_BASE_ARENA_H

#include <stddef.h>

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; // newest first; the last one survives a reset
    uint8_t *next;              // first free byte of the newest block
    uint8_t *end;               // end of the newest block
};

void arena_init(struct arena *a); // allocates nothing; a zeroed struct is initialised
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);

// Memory: returned bytes are uninitialised, aligned to 8, valid until reset or fini.
// Errors: aborts when memory is out; arena_try_alloc returns NULL.
void *arena_alloc(struct arena *a, size_t size);
void *arena_try_alloc(struct arena *a, size_t size);
struct slice arena_copy(struct arena *a, struct slice s); // null stays null

#endif
