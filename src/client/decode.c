// SPDX-License-Identifier: Apache-2.0
//
// Two passes: decode the records, which borrow the frame, and add up what their copies take; then
// copy them into one block. Nothing is allocated by an announced count: jute_in bounds counts by
// the bytes that are there, and the parts of a multi are as many as were asked for.
#include "client/decode.h"

#include "base/assert.h"
#include "base/mem.h"
#include "client/chroot.h"
#include "jute/multi.h"

// One answer, or one part of a multi's, still borrowing the frame.
struct answer {
    int32_t code;
    struct slice path;
    struct slice data;
    bool has_stat;
    struct jute_stat stat;
    struct jute_str_vec strings;
    struct jute_acl_vec acl;
    int64_t number;
    struct answer *parts;
    size_t part_count;
};

struct decoder {
    struct jute_in *in;
    struct slice chroot;
    const struct request *request;
};

// ---- bodies ----

static bool read_path(const struct decoder *d, struct answer *a)
{
    struct slice path;
    if (!jute_in_str(d->in, &path)) {
        return false;
    }
    return chroot_strip(d->chroot, path, &a->path) || jute_in_fail(d->in);
}

static bool read_stat(const struct decoder *d, struct answer *a)
{
    a->has_stat = true;
    return jute_stat_decode(d->in, &a->stat);
}

static bool read_data_and_stat(const struct decoder *d, struct answer *a)
{
    return jute_in_buf(d->in, &a->data) && read_stat(d, a);
}

// The prefix is plain text: "/app" also finds "/apple", which is not below the chroot.
static bool read_ephemerals(const struct decoder *d, struct answer *a)
{
    if (!jute_str_vec_decode(d->in, &a->strings)) {
        return false;
    }
    int32_t kept = 0;
    for (int32_t i = 0; i < a->strings.count; i++) {
        kept += chroot_strip(d->chroot, a->strings.items[i], &a->strings.items[kept]) ? 1 : 0;
    }
    a->strings.count = kept;
    return true;
}

