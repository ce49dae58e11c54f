// SPDX-License-Identifier: Apache-2.0
//
// What port_files does with names rather than contents. file.c puts these into its table.
#ifndef PADDOCK_HOST_DIRECTORY_H
#define PADDOCK_HOST_DIRECTORY_H

#include "port/file.h"

// A call on `path` failed with this errno: trace it and map it.
enum err directory_failed(const struct port_files *fs, const char *call, const char *path,
                          int number);

enum err directory_info(struct port_files *fs, const char *path, struct port_file_info *ret);
enum err directory_list(struct port_files *fs, const char *dir,
                        void (*entry)(void *ctx, const char *name), void *ctx);
enum err directory_make(struct port_files *fs, const char *path);
enum err directory_rename(struct port_files *fs, const char *from, const char *to);
enum err directory_remove(struct port_files *fs, const char *path);
enum err directory_sync(struct port_files *fs, const char *path);
bool directory_is_writable(struct port_files *fs, const char *dir);

#endif
