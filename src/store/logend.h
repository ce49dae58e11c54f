// SPDX-License-Identifier: Apache-2.0
//
// How far the log is known to have gone: the zxid of a record that was durable, in a small file of
// its own, `.paddock.end`. A log that ends before it has lost records, even where the loss looks
// like a write that a crash tore (sectors of zeros at the end). The note may lag behind the log,
// never be ahead of it: it is forgotten before the log is shortened on purpose.
//
// One sector, written in place: a crash leaves the old note or the new one. A damaged note says
// nothing.
// Thread: the log worker writes; others only while no txnlog is open.
#ifndef PADDOCK_STORE_LOGEND_H
#define PADDOCK_STORE_LOGEND_H

#include "port/file.h"
#include "store/error.h"

// `dir` is the version-2 folder of the log. Durable on return.
enum err logend_note(struct port_files *fs, const char *dir, int64_t zxid,
                     struct store_error *e) MUST_CHECK;

// -1 when there is no note, or none that can be read.
int64_t logend_read(struct port_files *fs, const char *dir);

// Durable on return.
enum err logend_forget(struct port_files *fs, const char *dir, struct store_error *e) MUST_CHECK;

#endif
