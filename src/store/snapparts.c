// SPDX-License-Identifier: Apache-2.0
//
// Each take_x looks at the part at the front of the bytes. It sets the part's length, or, when the
// bytes end inside it, how many are needed to look again; the part is visited when it is whole.
#include "store/snapparts.h"

#include "base/assert.h"
#include "base/buf.h"

enum {
    SESSION_BYTES = 12,
    STAT_BYTES = 60,
    NODE_TAIL_BYTES = 8 + STAT_BYTES, // ACL id and stat, behind path and data
};

// What is known of the part at the front: one of the two is 0.
struct part {
    size_t len;  // it is whole and so long
    size_t need; // so many bytes are needed to know more
};

void snapparts_init(struct snapparts *p, uint32_t string_bytes_max,
                    const struct snapscan_visitor *visitor)
{
    *p = (struct snapparts){.string_bytes_max = string_bytes_max, .visitor = visitor};
    arena_init(&p->arena);
}

void snapparts_fini(struct snapparts *p)
{
    arena_fini(&p->arena);
}

static enum err fail(struct snapparts *p, enum err err, const char *what)
{
    p->fault = what;
    return err;
}

static bool has(struct slice s, size_t len, struct part *part)
{
    part->need = s.len >= len ? 0 : len;
    return s.len >= len;
}

// The length of a string or buffer at `at`; null counts as 0. Nothing is set when it is not there.
static enum err length_at(struct snapparts *p, struct slice s, size_t at, size_t *ret,
                          struct part *part)
{
    if (!has(s, at + 4, part)) {
        return ERR_OK;
    }
    int32_t len = (int32_t)be32_load(s.data + at);
    if (len < -1) {
        return fail(p, ERR_CORRUPT, "a negative length");
    }
    if (len > 0 && (uint32_t)len > p->string_bytes_max) {
        return fail(p, ERR_TOO_BIG, "a string longer than jute.maxbuffer and its extra size");
    }
    *ret = len < 0 ? 0 : (size_t)len;
    return ERR_OK;
}

// ---- sessions and ACL lists ----

static enum err take_count(struct snapparts *p, struct slice s, struct part *part)
{
    if (has(s, 4, part)) {
        p->left = (int32_t)be32_load(s.data);
        p->phase++;
        part->len = 4;
    }
    return ERR_OK;
}

static enum err take_session(struct snapparts *p, struct slice s, struct part *part)
{
    if (!has(s, SESSION_BYTES, part)) {
        return ERR_OK;
    }
    enum err err = p->visitor->session(p->visitor->ctx, (int64_t)be64_load(s.data),
                                       (int32_t)be32_load(s.data + 8));
    if (err != ERR_OK) {
        return fail(p, err, "a session that does not fit");
    }
    p->sessions++;
    p->left--;
    part->len = SESSION_BYTES;
    return ERR_OK;
}

// Bytes of the ACL list at the front, its id included.
static enum err measure_acl(struct snapparts *p, struct slice s, size_t *ret, struct part *part)
{
    if (!has(s, 8 + 4, part)) {
        return ERR_OK;
    }
    int32_t count = (int32_t)be32_load(s.data + 8);
    size_t at = 8 + 4;
    for (int32_t i = 0; i < count; i++) {
        at += 4; // permissions
        for (int field = 0; field < 2; field++) {
            size_t len = 0;
            enum err err = length_at(p, s, at, &len, part);
            if (err != ERR_OK || part->need > 0) {
                return err;
            }
            at += 4 + len;
        }
        // A list came in one request, so it is no longer than a string may be.
        if (at > p->string_bytes_max) {
            return fail(p, ERR_TOO_BIG, "an ACL list longer than jute.maxbuffer and its extra");
        }
    }
    *ret = at;
    return ERR_OK;
}

