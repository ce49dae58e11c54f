// SPDX-License-Identifier: Apache-2.0
//
// Header, sessions, ACL lists, nodes, seals. A part is looked at in the window, handed to the
// visitor as slices of it, then consumed.
#include "store/snapscan.h"

#include "base/arena.h"
#include "base/buf.h"
#include "store/snapformat.h"
#include "store/snapsource.h"

enum {
    SESSION_BYTES = 12,
    STAT_BYTES = 60,
    NODE_TAIL_BYTES = 8 + STAT_BYTES, // ACL id and stat, behind path and data
};

struct reader {
    struct snapsource *source;
    const char *path;
    uint32_t string_bytes_max;
    const struct snapscan_visitor *visitor;
    struct arena arena; // of one ACL list
    struct snapscan_report report;
    struct store_error *e;
};

static enum err fail(const struct reader *r, enum err err, const char *what)
{
    return store_fail(r->e, err, "snapshot %s, offset %llu: %s", r->path,
                      (unsigned long long)snapsource_offset(r->source), what);
}

// What the visitor said of a part, in words when it refused it.
static enum err visited(const struct reader *r, enum err err, const char *what)
{
    return err == ERR_OK || err == ERR_STOPPED ? err : fail(r, err, what);
}

// Exactly `len` bytes ahead, or ERR_TRUNCATED.
static enum err need(struct reader *r, size_t len, struct slice *ret)
{
    struct slice window = snapsource_window(r->source);
    if (window.len >= len) {
        *ret = slice_of(window.data, len);
        return ERR_OK;
    }
    enum err err = snapsource_peek(r->source, len, ret, r->e);
    if (err != ERR_OK) {
        return err;
    }
    return ret->len == len ? ERR_OK : fail(r, ERR_TRUNCATED, "the file ends too early");
}

// The length of a string or buffer at `at` behind the current position; null counts as 0.
static enum err need_length(struct reader *r, size_t at, size_t *ret)
{
    struct slice s;
    enum err err = need(r, at + 4, &s);
    if (err != ERR_OK) {
        return err;
    }
    int32_t len = (int32_t)be32_load(s.data + at);
    if (len < -1) {
        return fail(r, ERR_CORRUPT, "a negative length");
    }
    if (len > 0 && (uint32_t)len > r->string_bytes_max) {
        return fail(r, ERR_TOO_BIG, "a string longer than jute.maxbuffer and its extra size");
    }
    *ret = len < 0 ? 0 : (size_t)len;
    return ERR_OK;
}

// ---- head ----

static enum err read_header(struct reader *r)
{
    struct slice s;
    enum err err = need(r, SNAPFORMAT_HEADER_BYTES, &s);
    if (err != ERR_OK) {
        return err;
    }
    if (be32_load(s.data) != SNAPFORMAT_MAGIC) {
        return fail(r, ERR_CORRUPT, "it does not begin with the magic number of a snapshot");
    }
    r->report.version = (int32_t)be32_load(s.data + 4); // not judged, as in Java, nor is the dbid
    snapsource_consume(r->source, s.len);
    return ERR_OK;
}

static enum err read_count(struct reader *r, int32_t *ret)
{
    struct slice s;
    enum err err = need(r, 4, &s);
    if (err == ERR_OK) {
        *ret = (int32_t)be32_load(s.data);
        snapsource_consume(r->source, 4);
    }
    return err;
}

static enum err read_sessions(struct reader *r)
{
    int32_t count;
    enum err err = read_count(r, &count);
    for (int32_t i = 0; err == ERR_OK && i < count; i++) {
        struct slice s;
        err = need(r, SESSION_BYTES, &s);
        if (err == ERR_OK) {
            err = r->visitor->session(r->visitor->ctx, (int64_t)be64_load(s.data),
                                      (int32_t)be32_load(s.data + 8));
            if (err != ERR_OK) {
                return visited(r, err, "a session that does not fit");
            }
            snapsource_consume(r->source, SESSION_BYTES);
            r->report.sessions++;
        }
    }
    return err;
}

