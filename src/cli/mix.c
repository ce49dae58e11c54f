// SPDX-License-Identifier: Apache-2.0
//
// Names and shares parted by commas.
#include "cli/mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static const char *const names[] = {
#define MIX_NAME(symbol, name, help) name,
    MIX_OPS(MIX_NAME)
#undef MIX_NAME
};

const char *mix_name(enum mix_op op)
{
    ASSERT(op < MIX_OP_COUNT);
    return names[op];
}

static bool complain(char why[MIX_WHY_BYTES], const char *what, const char *text, size_t len)
{
    int n = snprintf(why, MIX_WHY_BYTES, "'%.*s' %s; known are", (int)(len < 40 ? len : 40), text,
                     what);
    for (size_t i = 0; i < MIX_OP_COUNT && n < MIX_WHY_BYTES; i++) {
        n += snprintf(why + n, MIX_WHY_BYTES - (size_t)n, " %s", names[i]);
    }
    return false;
}

static bool find(const char *text, size_t len, enum mix_op *ret)
{
    for (size_t i = 0; i < MIX_OP_COUNT; i++) {
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
            *ret = (enum mix_op)i;
            return true;
        }
    }
    return false;
}

// A whole number up to MIX_SHARE_MAX that ends at `end`.
static bool share_of(const char *text, const char *end, uint64_t *ret)
{
    uint64_t share = 0;
    for (const char *at = text; at < end; at++) {
        if (*at < '0' || *at > '9' || share > MIX_SHARE_MAX) {
            return false;
        }
        share = share * 10 + (uint64_t)(*at - '0');
    }
    *ret = share;
    return end > text && share <= MIX_SHARE_MAX;
}

static bool add_part(struct mix *m, const char *text, size_t len, char why[MIX_WHY_BYTES])
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
    enum mix_op op;
    if (!find(text, name_len, &op)) {
        return complain(why, "is no kind of request", text, name_len);
    }
    uint64_t share = 1;
    if (equals != NULL && !share_of(equals + 1, text + len, &share)) {
        return complain(why, "has no share from 0 to 1000000", text, len);
    }
    if (m->shares[op] != 0) {
        return complain(why, "is named twice", text, name_len);
    }
    m->shares[op] = share;
    m->total += share;
    return true;
}

bool mix_parse(const char *text, struct mix *ret, char why[MIX_WHY_BYTES])
{
    struct mix m = {0};
    for (const char *at = text;;) {
        size_t len = strcspn(at, ",");
        if (!add_part(&m, at, len, why)) {
            return false;
        }
        if (at[len] == '\0') {
            break;
        }
        at += len + 1;
    }
    if (m.total == 0) {
        return complain(why, "leaves nothing to do", text, strlen(text));
    }
    *ret = m;
    return true;
}

enum mix_op mix_at(const struct mix *m, uint64_t place)
{
    ASSERT(place < m->total);
    size_t op = 0;
    while (place >= m->shares[op]) {
        place -= m->shares[op];
        op++;
    }
    return (enum mix_op)op;
}

int64_t pace_due_ns(const struct pace *p, uint64_t number)
{
    return p->begin_ns + (int64_t)((double)number * 1e9 / p->per_second);
}
