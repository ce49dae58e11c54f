// SPDX-License-Identifier: Apache-2.0
//
// mkdtemp and nftw.
#include "tests/unit/host/temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void temp_dir_make(struct temp_dir *d)
{
    (void)snprintf(d->path, sizeof(d->path), "/tmp/paddock-test-XXXXXX");
    assert_non_null(mkdtemp(d->path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void temp_dir_remove(const struct temp_dir *d)
{
    assert_int_equal(nftw(d->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *temp_path(const struct temp_dir *d, const char *name, char to[TEMP_PATH_BYTES])
{
    (void)snprintf(to, TEMP_PATH_BYTES, "%s/%s", d->path, name);
    return to;
}
