// SPDX-License-Identifier: Apache-2.0
//
// The records as C structs, with an encoder, a decoder and a printer each, all made from schema.h.
//
//     struct jute_stat s;
//     jute_stat_encode(&s, &buf);                  appends; never fails
//     if (!jute_stat_decode(&in, &s)) ...          false: malformed, in->failed stays set
//     jute_stat_print(&s, &buf);                   one line "czxid=1 mzxid=2 ..."
//
// Memory: decoded slices borrow the input; vectors are allocated in in->arena, or constants: what
//         was decoded is not written to.
// Units: field names carry them; zxids and session ids are signed 64 bit as on the wire.
#ifndef PADDOCK_JUTE_RECORDS_H
#define PADDOCK_JUTE_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "jute/in.h"
#include "jute/schema.h"

#define JUTE_TYPE_i32 int32_t
#define JUTE_TYPE_i64 int64_t
#define JUTE_TYPE_boolean bool
#define JUTE_TYPE_str struct slice
#define JUTE_TYPE_buf struct slice
#define JUTE_TYPE_id struct jute_id
#define JUTE_TYPE_acl struct jute_acl
#define JUTE_TYPE_stat struct jute_stat
#define JUTE_TYPE_client_info struct jute_client_info
#define JUTE_TYPE_str_vec struct jute_str_vec
#define JUTE_TYPE_acl_vec struct jute_acl_vec
#define JUTE_TYPE_client_info_vec struct jute_client_info_vec

// Vectors: count -1 is null, which is not the same as 0.
#define JUTE_DECLARE(name, type)                                                                   \
    struct jute_##name {                                                                           \
        int32_t count;                                                                             \
        JUTE_TYPE_##type *items;                                                                   \
    };                                                                                             \
    void jute_##name##_encode(const struct jute_##name *v, struct buf *to);                        \
    bool jute_##name##_decode(struct jute_in *in, struct jute_##name *ret);                        \
    void jute_##name##_print(const struct jute_##name *v, struct buf *to);
JUTE_VECTORS(JUTE_DECLARE)
#undef JUTE_DECLARE

// Records.
#define JUTE_FIELD(type, field) JUTE_TYPE_##type field;
#define JUTE_DECLARE(name, NAME)                                                                   \
    struct jute_##name {                                                                           \
        RECORD_##NAME(JUTE_FIELD)                                                                  \
    };                                                                                             \
    void jute_##name##_encode(const struct jute_##name *r, struct buf *to);                        \
    bool jute_##name##_decode(struct jute_in *in, struct jute_##name *ret);                        \
    void jute_##name##_print(const struct jute_##name *r, struct buf *to);
JUTE_RECORDS(JUTE_DECLARE)
#undef JUTE_DECLARE
#undef JUTE_FIELD

// A string on its own: the reply of create and sync. Buffers have the same bytes.
void jute_str_encode(struct slice s, struct buf *to);

// One token for logs: bare when it is plain, else in quotes with escapes; null is null.
void jute_str_print(struct slice s, struct buf *to);

// True for equal lists in the same order; null equals only null.
bool jute_acl_vec_equal(const struct jute_acl_vec *a, const struct jute_acl_vec *b);

#endif
