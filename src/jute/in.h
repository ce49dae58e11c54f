// SPDX-License-Identifier: Apache-2.0
//
// The reading end of a record: a position in borrowed bytes, the arena for vectors, and a limit on
// strings. The first thing that does not fit sets `failed`, and everything after it fails too, so a
// decoder checks once at its end. Source: BinaryInputArchive; PROTOCOL 1.1 to 1.3.
#ifndef PADDOCK_JUTE_IN_H
#define PADDOCK_JUTE_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

struct jute_in {
    const uint8_t *next;
    const uint8_t *end;
    struct arena *arena;
    uint32_t string_max; // bytes of one string or buffer; larger fails
    bool failed;
};

void jute_in_init(struct jute_in *in, struct slice bytes, struct arena *arena, uint32_t string_max);

static inline size_t jute_in_left(const struct jute_in *in)
{
    return (size_t)(in->end - in->next);
}

// Each returns false, sets `failed` and leaves *ret alone when the bytes do not fit. Strings are
// checked as UTF-8: malformed sequences are replaced by U+FFFD in a copy in the arena, as a Java
// reader does; buffers are taken as they are. A vector's count is bounded by the bytes left.
bool jute_in_i32(struct jute_in *in, int32_t *ret);
bool jute_in_i64(struct jute_in *in, int64_t *ret);
bool jute_in_boolean(struct jute_in *in, bool *ret);
bool jute_in_str(struct jute_in *in, struct slice *ret);
bool jute_in_buf(struct jute_in *in, struct slice *ret);

#endif
