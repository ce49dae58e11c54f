// SPDX-License-Identifier: Apache-2.0
//
// The uncompressed bytes of a snapshot file, in order: a window that slides over the file or over
// what comes out of the decompressor, with the Adler-32 of everything consumed.
#ifndef PADDOCK_STORE_SNAPSOURCE_H
#define PADDOCK_STORE_SNAPSOURCE_H

#include "base/slice.h"
#include "port/file.h"
#include "store/error.h"
#include "store/names.h"

struct snapsource;

// Memory: returns owned; borrows `fs`; about 1 MiB plus the longest peek.
enum err snapsource_open(struct port_files *fs, const char *path, enum names_method method,
                         struct snapsource **ret, struct store_error *e) MUST_CHECK;
void snapsource_close(struct snapsource *s); // NULL is legal

// Look at the next `len` bytes; fewer only at the end of the data.
// Memory: *ret is valid until the next peek.
// Errors: ERR_CORRUPT when the compressed form is damaged, those of port/file.h.
enum err snapsource_peek(struct snapsource *s, size_t len, struct slice *ret,
                         struct store_error *e) MUST_CHECK;
// Bytes in the window behind the consumed ones: what a peek gives without any work.
struct slice snapsource_window(const struct snapsource *s);
void snapsource_consume(struct snapsource *s, size_t len); // at most what was peeked

uint64_t snapsource_offset(const struct snapsource *s); // uncompressed bytes consumed
uint32_t snapsource_sum(struct snapsource *s);          // Adler-32 of them

#endif
