// SPDX-License-Identifier: Apache-2.0
//
// Parsing and testing what is wanted of a log.
#include "cli/txn_filter.h"

#include <stdlib.h>
#include <string.h>

#include "jute/op.h"

static const int64_t DAY_MS = INT64_C(86400000);

// ---- numbers and times ----

bool txn_filter_number(const char *text, int64_t *ret)
{
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    uint64_t value = 0;
    uint64_t base = is_hex ? 16 : 10;
    if (*digits == '\0') {
        return false;
    }
    for (; *digits != '\0'; digits++) {
        char d = *digits;
        uint64_t digit = d >= '0' && d <= '9'   ? (uint64_t)(d - '0')
                         : d >= 'a' && d <= 'f' ? (uint64_t)(d - 'a' + 10)
                         : d >= 'A' && d <= 'F' ? (uint64_t)(d - 'A' + 10)
                                                : 99;
        if (digit >= base || value > (UINT64_MAX - digit) / base) {
            return false;
        }
        value = value * base + digit;
    }
    *ret = (int64_t)value;
    return true;
}

// Days since 1970 of a date in the Gregorian calendar.
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// `count` digits at *at, behind `before` unless that is 0.
static bool take(const char **at, char before, int count, int64_t min, int64_t max, int64_t *ret)
{
    const char *p = *at;
    if (before != '\0' && *p++ != before) {
        return false;
    }
    int64_t value = 0;
    for (int i = 0; i < count; i++, p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
        value = value * 10 + (*p - '0');
    }
    if (value < min || value > max) {
        return false;
    }
    *at = p;
    *ret = value;
    return true;
}

bool txn_filter_time(const char *text, int64_t *ret_ms, int64_t *ret_unit_ms)
{
    int64_t year, month, day, hour, minute, second, ms = 0;
    if (!take(&text, '\0', 4, 1970, 9999, &year) || !take(&text, '-', 2, 1, 12, &month) ||
        !take(&text, '-', 2, 1, 31, &day)) {
        return false;
    }
    int64_t time_ms = days_of(year, month, day) * DAY_MS;
    int64_t unit_ms = DAY_MS;
    if (*text == 'T' || *text == ' ') {
        if (!take(&text, *text, 2, 0, 23, &hour) || !take(&text, ':', 2, 0, 59, &minute)) {
            return false;
        }
        time_ms += (hour * 60 + minute) * 60000;
        unit_ms = 60000;
        if (*text == ':' && take(&text, ':', 2, 0, 60, &second)) {
            time_ms += second * 1000;
            unit_ms = 1000;
            if (*text == '.' && take(&text, '.', 3, 0, 999, &ms)) {
                time_ms += ms;
                unit_ms = 1;
            }
        }
    }
    text += *text == 'Z' ? 1 : 0;
    *ret_ms = time_ms;
    *ret_unit_ms = unit_ms;
    return *text == '\0';
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
    if (txn_filter_time(text, &value, &unit_ms)) {
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
