// SPDX-License-Identifier: Apache-2.0
//
// The records as C structs, with an encoder, a decoder and a printer each, all made from schema.h.
//
//     struct jute_stat s;
//     jute_stat_encode(&s, &buf);                  appends; never fails
//     if (!jute_stat_decode(&in, &s)) ...          false: malformed, in->failed stays set
//     jute_stat_print(&s, &buf);                   one line "czxid=1 mzxid=2 ..."
//
// Memory: decoded slices borrow the input; vectors are allocated in in->arena.
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
#define JUTE_TYPE_stat struct jute_stat
#define JUTE_TYPE_str_vec struct jute_str_vec
#define JUTE_TYPE_acl_vec struct jute_acl_vec
#define JUTE_TYPE_client_info_vec struct jute_client_info_vec

// Vectors: count -1 is null, which is not the same as 0.
struct jute_str_vec {
    int32_t count;
    struct slice *items;
};
struct jute_acl_vec {
    int32_t count;
    struct jute_acl *items;
};
struct jute_client_info_vec {
    int32_t count;
    struct jute_client_info *items;
};

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

void jute_str_encode(struct slice s, struct buf *to); // also buffers
void jute_str_vec_encode(const struct jute_str_vec *v, struct buf *to);
void jute_acl_vec_encode(const struct jute_acl_vec *v, struct buf *to);
bool jute_acl_vec_decode(struct jute_in *in, struct jute_acl_vec *ret);
bool jute_acl_vec_equal(const struct jute_acl_vec *a, const struct jute_acl_vec *b);

#endif
