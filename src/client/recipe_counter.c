// SPDX-License-Identifier: Apache-2.0
//
// Counters by compare and set on the node's version. A set whose answer was lost shows afterwards
// whether it was carried out: when the version has stayed it was not, and never will be, since the
// session's requests keep their order; otherwise nobody can tell ours from another's.
// Source: Curator's DistributedAtomicLong, SharedCount; kazoo's Counter.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "client/recipe.h"

enum { TEXT_BYTES = 24 };

struct value {
    bool exists;
    int64_t number;
    int32_t version;
};

static bool decode(struct paddock_bytes data, enum paddock_counter_format format, int64_t *ret)
{
    if (format == PADDOCK_COUNTER_TEXT) {
        return number_parse(slice_of(data.bytes, data.len), INT64_MIN, INT64_MAX, ret);
    }
    if (data.len != (format == PADDOCK_COUNTER_INT ? 4 : 8)) {
        return false;
    }
    const uint8_t *bytes = data.bytes;
    uint64_t number = format == PADDOCK_COUNTER_INT && (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < data.len; i++) {
        number = number << 8 | bytes[i];
    }
    *ret = (int64_t)number;
    return true;
}

// The length; 0 when it does not fit.
static size_t encode(int64_t number, enum paddock_counter_format format, uint8_t to[TEXT_BYTES])
{
    if (format == PADDOCK_COUNTER_TEXT) {
        return (size_t)snprintf((char *)to, TEXT_BYTES, "%" PRId64, number);
    }
    size_t len = format == PADDOCK_COUNTER_INT ? 4 : 8;
    if (format == PADDOCK_COUNTER_INT && (number < INT32_MIN || number > INT32_MAX)) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        to[i] = (uint8_t)((uint64_t)number >> (8 * (len - 1 - i)));
    }
    return len;
}

static int read_value(const struct errand *e, const char *path, enum paddock_counter_format format,
                      struct value *ret)
{
    struct paddock_op op = {.type = PADDOCK_OP_GET, .path = path};
    struct paddock_result *r;
    int code = errand_call_surely(e, op, &r);
    *ret = (struct value){0};
    if (code == PADDOCK_OK) {
        ret->exists = true;
        ret->version = r->stat.version;
        code = decode(r->data, format, &ret->number) ? PADDOCK_OK : PADDOCK_MARSHALLING_ERROR;
    }
    paddock_result_free(r);
    return code == PADDOCK_NO_NODE ? PADDOCK_OK : code;
}

static int write_value(const struct errand *e, const char *path, const struct value *old,
                       struct paddock_bytes data, enum paddock_fate *ret_fate)
{
    struct paddock_op op = {.type = old->exists ? PADDOCK_OP_SET : PADDOCK_OP_CREATE,
                            .path = path,
                            .data = data,
                            .is_versioned = old->exists,
                            .version = old->version};
    struct paddock_result *r;
    int code = errand_call(e, op, &r);
    *ret_fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
    paddock_result_free(r);
    if (code == PADDOCK_NO_NODE && !old->exists) {
        (void)recipe_make_parents(e->zk, path, PADDOCK_CONTAINER);
        code = errand_call(e, op, &r);
        *ret_fate = r != NULL ? r->fate : PADDOCK_NOT_SENT;
        paddock_result_free(r);
    }
    return code;
}

static bool is_unchanged(const struct value *a, const struct value *b)
{
    return a->exists == b->exists && a->version == b->version && a->number == b->number;
}

// After a lost answer: PADDOCK_OK when it is known that nothing was written.
static int clear_up(const struct errand *e, const char *path, enum paddock_counter_format format,
                    const struct value *old)
{
    struct value now;
    (void)errand_do_surely(e, (struct paddock_op){.type = PADDOCK_OP_SYNC, .path = path});
    int code = read_value(e, path, format, &now);
    return code == PADDOCK_OK && is_unchanged(old, &now) ? PADDOCK_OK : PADDOCK_CONNECTION_LOSS;
}

// Write `number` over `old`. PADDOCK_BAD_VERSION: it has changed meanwhile.
static int replace(const struct errand *e, const char *path, enum paddock_counter_format format,
                   const struct value *old, int64_t number)
{
    uint8_t bytes[TEXT_BYTES];
    size_t len = encode(number, format, bytes);
    if (len == 0) {
        return PADDOCK_MARSHALLING_ERROR;
    }
    for (;;) {
        enum paddock_fate fate;
        int code = write_value(e, path, old, paddock_bytes_of(bytes, len), &fate);
        if (fate == PADDOCK_UNKNOWN) {
            code = clear_up(e, path, format, old);
        } else if (!errand_goes_on(e, code)) {
            return code == PADDOCK_NODE_EXISTS || code == PADDOCK_NO_NODE ? PADDOCK_BAD_VERSION
                                                                          : code;
        } else {
            code = PADDOCK_OK;
        }
        if (code != PADDOCK_OK) {
            return code;
        }
    }
}

int paddock_counter_get(struct paddock *zk, const char *path, enum paddock_counter_format format,
                        int64_t *ret)
{
    struct paddock_result *r;
    int code = paddock_get(zk, path, &r);
    int64_t number = 0;
    if (code == PADDOCK_OK) {
        code = decode(r->data, format, &number) ? PADDOCK_OK : PADDOCK_MARSHALLING_ERROR;
    }
    paddock_result_free(r);
    if (code == PADDOCK_OK || code == PADDOCK_NO_NODE) {
        *ret = number;
        return PADDOCK_OK;
    }
    return code;
}

int paddock_counter_add(struct paddock *zk, const char *path, enum paddock_counter_format format,
                        int64_t delta, int timeout_ms, int64_t *ret)
{
    struct errand e;
    struct value old;
    int64_t sum = 0;
    int code = errand_begin(&e, zk, timeout_ms);
    if (code != PADDOCK_OK) {
        return code;
    }
    do {
        code = read_value(&e, path, format, &old);
        if (code == PADDOCK_OK) {
            code = __builtin_add_overflow(old.number, delta, &sum)
                       ? PADDOCK_MARSHALLING_ERROR
                       : replace(&e, path, format, &old, sum);
        }
    } while (code == PADDOCK_BAD_VERSION && !errand_is_over(&e));
    if (code == PADDOCK_OK && ret != NULL) {
        *ret = sum;
    }
    return code == PADDOCK_BAD_VERSION ? PADDOCK_OPERATION_TIMEOUT : code;
}

int paddock_counter_set(struct paddock *zk, const char *path, enum paddock_counter_format format,
                        const int64_t *expected, int64_t value, int timeout_ms)
{
    struct errand e;
    struct value old;
    int code = errand_begin(&e, zk, timeout_ms);
    while (code == PADDOCK_OK) {
        code = read_value(&e, path, format, &old);
        if (code == PADDOCK_MARSHALLING_ERROR && expected == NULL) {
            code = PADDOCK_OK; // whatever it was
        }
        if (code == PADDOCK_OK && expected != NULL && old.number != *expected) {
            return PADDOCK_BAD_VERSION;
        }
        if (code == PADDOCK_OK) {
            code = replace(&e, path, format, &old, value);
            if (code != PADDOCK_BAD_VERSION) {
                return code;
            }
            code = errand_is_over(&e) ? PADDOCK_OPERATION_TIMEOUT : PADDOCK_OK;
        }
    }
    return code;
}
