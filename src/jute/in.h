// SPDX-License-Identifier: Apache-2.0
//
// The reading end of a record: a position in borrowed bytes, the arena for vectors, and a limit on
// strings. The first thing that does not fit sets `failed` and drops the bytes that are left, so
// everything after it fails too and a decoder checks once at its end. The scalars are inline: a
// record decoder becomes a run of loads. Source: BinaryInputArchive.
//
// When memory runs out, bytes of a client fail with `is_out_of_memory`: one request is lost, not
// the server. Bytes that a server wrote (logs, snapshots) abort: a tree without them is wrong.
#ifndef PADDOCK_JUTE_IN_H
#define PADDOCK_JUTE_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/slice.h"
#include "jute/utf8.h"

struct jute_in {
    const uint8_t *next;
    const uint8_t *end;
    struct arena *arena; // NULL when the caller reads no strings and no vectors
    uint32_t string_max; // bytes of one string or buffer; larger fails
    bool failed;
    bool is_out_of_memory; // and that is why it failed
    bool is_own;           // set it after init: written by a server, memory must not run out
};

void jute_in_init(struct jute_in *in, struct slice bytes, struct arena *arena, uint32_t string_max);

static inline size_t jute_in_left(const struct jute_in *in)
{
    return (size_t)(in->end - in->next);
}

// Mark the input as malformed; for decoders that find more than a short field wrong. Returns false.
static inline bool jute_in_fail(struct jute_in *in)
{
    in->next = in->end;
    in->failed = true;
    return false;
}

static inline bool jute_in_no_memory(struct jute_in *in)
{
    in->is_out_of_memory = true;
    return jute_in_fail(in);
}

// Memory of the arena for a vector; NULL after it has failed the input.
static inline void *jute_in_alloc(struct jute_in *in, size_t size)
{
    void *p = in->is_own ? arena_alloc(in->arena, size) : arena_try_alloc(in->arena, size);
    if (p == NULL) {
        (void)jute_in_no_memory(in);
    }
    return p;
}

// Replace what is malformed in a string by a copy that is not. False: no memory for it.
bool jute_in_repair(struct arena *arena, bool is_own, struct slice *s);

// Each returns false, sets `failed` and leaves *ret alone when the bytes do not fit. Strings are
// checked as UTF-8: malformed sequences are replaced by U+FFFD in a copy in the arena, as a Java
// reader does; buffers are taken as they are.
static inline bool jute_in_i32(struct jute_in *in, int32_t *ret)
{
    if (jute_in_left(in) < 4) {
        return jute_in_fail(in);
    }
    *ret = (int32_t)be32_load(in->next);
    in->next += 4;
    return true;
}

static inline bool jute_in_i64(struct jute_in *in, int64_t *ret)
{
    if (jute_in_left(in) < 8) {
        return jute_in_fail(in);
    }
    *ret = (int64_t)be64_load(in->next);
    in->next += 8;
    return true;
}

static inline bool jute_in_boolean(struct jute_in *in, bool *ret)
{
    if (jute_in_left(in) < 1) {
        return jute_in_fail(in);
    }
    *ret = *in->next != 0;
    in->next += 1;
    return true;
}

static inline bool jute_in_buf(struct jute_in *in, struct slice *ret)
{
    int32_t len;
    if (!jute_in_i32(in, &len)) {
        return false;
    }
    if (len == -1) {
        *ret = slice_null();
        return true;
    }
    if (len < 0 || (uint32_t)len > in->string_max || (size_t)len > jute_in_left(in)) {
        return jute_in_fail(in);
    }
    *ret = slice_of(in->next, (size_t)len);
    in->next += len;
    return true;
}

static inline bool jute_in_str(struct jute_in *in, struct slice *ret)
{
    struct slice bytes;
    if (!jute_in_buf(in, &bytes)) {
        return false;
    }
    if (!utf8_is_ascii(bytes) && !jute_in_repair(in->arena, in->is_own, &bytes)) {
        return jute_in_no_memory(in);
    }
    *ret = bytes;
    return true;
}

// The count of a vector: -1 is null, other negative counts are empty, as in Java. A count whose
// elements, each at least `element_bytes_min` long, cannot fit into the bytes left fails.
bool jute_in_count(struct jute_in *in, size_t element_bytes_min, int32_t *ret);

#endif