// Scheme and user of each identity, as an ACL without permissions.
static bool read_identities(const struct decoder *d, struct answer *a)
{
    struct jute_client_info_vec infos;
    if (!jute_client_info_vec_decode(d->in, &infos) || infos.count <= 0) {
        return !d->in->failed;
    }
    struct jute_acl *items = jute_in_alloc(d->in, (size_t)infos.count * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    for (int32_t i = 0; i < infos.count; i++) {
        items[i] = (struct jute_acl){
            .id = {.scheme = infos.items[i].auth_scheme, .id = infos.items[i].user}};
    }
    a->acl = (struct jute_acl_vec){.count = infos.count, .items = items};
    return true;
}

static bool read_number(const struct decoder *d, struct answer *a)
{
    int32_t number;
    if (!jute_in_i32(d->in, &number)) {
        return false;
    }
    a->number = number;
    return true;
}

// addWatch answers with a code of its own.
static bool read_code(const struct decoder *d, struct answer *a)
{
    return jute_in_i32(d->in, &a->code);
}

// ---- multi ----

// Does an entry of this type answer that part? A create2 also answers containers and TTLs.
static bool is_answer_to(int32_t type, enum paddock_op_type part)
{
    switch (type) {
    case OP_CREATE:
    case OP_CREATE2:
        return part == PADDOCK_OP_CREATE;
    case OP_DELETE:
        return part == PADDOCK_OP_DELETE;
    case OP_SET_DATA:
        return part == PADDOCK_OP_SET;
    case OP_CHECK:
        return part == PADDOCK_OP_CHECK;
    case OP_GET_DATA:
        return part == PADDOCK_OP_GET;
    case OP_GET_CHILDREN:
        return part == PADDOCK_OP_GET_CHILDREN;
    }
    return type == OP_ERROR;
}

static bool read_part(const struct decoder *d, int32_t type, struct answer *a)
{
    switch (type) {
    case OP_CREATE:
        return read_path(d, a);
    case OP_CREATE2:
        return read_path(d, a) && read_stat(d, a);
    case OP_SET_DATA:
        return read_stat(d, a);
    case OP_GET_DATA:
        return read_data_and_stat(d, a);
    case OP_GET_CHILDREN:
        return jute_str_vec_decode(d->in, &a->strings);
    case OP_ERROR:
        return jute_in_i32(d->in, &a->code);
    }
    return true; // delete, check
}

// The code of the whole is that of the part that failed; reads fail each for themselves.
static void note_code(const struct decoder *d, struct answer *a, int32_t code)
{
    if (d->request->type == PADDOCK_OP_MULTI && a->code == PADDOCK_OK &&
        code != PADDOCK_RUNTIME_INCONSISTENCY) {
        a->code = code;
    }
}

static bool read_parts(const struct decoder *d, struct answer *a)
{
    size_t count = d->request->part_count;
    a->parts = jute_in_alloc(d->in, count * sizeof(*a->parts));
    if (a->parts == NULL) {
        return false;
    }
    struct jute_multi_header h;
    for (a->part_count = 0; jute_multi_header_decode(d->in, &h) && !h.done; a->part_count++) {
        size_t at = a->part_count;
        if (at == count || !is_answer_to(h.type, d->request->part_types[at])) {
            return jute_in_fail(d->in);
        }
        a->parts[at] = (struct answer){0};
        if (!read_part(d, h.type, &a->parts[at])) {
            return false;
        }
        note_code(d, a, a->parts[at].code);
    }
    return !d->in->failed && (a->part_count == count || jute_in_fail(d->in));
}

static bool read_body(const struct decoder *d, struct answer *a)
{
    switch (d->request->type) {
    case PADDOCK_OP_CREATE:
        return read_path(d, a) && read_stat(d, a);
    case PADDOCK_OP_EXISTS:
    case PADDOCK_OP_SET:
    case PADDOCK_OP_SET_ACL:
        return read_stat(d, a);
    case PADDOCK_OP_GET:
    case PADDOCK_OP_GET_CONFIG:
    case PADDOCK_OP_RECONFIG:
        return read_data_and_stat(d, a);
    case PADDOCK_OP_GET_ACL:
        return jute_acl_vec_decode(d->in, &a->acl) && read_stat(d, a);
    case PADDOCK_OP_GET_CHILDREN:
        return jute_str_vec_decode(d->in, &a->strings) && read_stat(d, a);
    case PADDOCK_OP_SYNC:
        return read_path(d, a);
    case PADDOCK_OP_MULTI:
    case PADDOCK_OP_MULTI_READ:
        return read_parts(d, a);
    case PADDOCK_OP_GET_EPHEMERALS:
        return read_ephemerals(d, a);
    case PADDOCK_OP_COUNT_CHILDREN:
        return read_number(d, a);
    case PADDOCK_OP_ADD_WATCH:
        return read_code(d, a);
    case PADDOCK_OP_WHO_AM_I:
        return read_identities(d, a);
    case PADDOCK_OP_DELETE:
    case PADDOCK_OP_CHECK:
    case PADDOCK_OP_REMOVE_WATCHES:
    case PADDOCK_OP_ADD_AUTH:
        return true;
    }
    return jute_in_fail(d->in);
}

// ---- the block ----

// A block has two ends: structs, aligned, grow from the front, bytes behind them. While `base` is
// NULL it only adds up.
struct block {
    uint8_t *base;
    size_t structs; // bytes of them
    size_t bytes;
    size_t structs_size; // where the bytes begin, when base is there
};

static void *take_structs(struct block *b, size_t size)
{
    void *p = b->base != NULL ? b->base + b->structs : NULL;
    b->structs += (size + 7) & ~(size_t)7;
    return p;
}

// A copy of `s` with a zero behind it; null stays NULL.
static const char *take_bytes(struct block *b, struct slice s)
{
    if (slice_is_null(s)) {
        return NULL;
    }
    uint8_t *p = NULL;
    if (b->base != NULL) {
        p = b->base + b->structs_size + b->bytes;
        memcpy(p, s.data, s.len);
        p[s.len] = 0;
    }
    b->bytes += s.len + 1;
    return (const char *)p;
}

// Strings in vectors are never NULL to the program.
static const char *take_text(struct block *b, struct slice s)
{
    return take_bytes(b, slice_is_null(s) ? slice_str("") : s);
}

static void take_strings(struct block *b, const struct jute_str_vec *v, struct paddock_result *to)
{
    size_t count = v->count > 0 ? (size_t)v->count : 0;
    const char **strings = take_structs(b, count * sizeof(*strings));
    for (size_t i = 0; i < count; i++) {
        const char *text = take_text(b, v->items[i]);
        if (strings != NULL) {
            strings[i] = text;
        }
    }
    to->strings = count > 0 ? strings : NULL;
    to->string_count = count;
}

static void take_acl(struct block *b, const struct jute_acl_vec *v, struct paddock_result *to)
{
    size_t count = v->count > 0 ? (size_t)v->count : 0;
    struct paddock_acl *acl = take_structs(b, count * sizeof(*acl));
    for (size_t i = 0; i < count; i++) {
        const struct jute_acl *from = &v->items[i];
        struct paddock_acl one = {.perms = from->perms};
        one.scheme = take_text(b, from->id.scheme);
        one.id = take_text(b, from->id.id);
        if (acl != NULL) {
            acl[i] = one;
        }
    }
    to->acl = count > 0 ? acl : NULL;
    to->acl_count = count;
}

static struct paddock_stat stat_of(const struct jute_stat *s)
{
    return (struct paddock_stat){
        .czxid = s->czxid,
        .mzxid = s->mzxid,
        .pzxid = s->pzxid,
        .ctime_ms = s->ctime,
        .mtime_ms = s->mtime,
        .version = s->version,
        .cversion = s->cversion,
        .aversion = s->aversion,
        .ephemeral_owner = s->ephemeral_owner,
        .data_length = s->data_length,
        .num_children = s->num_children,
    };
}

// Fields of one answer that is no multi.
static struct paddock_result take_fields(struct block *b, const struct answer *a)
{
    struct paddock_result r = {.code = a->code, .fate = PADDOCK_ANSWERED, .number = a->number};
    r.path = take_bytes(b, a->path);
    r.data = paddock_bytes_of(take_bytes(b, a->data), a->data.len);
    if (a->has_stat) {
        r.stat = stat_of(&a->stat);
    }
    take_strings(b, &a->strings, &r);
    take_acl(b, &a->acl, &r);
    return r;
}

// The whole of it: in the first pass into nothing, in the second into the block.
static void take_all(struct block *b, const struct answer *a)
{
    struct paddock_result *whole = take_structs(b, sizeof(*whole));
    struct paddock_result *parts = take_structs(b, a->part_count * sizeof(*parts));
    struct paddock_result r = take_fields(b, a);
    r.parts = a->part_count > 0 ? parts : NULL;
    r.part_count = a->part_count;
    for (size_t i = 0; i < a->part_count; i++) {
        struct paddock_result part = take_fields(b, &a->parts[i]);
        if (parts != NULL) {
            parts[i] = part;
        }
    }
    if (whole != NULL) {
        *whole = r;
    }
}

enum err decode_result(const struct request *r, struct jute_in *in, struct slice chroot,
                       struct paddock_result **ret)
{
    struct decoder d = {.in = in, .chroot = chroot, .request = r};
    struct answer a = {0};
    if (!read_body(&d, &a)) {
        return in->is_out_of_memory ? ERR_NO_MEMORY : ERR_MALFORMED;
    }
    struct block sized = {0};
    take_all(&sized, &a);
    struct block b = {.structs_size = sized.structs};
    b.base = mem_try_alloc(sized.structs + sized.bytes);
    if (b.base == NULL) {
        return ERR_NO_MEMORY;
    }
    take_all(&b, &a);
    ASSERT(b.structs == sized.structs && b.bytes == sized.bytes);
    *ret = (struct paddock_result *)(void *)b.base;
    return ERR_OK;
}

struct paddock_result *decode_failure(int code, enum paddock_fate fate, int64_t zxid)
{
    struct paddock_result *r = mem_try_alloc(sizeof(*r));
    if (r != NULL) {
        *r = (struct paddock_result){.code = code, .fate = fate, .zxid = zxid};
    }
    return r;
}
