// SPDX-License-Identifier: Apache-2.0
//
// What was found wrong with a data directory, as data: each finding with its place, what it means,
// what to do, and how --repair would mend it.
#ifndef PADDOCK_CLI_DAMAGE_H
#define PADDOCK_CLI_DAMAGE_H

#include <stdbool.h>

#include "base/json.h"

enum damage_grade { DAMAGE_REMARK, DAMAGE_SELF, DAMAGE_REAL };

enum damage_kind {
#define X(KIND, name, grade, meaning, remedy) DAMAGE_##KIND,
#include "cli/damage.def"
#undef X
};

enum damage_repair {
    REPAIR_NONE,
    REPAIR_MOVE,     // the file goes to damaged-<time>
    REPAIR_REWRITE,  // a log with its intact transactions only; the old file is kept there
    REPAIR_RENAME,   // a log to the name of its first transaction
    REPAIR_EPOCH,    // the epoch file gets the value `number`
    REPAIR_SNAPSHOT, // an empty snapshot.0 in front of a whole log
};

enum { DAMAGE_WHAT_BYTES = 400 };

struct damage {
    enum damage_kind kind;
    enum damage_repair repair;
    bool is_lossy;  // the repair gives up transactions that were acknowledged
    char *file;     // owned; the path
    bool has_place; // offset to end_offset of the file
    uint64_t offset, end_offset;
    int64_t number; // REPAIR_EPOCH: the value; REPAIR_RENAME: the zxid
    char what[DAMAGE_WHAT_BYTES];
};

struct damage_list {
    struct damage *items;
    size_t count, cap;
};

const char *damage_name(enum damage_kind kind);
enum damage_grade damage_grade(enum damage_kind kind);

// Add one; the returned item may be completed until the next call.
struct damage *damage_add(struct damage_list *l, enum damage_kind kind, const char *file,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
void damage_at(struct damage *d, uint64_t offset, uint64_t end_offset);
void damage_list_fini(struct damage_list *l);

// How many there are of this grade or a worse one.
size_t damage_count(const struct damage_list *l, enum damage_grade grade);

// "torn-tail  /d/version-2/log.5: offset 12 to 40: an incomplete transaction\n", then what it means
// and what to do on lines of their own.
void damage_text(const struct damage *d, struct buf *append);
struct json *damage_json(const struct damage *d); // owned

#endif
