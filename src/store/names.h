// SPDX-License-Identifier: Apache-2.0
//
// Names of the files in a version-2 directory: log.<hex> and snapshot.<hex>[.gz|.snappy],
// where hex is the zxid, and the order among them, which is numeric. A name that is not exactly of
// these forms is not ours: it is never read and never deleted.
// Source: Util.getZxidFromName, SnapStream.getStreamMode. Differs: Java also takes
// "log.5.bak" and "snapshot.5.tmp" for files of zxid 5; we do not.
#ifndef PADDOCK_STORE_NAMES_H
#define PADDOCK_STORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "port/file.h"
#include "store/error.h"

enum names_method { NAMES_PLAIN, NAMES_GZ, NAMES_SNAPPY };
enum names_kind { NAMES_OTHER, NAMES_LOG, NAMES_SNAPSHOT, NAMES_SNAPSHOT_TMP };

enum { NAMES_BYTES_MAX = 48 }; // the longest: "snapshot." + 16 digits + ".snappy.tmp" and a zero

struct names_file {
    enum names_kind kind;
    enum names_method method; // of a snapshot
    int64_t zxid;             // >= 0
    char name[NAMES_BYTES_MAX];
};

// What `name` is; only for the kinds other than NAMES_OTHER the rest of *ret is filled.
// NAMES_SNAPSHOT_TMP is a snapshot that was being written when its server died.
enum names_kind names_parse(const char *name, struct names_file *ret);
void names_print_log(int64_t zxid, char ret[NAMES_BYTES_MAX]);
void names_print_snapshot(int64_t zxid, enum names_method method, char ret[NAMES_BYTES_MAX]);

// "gz", "snappy" (any case); everything else means plain. Source: SnapStream.StreamMode.fromString.
enum names_method names_method_parse(const char *text);

// A growing list of files; sort is ascending by zxid, then by name.
struct names_list {
    struct names_file *items;
    size_t count, cap;
};
void names_list_add(struct names_list *l, const struct names_file *f);
void names_list_sort(struct names_list *l);
void names_list_fini(struct names_list *l);

// The files of one kind in a directory, sorted. `ret` is initialised here, also on failure.
enum err names_list_dir(struct port_files *fs, const char *dir, enum names_kind kind,
                        struct names_list *ret, struct store_error *e) MUST_CHECK;

// Set `to` to "dir/name" and return it as a C string, valid until the next change of `to`.
const char *names_join(struct buf *to, const char *dir, const char *name);

#endif