// Bytes of an ACL list at the current position, behind its id.
static enum err measure_acl(struct reader *r, size_t *ret)
{
    struct slice s;
    enum err err = need(r, 8 + 4, &s);
    if (err != ERR_OK) {
        return err;
    }
    int32_t count = (int32_t)be32_load(s.data + 8);
    size_t at = 8 + 4;
    for (int32_t i = 0; i < count; i++) {
        at += 4; // permissions
        for (int part = 0; part < 2; part++) {
            size_t len = 0;
            err = need_length(r, at, &len);
            if (err != ERR_OK) {
                return err;
            }
            at += 4 + len;
        }
        // A list came in one request, so it is no longer than a string may be.
        if (at > r->string_bytes_max) {
            return fail(r, ERR_TOO_BIG, "an ACL list longer than jute.maxbuffer and its extra");
        }
    }
    *ret = at;
    return ERR_OK;
}

static enum err read_acl(struct reader *r)
{
    size_t len = 0;
    enum err err = measure_acl(r, &len);
    if (err != ERR_OK) {
        return err;
    }
    struct slice s;
    err = need(r, len, &s);
    if (err != ERR_OK) {
        return err;
    }
    struct jute_in in;
    struct jute_acl_vec acl;
    arena_reset(&r->arena);
    jute_in_init(&in, slice_skip(s, 8), &r->arena, r->string_bytes_max);
    in.is_own = true;
    if (!jute_acl_vec_decode(&in, &acl)) {
        return fail(r, ERR_CORRUPT, "a malformed ACL list");
    }
    err = r->visitor->acl(r->visitor->ctx, (int64_t)be64_load(s.data), &acl);
    if (err != ERR_OK) {
        return visited(r, err, "an ACL list that does not fit");
    }
    snapsource_consume(r->source, len);
    return ERR_OK;
}

