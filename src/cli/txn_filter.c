// SPDX-License-Identifier: Apache-2.0
//
// Parsing and testing what is wanted of a log.
#include "cli/txn_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cli/quantity.h"
#include "jute/op.h"

bool txn_filter_number(const char *text, int64_t *ret)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t value;
    if (!number_parse_digits(slice_str(is_hex ? text + 2 : text), is_hex ? 16 : 10, UINT64_MAX,
                             &value)) {
        return false;
    }
    *ret = (int64_t)value;
    return true;
}

// ---- flags ----

static int parse_bound(struct cli *c, const char *flag, const char *text, struct txn_filter *f)
{
    bool is_from = strcmp(flag, "--from") == 0;
    int64_t value, unit_ms;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && txn_filter_number(text, &value)) {
        *(is_from ? &f->zxid_min : &f->zxid_max) = value;
        return CLI_DONE;
    }
    if (moment_parse(text, &value, &unit_ms)) {
        *(is_from ? &f->time_min_ms : &f->time_max_ms) = is_from ? value : value + unit_ms;
        return CLI_DONE;
    }
    return cli_fail(c, CLI_USAGE,
                    "%s takes a zxid as 0x100000004 or a time (UTC) as 2026-11-21T16:43, not %s",
                    flag, text);
}

static int add_type(struct cli *c, const char *name, size_t len, struct txn_filter *f)
{
    static const int32_t all[] = {
#define X(op, code, java, lop, kind) OP_##op,
        ZK_OPS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        bool is_logged = op_kind(all[i]) == OP_KIND_WRITE || all[i] == OP_CREATE_SESSION ||
                         all[i] == OP_ERROR || all[i] == OP_CHECK;
        if (is_logged && strlen(op_name(all[i])) == len &&
            strncmp(op_name(all[i]), name, len) == 0) {
            if (f->type_count < TXN_FILTER_TYPES_MAX) {
                f->types[f->type_count++] = all[i];
            }
            return CLI_DONE;
        }
    }
    return cli_fail(c, CLI_USAGE,
                    "no type of transaction is called %.*s; there are create, create2, "
                    "createContainer, createTTL, delete, deleteContainer, setData, setACL, check, "
                    "multi, reconfig, createSession, closeSession and error",
                    (int)len, name);
}

static int parse_types(struct cli *c, const struct cli_call *call, struct txn_filter *f)
{
    for (size_t i = 0; i < cli_value_count(call, "type"); i++) {
        const char *at = cli_value_at(call, "type", i);
        while (*at != '\0') {
            size_t len = strcspn(at, ",");
            int status = add_type(c, at, len, f);
            if (status != CLI_DONE) {
                return status;
            }
            at += len + (at[len] == ',' ? 1 : 0);
        }
    }
    return CLI_DONE;
}

int txn_filter_parse(struct cli *c, const struct cli_call *call, struct txn_filter *ret)
{
    *ret = (struct txn_filter){
        .path = cli_value(call, "path"),
        .zxid_min = INT64_MIN,
        .zxid_max = INT64_MAX,
        .time_min_ms = INT64_MIN,
        .time_max_ms = INT64_MAX,
    };
    const char *session = cli_value(call, "session");
    if (session != NULL && !txn_filter_number(session, &ret->session)) {
        return cli_fail(c, CLI_USAGE, "--session takes an id as 0x100000d4f3a0000, not %s",
                        session);
    }
    ret->has_session = session != NULL;
    const char *from = cli_value(call, "from"), *to = cli_value(call, "to");
    int status = from != NULL ? parse_bound(c, "--from", from, ret) : CLI_DONE;
    status = status == CLI_DONE && to != NULL ? parse_bound(c, "--to", to, ret) : status;
    return status == CLI_DONE ? parse_types(c, call, ret) : status;
}

// ---- testing ----

bool txn_filter_is_below(const char *root, struct slice path)
{
    size_t len = strlen(root);
    len -= len > 0 && root[len - 1] == '/' ? 1 : 0; // "/" is above everything
    return path.len >= len && memcmp(path.data, root, len) == 0 &&
           (path.len == len || path.data[len] == '/');
}

static struct slice path_of(const struct txn_op *op)
{
    switch (op->type) {
    case OP_CREATE:
    case OP_CREATE2:
        return op->create.path;
    case OP_CREATE_CONTAINER:
        return op->create_container.path;
    case OP_CREATE_TTL:
        return op->create_ttl.path;
    case OP_DELETE:
    case OP_DELETE_CONTAINER:
        return op->del.path;
    case OP_SET_DATA:
    case OP_RECONFIG:
        return op->set_data.path;
    case OP_SET_ACL:
        return op->set_acl.path;
    case OP_CHECK:
        return op->check.path;
    }
    return slice_null();
}

static bool op_is_below(const char *root, const struct txn_op *op)
{
    struct slice path = path_of(op);
    if (!slice_is_null(path)) {
        return txn_filter_is_below(root, path);
    }
    for (int32_t i = 0; op->type == OP_CLOSE_SESSION && i < op->close_session.paths.count; i++) {
        if (txn_filter_is_below(root, op->close_session.paths.items[i])) {
            return true;
        }
    }
    return false;
}

static bool has_path(const struct txn_filter *f, const struct txn *t)
{
    if (f->path == NULL || (t->op.type != OP_MULTI && op_is_below(f->path, &t->op))) {
        return true;
    }
    for (int32_t i = 0; i < t->op_count; i++) {
        if (op_is_below(f->path, &t->ops[i])) {
            return true;
        }
    }
    return false;
}

static bool is_of_types(const struct txn_filter *f, int32_t type)
{
    for (size_t i = 0; i < f->type_count; i++) {
        if (f->types[i] == type) {
            return true;
        }
    }
    return f->type_count == 0;
}

static bool has_type(const struct txn_filter *f, const struct txn *t)
{
    if (is_of_types(f, t->op.type)) {
        return true;
    }
    for (int32_t i = 0; i < t->op_count; i++) {
        if (is_of_types(f, t->ops[i].type)) {
            return true;
        }
    }
    return false;
}

bool txn_filter_has_zxid(const struct txn_filter *f, int64_t zxid)
{
    return zxid >= f->zxid_min && zxid <= f->zxid_max;
}

bool txn_filter_has(const struct txn_filter *f, const struct txn *t)
{
    const struct jute_txn_header *h = &t->header;
    return txn_filter_has_zxid(f, h->zxid) && (!f->has_session || h->client_id == f->session) &&
           h->time_ms >= f->time_min_ms && h->time_ms < f->time_max_ms && has_type(f, t) &&
           has_path(f, t);
}
