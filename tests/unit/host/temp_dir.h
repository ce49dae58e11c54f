// SPDX-License-Identifier: Apache-2.0
//
// A directory of a test's own, removed with everything in it.
#ifndef PADDOCK_TESTS_UNIT_HOST_TEMP_DIR_H
#define PADDOCK_TESTS_UNIT_HOST_TEMP_DIR_H

enum { TEMP_PATH_BYTES = 256 };

struct temp_dir {
    char path[TEMP_PATH_BYTES / 4];
};

void temp_dir_make(struct temp_dir *d);
void temp_dir_remove(const struct temp_dir *d);
// `name` inside the directory.
const char *temp_path(const struct temp_dir *d, const char *name, char to[TEMP_PATH_BYTES]);

#endif
