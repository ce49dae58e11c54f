// SPDX-License-Identifier: Apache-2.0
//
// The text of a failure, formatted once where it is found.
#include "store/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

bool store_is_of_system(enum err err)
{
    return err == ERR_IO || err == ERR_NO_SPACE || err == ERR_ACCESS || err == ERR_READ_ONLY ||
           err == ERR_TOO_MANY_FILES || err == ERR_NO_MEMORY;
}

enum err store_fail(struct store_error *e, enum err code, const char *format, ...)
{
    ASSERT(code != ERR_OK);
    if (e != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(e->text, sizeof e->text, format, args);
        va_end(args);
    }
    return code;
}
