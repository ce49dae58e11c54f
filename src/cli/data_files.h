// SPDX-License-Identifier: Apache-2.0
//
// The files that a command about logs or snapshots was given: single ones, or all of a kind in a
// data directory (with or without its version-2), in the order of their zxids.
#ifndef PADDOCK_CLI_DATA_FILES_H
#define PADDOCK_CLI_DATA_FILES_H

#include "cli/cli.h"
#include "store/names.h"

// Larger transactions and strings are taken for damage.
enum { DATA_FILES_BYTES_MAX = 64 * 1024 * 1024 };

struct data_files {
    char **paths; // owned
    size_t count, cap;
};

// Adds each parameter of the call, or the files of `kind` in it when it is a directory.
// CLI_DONE, or after cli_fail CLI_TROUBLE, CLI_NO when a directory holds none.
int data_files_add(struct cli *c, struct data_files *l, const struct cli_call *call,
                   enum names_kind kind);
void data_files_fini(struct data_files *l);

const char *data_files_name(const char *path); // behind the last slash
// The compression by the name's extension, as every server tells it.
enum names_method data_files_method(const char *path);
// The zxid in the name `log.<hex>` or `snapshot.<hex>...`; -1 when it holds none.
int64_t data_files_zxid(const char *path, const char *prefix);

#endif
