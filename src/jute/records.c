// SPDX-License-Identifier: Apache-2.0
//
// One small function per field type and verb, and the schema that strings them together. The verbs:
//
//     size_T(v)        bytes that `v` takes
//     store_T(p, v)    write it at `p`, where there is room; returns the byte behind it
//     read_T(in, ret)  read it; false when it does not fit
//     print_T(v, to)   append it as text
//
// An encoder asks for the size, reserves once, and stores without further checks: a record of
// scalars becomes a run of byte swaps. All but the vectors is inlined into the record's functions.
#include "jute/records.h"

#include <inttypes.h>

#include "base/assert.h"
#include "jute/utf8.h"

// ---- scalars, strings and buffers ----

enum { MIN_i32 = 4, MIN_i64 = 8, MIN_boolean = 1, MIN_str = 4, MIN_buf = 4 };
enum { MIN_str_vec = 4, MIN_acl_vec = 4, MIN_client_info_vec = 4 };

static inline size_t size_i32(const int32_t *v)
{
    return sizeof(*v);
}

static inline size_t size_i64(const int64_t *v)
{
    return sizeof(*v);
}

static inline size_t size_boolean(const bool *v)
{
    (void)v;
    return 1;
}

static inline size_t size_buf(const struct slice *v)
{
    ASSERT(v->len <= INT32_MAX);
    return 4 + v->len;
}

static inline size_t size_str(const struct slice *v)
{
    return size_buf(v);
}

static inline uint8_t *store_i32(uint8_t *p, const int32_t *v)
{
    be32_store(p, (uint32_t)*v);
    return p + 4;
}

static inline uint8_t *store_i64(uint8_t *p, const int64_t *v)
{
    be64_store(p, (uint64_t)*v);
    return p + 8;
}

static inline uint8_t *store_boolean(uint8_t *p, const bool *v)
{
    *p = *v ? 1 : 0;
    return p + 1;
}

static inline uint8_t *store_buf(uint8_t *p, const struct slice *v)
{
    if (slice_is_null(*v)) {
        be32_store(p, UINT32_MAX);
        return p + 4;
    }
    be32_store(p, (uint32_t)v->len);
    memcpy(p + 4, v->data, v->len);
    return p + 4 + v->len;
}

static inline uint8_t *store_str(uint8_t *p, const struct slice *v)
{
    return store_buf(p, v);
}

static inline bool read_i32(struct jute_in *in, int32_t *ret)
{
    return jute_in_i32(in, ret);
}

static inline bool read_i64(struct jute_in *in, int64_t *ret)
{
    return jute_in_i64(in, ret);
}

static inline bool read_boolean(struct jute_in *in, bool *ret)
{
    return jute_in_boolean(in, ret);
}

static inline bool read_buf(struct jute_in *in, struct slice *ret)
{
    return jute_in_buf(in, ret);
}

static inline bool read_str(struct jute_in *in, struct slice *ret)
{
    return jute_in_str(in, ret);
}

static void print_i32(const int32_t *v, struct buf *to)
{
    buf_printf(to, "%" PRId32, *v);
}

static void print_i64(const int64_t *v, struct buf *to)
{
    buf_printf(to, "%" PRId64, *v);
}

static void print_boolean(const bool *v, struct buf *to)
{
    buf_append_str(to, *v ? "true" : "false");
}

static void print_str(const struct slice *v, struct buf *to)
{
    jute_str_print(*v, to);
}

// Buffers may be long and are often not text: their size, and the first bytes in hex.
static void print_buf(const struct slice *v, struct buf *to)
{
    enum { SHOWN_BYTES_MAX = 16 };
    if (slice_is_null(*v)) {
        buf_append_str(to, "null");
        return;
    }
    size_t shown = v->len < SHOWN_BYTES_MAX ? v->len : SHOWN_BYTES_MAX;
    buf_printf(to, "%zu:", v->len);
    for (size_t i = 0; i < shown; i++) {
        buf_printf(to, "%02x", v->data[i]);
    }
    buf_append_str(to, shown < v->len ? ".." : "");
}

// ---- records ----

#define DECLARE(name, type)                                                                        \
    static size_t size_##name(const struct jute_##name *v);                                        \
    static uint8_t *store_##name(uint8_t *p, const struct jute_##name *v);                         \
    static bool read_##name(struct jute_in *in, struct jute_##name *ret);                          \
    static void print_##name(const struct jute_##name *v, struct buf *to);
JUTE_VECTORS(DECLARE)
#undef DECLARE

// The name of a field, behind a space unless it is the first of its record.
static void print_name(const char *name, size_t record_start, struct buf *to)
{
    buf_append_str(to, to->len > record_start ? " " : "");
    buf_append_str(to, name);
    buf_append_str(to, "=");
}

