// SPDX-License-Identifier: Apache-2.0
//
// How far the log is known to have gone, in a small file of its own, `paddock.end`: the zxid of a
// record that was durable, and some that ended, or nearly ended, earlier files. A log that lacks
// one of them has lost records, even where the loss looks like a write that a crash tore (sectors
// of zeros at the end). The note may lag behind the log, never be ahead of it: it is forgotten
// before the log is shortened on purpose.
//
// One sector, written in place: a crash leaves the old note or the new one. A damaged note, and one
// that a disk tore all the same, says nothing.
// Thread: the log worker writes; others only while no txnlog is open.
#ifndef PADDOCK_STORE_LOGEND_H
#define PADDOCK_STORE_LOGEND_H

#include "port/file.h"
#include "store/error.h"

enum { LOGEND_MARKS = 16 };

struct logend {
    int64_t end;                 // -1: nothing is known
    int64_t marks[LOGEND_MARKS]; // of earlier files, ascending, below `end`
    size_t mark_count;
};

// `dir` is the version-2 folder of the log. Durable on return.
enum err logend_note(struct port_files *fs, const char *dir, const struct logend *note,
                     struct store_error *e) MUST_CHECK;

// What the note says; `end` is -1 when there is none, or a damaged one.
// Errors: those of port/file.h but ERR_NOT_FOUND; *ret is then as if there were none.
enum err logend_read(struct port_files *fs, const char *dir, struct logend *ret,
                     struct store_error *e) MUST_CHECK;

// Durable on return.
enum err logend_forget(struct port_files *fs, const char *dir, struct store_error *e) MUST_CHECK;

// ---- the note being kept (pure) ----

// A file ended behind `end`, or an earlier process did: it becomes a mark, for the oldest if need
// be.
void logend_mark(struct logend *note);

#endif