static enum err read_acls(struct reader *r)
{
    int32_t count;
    enum err err = read_count(r, &count);
    for (int32_t i = 0; err == ERR_OK && i < count; i++) {
        err = read_acl(r);
    }
    return err;
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

static enum err give_node(struct reader *r, struct slice path, struct slice data,
                          const uint8_t *tail)
{
    struct jute_stat_persisted stat;
    decode_stat(tail + 8, &stat);
    r->report.nodes++;
    enum err err = r->visitor->node(r->visitor->ctx, path, data, (int64_t)be64_load(tail), &stat);
    return visited(r, err,
                   "a node without a parent, without its ACL list, of an unknown type, or there "
                   "already");
}

// One node; *ret_end at the terminator, which is consumed.
static enum err read_node(struct reader *r, bool *ret_end)
{
    size_t path_len = 0;
    size_t data_len = 0;
    enum err err = need_length(r, 0, &path_len);
    struct slice s;
    if (err == ERR_OK) {
        err = need(r, 4 + path_len, &s);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (path_len == 1 && s.data[4] == '/') {
        snapsource_consume(r->source, 5);
        *ret_end = true;
        return ERR_OK;
    }
    size_t data_at = 4 + path_len;
    err = need_length(r, data_at, &data_len);
    if (err != ERR_OK) {
        return err;
    }
    size_t len = data_at + 4 + data_len + NODE_TAIL_BYTES;
    err = need(r, len, &s);
    if (err != ERR_OK) {
        return err;
    }
    bool is_null = (int32_t)be32_load(s.data + data_at) < 0;
    struct slice data = is_null ? slice_null() : slice_of(s.data + data_at + 4, data_len);
    err = give_node(r, slice_of(s.data + 4, path_len), data, s.data + len - NODE_TAIL_BYTES);
    snapsource_consume(r->source, len);
    return err;
}

static enum err read_nodes(struct reader *r)
{
    bool is_end = false;
    enum err err = ERR_OK;
    while (err == ERR_OK && !is_end) {
        err = read_node(r, &is_end);
    }
    r->report.has_all_nodes = is_end;
    return err;
}

// ---- tail ----

static enum err read_seal(struct reader *r)
{
    uint64_t sum = snapsource_sum(r->source);
    struct slice s;
    enum err err = need(r, SNAPFORMAT_SEAL_BYTES, &s);
    if (err != ERR_OK) {
        return err;
    }
    if (be64_load(s.data) != sum || memcmp(s.data + 8, SNAPFORMAT_END, 5) != 0) {
        return fail(r, ERR_CORRUPT, "the checksum does not match");
    }
    snapsource_consume(r->source, SNAPFORMAT_SEAL_BYTES);
    return ERR_OK;
}

static enum err read_digest(struct reader *r)
{
    struct slice s;
    enum err err = need(r, SNAPFORMAT_DIGEST_BYTES, &s);
    if (err != ERR_OK) {
        return err;
    }
    r->report.digest_zxid = (int64_t)be64_load(s.data);
    r->report.has_digest = be32_load(s.data + 8) == SNAPFORMAT_DIGEST_VERSION;
    r->report.digest = be64_load(s.data + 12);
    snapsource_consume(r->source, SNAPFORMAT_DIGEST_BYTES);
    return read_seal(r);
}

static enum err read_last_zxid(struct reader *r)
{
    struct slice s;
    enum err err = need(r, SNAPFORMAT_LAST_ZXID_BYTES, &s);
    if (err != ERR_OK) {
        return err;
    }
    r->report.has_last_zxid = true;
    r->report.last_zxid = (int64_t)be64_load(s.data);
    snapsource_consume(r->source, SNAPFORMAT_LAST_ZXID_BYTES);
    return read_seal(r);
}

// What follows the first seal is told by its length: nothing, the last zxid, the digest, or both.
static enum err read_tail(struct reader *r)
{
    enum {
        LAST_ZXID_PART = SNAPFORMAT_LAST_ZXID_BYTES + SNAPFORMAT_SEAL_BYTES,
        DIGEST_PART = SNAPFORMAT_DIGEST_BYTES + SNAPFORMAT_SEAL_BYTES,
    };
    struct slice left;
    enum err err = snapsource_peek(r->source, LAST_ZXID_PART + DIGEST_PART + 1, &left, r->e);
    if (err != ERR_OK) {
        return err;
    }
    size_t len = left.len;
    if (len != 0 && len != LAST_ZXID_PART && len != DIGEST_PART &&
        len != LAST_ZXID_PART + DIGEST_PART) {
        return fail(r, ERR_CORRUPT, "an unknown part behind the nodes");
    }
    if (len >= DIGEST_PART) {
        err = read_digest(r);
    }
    if (err == ERR_OK && (len == LAST_ZXID_PART || len == LAST_ZXID_PART + DIGEST_PART)) {
        err = read_last_zxid(r);
    }
    return err;
}

// ---- the whole ----

static enum err read_all(struct reader *r)
{
    enum err err = read_header(r);
    err = err == ERR_OK ? read_sessions(r) : err;
    err = err == ERR_OK ? read_acls(r) : err;
    err = err == ERR_OK ? read_nodes(r) : err;
    err = err == ERR_OK ? read_seal(r) : err;
    err = err == ERR_OK ? read_tail(r) : err;
    r->report.bytes = snapsource_offset(r->source);
    return err;
}

enum err snapscan(struct port_files *fs, const char *path, enum names_method method,
                  uint32_t string_bytes_max, const struct snapscan_visitor *visitor,
                  struct snapscan_report *ret, struct store_error *e)
{
    struct reader r = {
        .path = path,
        .string_bytes_max = string_bytes_max,
        .visitor = visitor,
        .e = e,
    };
    arena_init(&r.arena);
    enum err err = snapsource_open(fs, path, method, &r.source, e);
    if (err == ERR_OK) {
        err = read_all(&r);
        snapsource_close(r.source);
    }
    arena_fini(&r.arena);
    *ret = r.report;
    return err;
}