// NOLINTBEGIN(bugprone-macro-parentheses): the terms of a sum
#define MIN_FIELD(type, field) +MIN_##type
#define SIZE_FIELD(type, field) +size_##type(&v->field)
// NOLINTEND(bugprone-macro-parentheses)
#define STORE_FIELD(type, field) p = store_##type(p, &v->field);
#define READ_FIELD(type, field) &&read_##type(in, &ret->field)
#define PRINT_FIELD(type, field)                                                                   \
    print_name(#field, start, to);                                                                 \
    print_##type(&v->field, to);

// Few records are a field of another and printed in braces.
#define UNUSED_OK __attribute__((unused))

#define DEFINE_VERBS(name, NAME)                                                                   \
    enum { MIN_##name = 0 RECORD_##NAME(MIN_FIELD) };                                              \
    static inline size_t size_##name(const struct jute_##name *v)                                  \
    {                                                                                              \
        return 0 RECORD_##NAME(SIZE_FIELD);                                                        \
    }                                                                                              \
    static inline uint8_t *store_##name(uint8_t *p, const struct jute_##name *v)                   \
    {                                                                                              \
        RECORD_##NAME(STORE_FIELD) return p;                                                       \
    }                                                                                              \
    static inline bool read_##name(struct jute_in *in, struct jute_##name *ret)                    \
    {                                                                                              \
        return true RECORD_##NAME(READ_FIELD);                                                     \
    }                                                                                              \
    UNUSED_OK static void print_##name(const struct jute_##name *v, struct buf *to)                \
    {                                                                                              \
        buf_append_str(to, "{");                                                                   \
        jute_##name##_print(v, to);                                                                \
        buf_append_str(to, "}");                                                                   \
    }
JUTE_RECORDS(DEFINE_VERBS)
#undef DEFINE_VERBS

// ---- vectors ----

// The list of nearly every create is recognised by its bytes: nothing to decode, no memory.
static bool read_known_acl_vec(struct jute_in *in, struct jute_acl_vec *ret)
{
    static const char bytes[] = "\0\0\0\1\0\0\0\x1f\0\0\0\5world\0\0\0\6anyone";
    static const struct jute_acl open = {
        .perms = 31,
        .id = {.scheme = {(const uint8_t *)"world", 5}, .id = {(const uint8_t *)"anyone", 6}},
    };
    enum { SIZE = sizeof(bytes) - 1, LONGEST_STRING = 6 };
    if (jute_in_left(in) < SIZE || in->string_max < LONGEST_STRING ||
        memcmp(in->next, bytes, SIZE) != 0) {
        return false;
    }
    in->next += SIZE;
    *ret = (struct jute_acl_vec){.count = 1, .items = (struct jute_acl *)(uintptr_t)&open};
    return true;
}

static bool read_known_str_vec(struct jute_in *in, struct jute_str_vec *ret)
{
    (void)in;
    (void)ret;
    return false;
}

static bool read_known_client_info_vec(struct jute_in *in, struct jute_client_info_vec *ret)
{
    (void)in;
    (void)ret;
    return false;
}

// A null vector has no elements to size or store, so a negative count runs no loop.
#define DEFINE_VERBS(name, type)                                                                   \
    static size_t size_##name(const struct jute_##name *v)                                         \
    {                                                                                              \
        size_t size = 4;                                                                           \
        for (int32_t i = 0; i < v->count; i++) {                                                   \
            size += size_##type(&v->items[i]);                                                     \
        }                                                                                          \
        return size;                                                                               \
    }                                                                                              \
    static uint8_t *store_##name(uint8_t *p, const struct jute_##name *v)                          \
    {                                                                                              \
        p = store_i32(p, &v->count);                                                               \
        for (int32_t i = 0; i < v->count; i++) {                                                   \
            p = store_##type(p, &v->items[i]);                                                     \
        }                                                                                          \
        return p;                                                                                  \
    }                                                                                              \
    static bool read_##name(struct jute_in *in, struct jute_##name *ret)                           \
    {                                                                                              \
        struct jute_##name v = {0};                                                                \
        if (read_known_##name(in, ret)) {                                                          \
            return true;                                                                           \
        }                                                                                          \
        if (!jute_in_count(in, MIN_##type, &v.count)) {                                            \
            return false;                                                                          \
        }                                                                                          \
        if (v.count > 0) {                                                                         \
            v.items = jute_in_alloc(in, (size_t)v.count * sizeof(*v.items));                       \
            if (v.items == NULL) {                                                                 \
                return false;                                                                      \
            }                                                                                      \
        }                                                                                          \
        for (int32_t i = 0; i < v.count; i++) {                                                    \
            if (!read_##type(in, &v.items[i])) {                                                   \
                return false;                                                                      \
            }                                                                                      \
        }                                                                                          \
        *ret = v;                                                                                  \
        return true;                                                                               \
    }                                                                                              \
    static void print_##name(const struct jute_##name *v, struct buf *to)                          \
    {                                                                                              \
        if (v->count < 0) {                                                                        \
            buf_append_str(to, "null");                                                            \
            return;                                                                                \
        }                                                                                          \
        for (int32_t i = 0; i < v->count; i++) {                                                   \
            buf_append_str(to, i == 0 ? "[" : ",");                                                \
            print_##type(&v->items[i], to);                                                        \
        }                                                                                          \
        buf_append_str(to, v->count == 0 ? "[]" : "]");                                            \
    }
JUTE_VECTORS(DEFINE_VERBS)
#undef DEFINE_VERBS

// ---- the public functions ----

// Decoding works on copies, which stay in registers, and leaves `ret` alone on failure.
#define DEFINE_CODEC(name, unused)                                                                 \
    void jute_##name##_encode(const struct jute_##name *v, struct buf *to)                         \
    {                                                                                              \
        size_t size = size_##name(v);                                                              \
        uint8_t *start = buf_reserve(to, size);                                                    \
        uint8_t *end = store_##name(start, v);                                                     \
        ASSERT(end == start + size);                                                               \
        to->len += size;                                                                           \
    }                                                                                              \
    bool jute_##name##_decode(struct jute_in *in, struct jute_##name *ret)                         \
    {                                                                                              \
        struct jute_in at = *in;                                                                   \
        struct jute_##name v;                                                                      \
        if (!read_##name(&at, &v)) {                                                               \
            in->is_out_of_memory = at.is_out_of_memory;                                            \
            return jute_in_fail(in);                                                               \
        }                                                                                          \
        in->next = at.next;                                                                        \
        *ret = v;                                                                                  \
        return true;                                                                               \
    }
JUTE_RECORDS(DEFINE_CODEC)
JUTE_VECTORS(DEFINE_CODEC)
#undef DEFINE_CODEC

#define DEFINE_PRINT(name, NAME)                                                                   \
    void jute_##name##_print(const struct jute_##name *v, struct buf *to)                          \
    {                                                                                              \
        size_t start = to->len;                                                                    \
        RECORD_##NAME(PRINT_FIELD)                                                                 \
    }
JUTE_RECORDS(DEFINE_PRINT)
#undef DEFINE_PRINT

#define DEFINE_PRINT(name, type)                                                                   \
    void jute_##name##_print(const struct jute_##name *v, struct buf *to)                          \
    {                                                                                              \
        print_##name(v, to);                                                                       \
    }
JUTE_VECTORS(DEFINE_PRINT)
#undef DEFINE_PRINT

void jute_str_encode(struct slice s, struct buf *to)
{
    size_t size = size_str(&s);
    store_str(buf_reserve(to, size), &s);
    to->len += size;
}

bool jute_acl_vec_equal(const struct jute_acl_vec *a, const struct jute_acl_vec *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (int32_t i = 0; i < a->count; i++) {
        const struct jute_acl *x = &a->items[i];
        const struct jute_acl *y = &b->items[i];
        if (x->perms != y->perms || !slice_equal(x->id.scheme, y->id.scheme) ||
            !slice_equal(x->id.id, y->id.id)) {
            return false;
        }
    }
    return true;
}

// ---- strings as text ----

// True for a byte that cannot be taken for the end of a token or for anything but itself.
static bool is_plain(uint8_t c)
{
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ',' && c != '=' && c != '{' &&
           c != '}' && c != '[' && c != ']';
}

static bool is_plain_token(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_plain(s.data[i])) {
            return false;
        }
    }
    return s.len > 0 && !slice_equal_str(s, "null");
}

// One character in quotes: as it is when it is printable, else its bytes in hex.
static void print_quoted_char(const uint8_t *p, size_t len, struct buf *to)
{
    bool is_control = len == 1 && (*p < ' ' || *p >= 0x7f);
    bool is_c1 = len == 2 && utf8_char(p, len) < 0xa0;
    if (*p == '"' || *p == '\\') {
        buf_put_u8(to, '\\');
    }
    if (!is_control && !is_c1) {
        buf_append(to, p, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        buf_printf(to, "\\x%02x", p[i]);
    }
}

void jute_str_print(struct slice s, struct buf *to)
{
    if (slice_is_null(s)) {
        buf_append_str(to, "null");
        return;
    }
    if (is_plain_token(s)) {
        buf_append_slice(to, s);
        return;
    }
    buf_put_u8(to, '"');
    const uint8_t *end = s.data + s.len;
    for (const uint8_t *p = s.data; p < end;) {
        size_t len = utf8_char_len(p, end);
        len = len > 0 ? len : 1;
        print_quoted_char(p, len, to);
        p += len;
    }
    buf_put_u8(to, '"');
}
