// SPDX-License-Identifier: Apache-2.0
//
// The names and texts of internal failures, from the one list in err.def.
#include "base/err.h"

#include <stddef.h>

static const char *const names[] = {
#define X(name, text) #name,
#include "base/err.def"
#undef X
};

static const char *const texts[] = {
#define X(name, text) text,
#include "base/err.def"
#undef X
};

_Static_assert(sizeof(names) / sizeof(names[0]) == ERR_COUNT, "one name per row");

// The row of `e` in the list, or ERR_COUNT when it has none.
static size_t row_of(enum err e)
{
    int row = -1001 - (int)e;
    return row >= 0 && row < ERR_COUNT ? (size_t)row : ERR_COUNT;
}

const char *err_name(enum err e)
{
    size_t row = row_of(e);
    if (row < ERR_COUNT) {
        return names[row];
    }
    return e == ERR_OK ? "OK" : "?";
}

const char *err_text(enum err e)
{
    size_t row = row_of(e);
    if (row < ERR_COUNT) {
        return texts[row];
    }
    return e == ERR_OK ? "no error" : "unknown error";
}
