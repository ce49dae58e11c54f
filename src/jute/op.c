// SPDX-License-Identifier: Apache-2.0
//
// Facts about operation codes: the list of op.h as a table indexed by code. A code comes from the
// network, so each lookup answers for every integer.
#include "jute/op.h"

#include <stddef.h>

struct row {
    const char *name; // NULL in the gaps
    const char *last_name;
    enum op_kind kind;
};

enum { CODE_MIN = OP_CLOSE_SESSION, CODE_MAX = OP_WHO_AM_I };

static const struct row rows[CODE_MAX - CODE_MIN + 1] = {
#define X(name, code, java, lop, kind) [(code)-CODE_MIN] = {java, lop, OP_KIND_##kind},
    ZK_OPS(X)
#undef X
};

static const struct row *find_row(int32_t type)
{
    static const struct row none = {.name = NULL, .kind = OP_KIND_NONE};
    return type < CODE_MIN || type > CODE_MAX ? &none : &rows[type - CODE_MIN];
}

enum op_kind op_kind(int32_t type)
{
    return find_row(type)->kind;
}

const char *op_name(int32_t type)
{
    const char *name = find_row(type)->name;
    return name != NULL ? name : "unknown";
}

const char *op_last_name(int32_t type)
{
    const char *name = find_row(type)->last_name;
    return name != NULL ? name : "NA";
}
