// SPDX-License-Identifier: Apache-2.0
//
// One function per kind of text.
#include "cli/java_text.h"

#include <inttypes.h>
#include <time.h>

#include "cli/stat_text.h"
#include "jute/op.h"
#include "jute/utf8.h"

enum { MULTI_HEAD_BYTES = 4, PART_HEAD_BYTES = 8 };

void java_text_utf8(struct slice bytes, struct buf *append)
{
    size_t room = utf8_repair_room(bytes);
    if (room == 0) {
        buf_append_slice(append, bytes);
    } else {
        append->len += utf8_repair(bytes, buf_reserve(append, room)).len;
    }
}

void java_text_time(int64_t ms, struct buf *append)
{
    time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
    struct tm t;
    char zone[16] = "";
    if (localtime_r(&seconds, &t) == NULL) {
        buf_printf(append, "%" PRId64 " ms", ms);
        return;
    }
    (void)strftime(zone, sizeof(zone), "%Z", &t);
    buf_printf(append, "%d/%d/%02d, %d:%02d:%02d %s %s", t.tm_mon + 1, t.tm_mday, t.tm_year % 100,
               t.tm_hour % 12 == 0 ? 12 : t.tm_hour % 12, t.tm_min, t.tm_sec,
               t.tm_hour < 12 ? "AM" : "PM", zone);
}

void java_text_date(int64_t ms, struct buf *append)
{
    time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
    struct tm t;
    if (localtime_r(&seconds, &t) != NULL) {
        buf_printf(append, "%s %d, %d, %d:%02d:%02d %s", month_text(t.tm_mon), t.tm_mday,
                   t.tm_year + 1900, t.tm_hour % 12 == 0 ? 12 : t.tm_hour % 12, t.tm_min, t.tm_sec,
                   t.tm_hour < 12 ? "AM" : "PM");
    }
}

void java_text_op(int32_t type, struct buf *append)
{
    if (op_kind(type) == OP_KIND_NONE) {
        buf_printf(append, "unknown %" PRId32, type);
    } else {
        buf_append_str(append, op_name(type));
    }
}

// ---- jute's toString ----

static void put_string(struct slice s, struct buf *to)
{
    static const char escaped[] = "\0\n\r,}%";
    static const char *const texts[] = {"%00", "%0A", "%0D", "%2C", "%7D", "%25"};
    if (slice_is_null(s)) {
        return;
    }
    buf_append_str(to, "'");
    for (size_t i = 0; i < s.len; i++) {
        const char *found = memchr(escaped, s.data[i], sizeof(escaped) - 1);
        if (found != NULL) {
            buf_append_str(to, texts[found - escaped]);
        } else {
            buf_put_u8(to, s.data[i]);
        }
    }
}

static void put_acl(const struct jute_acl *a, struct buf *to)
{
    buf_printf(to, "%" PRId32 ",s{", a->perms);
    put_string(a->id.scheme, to);
    buf_append_str(to, ",");
    put_string(a->id.id, to);
    buf_append_str(to, "}");
}

// List.toString of records, each of which ends its line.
static void put_acl_list(const struct jute_acl_vec *acl, struct buf *to)
{
    if (acl->count < 0) {
        buf_append_str(to, "null");
        return;
    }
    buf_append_str(to, "[");
    for (int32_t i = 0; i < acl->count; i++) {
        buf_append_str(to, i > 0 ? ", " : "");
        put_acl(&acl->items[i], to);
        buf_append_str(to, "\n");
    }
    buf_append_str(to, "]");
}

static void put_set_acl(const struct jute_set_acl_txn *t, struct buf *to)
{
    put_string(t->path, to);
    buf_append_str(to, ",v{");
    for (int32_t i = 0; i < t->acl.count; i++) {
        buf_append_str(to, i > 0 ? ",s{" : "s{");
        put_acl(&t->acl.items[i], to);
        buf_append_str(to, "}");
    }
    buf_printf(to, "},%" PRId32 "\n", t->version);
}

// ---- transactions ----

static void put_created(struct slice path, struct slice data, const struct jute_acl_vec *acl,
                        struct buf *to)
{
    buf_append_slice(to, path);
    buf_append_str(to, ",");
    java_text_utf8(data, to);
    buf_append_str(to, ",");
    put_acl_list(acl, to);
}

static void put_close_session(const struct jute_close_session_txn *t, struct buf *to)
{
    if (t->paths.count < 0) {
        return; // of before 3.6: no body
    }
    buf_append_str(to, "v{");
    for (int32_t i = 0; i < t->paths.count; i++) {
        buf_append_str(to, i > 0 ? "," : "");
        put_string(t->paths.items[i], to);
    }
    buf_append_str(to, "}\n");
}

// The bytes of each part, as they are in the file.
static void put_multi(struct slice body, struct buf *to)
{
    int32_t count = (int32_t)be32_load(body.data);
    body = slice_skip(body, MULTI_HEAD_BYTES);
    for (int32_t i = 0; i < count && body.len >= PART_HEAD_BYTES; i++) {
        size_t len = be32_load(body.data + 4);
        buf_append_str(to, i > 0 ? ";" : "");
        java_text_op((int32_t)be32_load(body.data), to);
        buf_append_str(to, ":");
        body = slice_skip(body, PART_HEAD_BYTES);
        len = len < body.len ? len : body.len;
        java_text_utf8(slice_of(body.data, len), to);
        body = slice_skip(body, len);
    }
}

void java_text_txn(const struct txn *t, struct slice body, struct buf *append)
{
    const struct txn_op *op = &t->op;
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        put_created(op->create.path, op->create.data, &op->create.acl, append);
        buf_printf(append, ",%s,%" PRId32, op->create.ephemeral ? "true" : "false",
                   op->create.parent_cversion);
        return;
    case OP_CREATE_CONTAINER:
        put_created(op->create_container.path, op->create_container.data, &op->create_container.acl,
                    append);
        buf_printf(append, ",%" PRId32, op->create_container.parent_cversion);
        return;
    case OP_CREATE_TTL:
        put_created(op->create_ttl.path, op->create_ttl.data, &op->create_ttl.acl, append);
        buf_printf(append, ",%" PRId32 ",%" PRId64, op->create_ttl.parent_cversion,
                   op->create_ttl.ttl_ms);
        return;
    case OP_SET_DATA:
    case OP_RECONFIG:
        buf_append_slice(append, op->set_data.path);
        buf_append_str(append, ",");
        java_text_utf8(op->set_data.data, append);
        buf_printf(append, ",%" PRId32, op->set_data.version);
        return;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        put_string(op->del.path, append);
        buf_append_str(append, "\n");
        return;
    case OP_SET_ACL:
        put_set_acl(&op->set_acl, append);
        return;
    case OP_CREATE_SESSION:
        buf_printf(append, "%" PRId32 "\n", op->create_session.timeout_ms);
        return;
    case OP_CLOSE_SESSION:
        put_close_session(&op->close_session, append);
        return;
    case OP_ERROR:
        buf_printf(append, "%" PRId32 "\n", op->error.err);
        return;
    case OP_MULTI:
        put_multi(body, append);
        return;
    }
}