static enum err take_acl(struct snapparts *p, struct slice s, struct part *part)
{
    size_t len = 0;
    enum err err = measure_acl(p, s, &len, part);
    if (err != ERR_OK || part->need > 0 || !has(s, len, part)) {
        return err;
    }
    struct jute_in in;
    struct jute_acl_vec acl;
    arena_reset(&p->arena);
    jute_in_init(&in, slice_of(s.data + 8, len - 8), &p->arena, p->string_bytes_max);
    in.is_own = true;
    if (!jute_acl_vec_decode(&in, &acl)) {
        return fail(p, ERR_CORRUPT, "a malformed ACL list");
    }
    err = p->visitor->acl(p->visitor->ctx, (int64_t)be64_load(s.data), &acl);
    if (err != ERR_OK) {
        return fail(p, err, "an ACL list that does not fit");
    }
    p->left--;
    part->len = len;
    return ERR_OK;
}

// ---- nodes ----

static void decode_stat(const uint8_t *p, struct jute_stat_persisted *ret)
{
    ret->czxid = (int64_t)be64_load(p);
    ret->mzxid = (int64_t)be64_load(p + 8);
    ret->ctime = (int64_t)be64_load(p + 16);
    ret->mtime = (int64_t)be64_load(p + 24);
    ret->version = (int32_t)be32_load(p + 32);
    ret->cversion = (int32_t)be32_load(p + 36);
    ret->aversion = (int32_t)be32_load(p + 40);
    ret->ephemeral_owner = (int64_t)be64_load(p + 44);
    ret->pzxid = (int64_t)be64_load(p + 52);
}

static enum err visit_node(struct snapparts *p, struct slice path, struct slice data,
                           const uint8_t *tail)
{
    struct jute_stat_persisted stat;
    decode_stat(tail + 8, &stat);
    p->nodes++;
    enum err err = p->visitor->node(p->visitor->ctx, path, data, (int64_t)be64_load(tail), &stat);
    return err == ERR_OK ? ERR_OK
                         : fail(p, err,
                                "a node without a parent, without its ACL list, of an unknown "
                                "type, or there already");
}

// One node, or the "/" behind the last.
static enum err take_node(struct snapparts *p, struct slice s, struct part *part)
{
    size_t path_len = 0;
    size_t data_len = 0;
    enum err err = length_at(p, s, 0, &path_len, part);
    if (err != ERR_OK || part->need > 0 || !has(s, 4 + path_len, part)) {
        return err;
    }
    if (path_len == 1 && s.data[4] == '/') {
        p->phase = SNAPPARTS_END;
        part->len = 5;
        return ERR_OK;
    }
    size_t data_at = 4 + path_len;
    err = length_at(p, s, data_at, &data_len, part);
    if (err != ERR_OK || part->need > 0) {
        return err;
    }
    size_t len = data_at + 4 + data_len + NODE_TAIL_BYTES;
    if (!has(s, len, part)) {
        return ERR_OK;
    }
    bool is_null = (int32_t)be32_load(s.data + data_at) < 0;
    struct slice data = is_null ? slice_null() : slice_of(s.data + data_at + 4, data_len);
    part->len = len;
    return visit_node(p, slice_of(s.data + 4, path_len), data, s.data + len - NODE_TAIL_BYTES);
}

// ---- the whole ----

static enum err take_part(struct snapparts *p, struct slice s, struct part *part)
{
    switch (p->phase) {
    case SNAPPARTS_SESSION_COUNT:
    case SNAPPARTS_ACL_COUNT:
        return take_count(p, s, part);
    case SNAPPARTS_SESSIONS:
        return take_session(p, s, part);
    case SNAPPARTS_ACLS:
        return take_acl(p, s, part);
    case SNAPPARTS_NODES:
        return take_node(p, s, part);
    case SNAPPARTS_END:
        break;
    }
    return ERR_OK;
}

enum err snapparts_take(struct snapparts *p, struct slice *bytes, size_t *ret_need)
{
    ASSERT(p->fault == NULL);
    struct part part = {0};
    while (p->phase != SNAPPARTS_END && part.need == 0) {
        bool is_list = p->phase == SNAPPARTS_SESSIONS || p->phase == SNAPPARTS_ACLS;
        if (is_list && p->left <= 0) { // a count below zero is none, as in Java
            p->phase++;
            continue;
        }
        part = (struct part){0};
        enum err err = take_part(p, *bytes, &part);
        if (err != ERR_OK) {
            return err;
        }
        *bytes = slice_skip(*bytes, part.len);
    }
    *ret_need = part.need;
    return ERR_OK;
}
