// SPDX-License-Identifier: Apache-2.0
//
// Header, then what snapparts.h takes out of the window, then the seals and what is between them.
#include "store/snapscan.h"

#include "base/buf.h"
#include "store/snapformat.h"
#include "store/snapparts.h"
#include "store/snapsource.h"

struct reader {
    struct snapsource *source;
    const char *path;
    struct snapparts parts;
    struct snapscan_report report;
    struct store_error *e;
};

static enum err fail(const struct reader *r, enum err err, const char *what)
{
    return store_fail(r->e, err, "snapshot %s, offset %llu: %s", r->path,
                      (unsigned long long)snapsource_offset(r->source), what);
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

// ---- head and parts ----

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

// What the window holds of sessions, ACL lists and nodes.
static enum err read_window(struct reader *r, size_t *ret_need)
{
    struct slice window = snapsource_window(r->source);
    struct slice rest = window;
    enum err err = snapparts_take(&r->parts, &rest, ret_need);
    snapsource_consume(r->source, window.len - rest.len);
    return err == ERR_OK || err == ERR_STOPPED ? err : fail(r, err, r->parts.fault);
}

static enum err read_parts(struct reader *r)
{
    size_t missing = 0;
    enum err err = read_window(r, &missing);
    while (err == ERR_OK && missing > 0) {
        struct slice s;
        err = need(r, missing, &s);
        err = err == ERR_OK ? read_window(r, &missing) : err;
    }
    r->report.sessions = r->parts.sessions;
    r->report.nodes = r->parts.nodes;
    r->report.has_all_nodes = r->parts.phase == SNAPPARTS_END;
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
    err = err == ERR_OK ? read_parts(r) : err;
    err = err == ERR_OK ? read_seal(r) : err;
    err = err == ERR_OK ? read_tail(r) : err;
    r->report.bytes = snapsource_offset(r->source);
    return err;
}

enum err snapscan(struct port_files *fs, const char *path, enum names_method method,
                  uint32_t string_bytes_max, const struct snapscan_visitor *visitor,
                  struct snapscan_report *ret, struct store_error *e)
{
    struct reader r = {.path = path, .e = e};
    snapparts_init(&r.parts, string_bytes_max, visitor);
    enum err err = snapsource_open(fs, path, method, &r.source, e);
    if (err == ERR_OK) {
        err = read_all(&r);
        snapsource_close(r.source);
    }
    snapparts_fini(&r.parts);
    *ret = r.report;
    return err;
}

// ---- nobody ----

static enum err pass_session(void *ctx, int64_t session, int32_t timeout_ms)
{
    (void)ctx;
    (void)session;
    (void)timeout_ms;
    return ERR_OK;
}

static enum err pass_acl(void *ctx, int64_t acl_id, const struct jute_acl_vec *acl)
{
    (void)ctx;
    (void)acl_id;
    (void)acl;
    return ERR_OK;
}

static enum err pass_node(void *ctx, struct slice path, struct slice data, int64_t acl_id,
                          const struct jute_stat_persisted *stat)
{
    (void)ctx;
    (void)path;
    (void)data;
    (void)acl_id;
    (void)stat;
    return ERR_OK;
}

const struct snapscan_visitor snapscan_nobody = {
    .session = pass_session, .acl = pass_acl, .node = pass_node};
