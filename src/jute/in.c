// SPDX-License-Identifier: Apache-2.0
//
// The parts of the reader that are not worth inlining.
#include "jute/in.h"

#include "base/assert.h"

void jute_in_init(struct jute_in *in, struct slice bytes, struct arena *arena, uint32_t string_max)
{
    const uint8_t *start = slice_is_null(bytes) ? (const uint8_t *)"" : bytes.data;
    *in = (struct jute_in){
        .next = start, .end = start + bytes.len, .arena = arena, .string_max = string_max};
}

bool jute_in_count(struct jute_in *in, size_t element_bytes_min, int32_t *ret)
{
    int32_t count;
    if (!jute_in_i32(in, &count)) {
        return false;
    }
    if (count > 0 && (size_t)count > jute_in_left(in) / element_bytes_min) {
        return jute_in_fail(in);
    }
    *ret = count < -1 ? 0 : count; // BinaryInputArchive.startVector, BinaryIndex.done
    return true;
}

bool jute_in_repair(struct arena *arena, bool is_own, struct slice *s)
{
    size_t room = utf8_repair_room(*s);
    if (room == 0) {
        return true;
    }
    ASSERT(arena != NULL);
    uint8_t *copy = is_own ? arena_alloc(arena, room) : arena_try_alloc(arena, room);
    if (copy == NULL) {
        return false;
    }
    *s = utf8_repair(*s, copy);
    return true;
}
