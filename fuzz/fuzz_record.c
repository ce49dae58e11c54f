// SPDX-License-Identifier: Apache-2.0
//
// Every record of the schema: the first byte picks one, the rest is decoded as it. What decodes
// must print, and encode to bytes that decode and encode to themselves.
#include "base/arena.h"
#include "base/assert.h"
#include "jute/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 4096 };

#define DEFINE(name, unused)                                                                       \
    static void try_##name(struct slice bytes)                                                     \
    {                                                                                              \
        struct jute_##name v;                                                                      \
        struct jute_in in;                                                                         \
        struct arena arena = {0};                                                                  \
        struct buf first = {0}, second = {0}, text = {0};                                          \
        jute_in_init(&in, bytes, &arena, STRING_MAX);                                              \
        if (jute_##name##_decode(&in, &v)) {                                                       \
            jute_##name##_print(&v, &text);                                                        \
            ASSERT(text.len > 0 && memchr(text.data, '\n', text.len) == NULL);                     \
            jute_##name##_encode(&v, &first);                                                      \
            jute_in_init(&in, buf_slice(&first), &arena, 3 * STRING_MAX);                          \
            ASSERT(jute_##name##_decode(&in, &v) && jute_in_left(&in) == 0);                       \
            jute_##name##_encode(&v, &second);                                                     \
            ASSERT(slice_equal(buf_slice(&first), buf_slice(&second)));                            \
        }                                                                                          \
        buf_fini(&first);                                                                          \
        buf_fini(&second);                                                                         \
        buf_fini(&text);                                                                           \
        arena_fini(&arena);                                                                        \
    }
JUTE_RECORDS(DEFINE)
JUTE_VECTORS(DEFINE)
#undef DEFINE

#define ENTRY(name, unused) try_##name,
static void (*const tries[])(struct slice) = {JUTE_RECORDS(ENTRY) JUTE_VECTORS(ENTRY)};
#undef ENTRY

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        size_t pick = data[0] % (sizeof(tries) / sizeof(tries[0]));
        tries[pick](slice_of(data + 1, size - 1));
    }
    return 0;
}
