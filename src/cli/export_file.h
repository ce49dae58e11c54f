// SPDX-License-Identifier: Apache-2.0
//
// The bytes of an export: lines out to a file or a stream, packed when asked for, and lines in from
// either, unpacked when they are packed. Both keep the checksum that the last line holds.
#ifndef PADDOCK_CLI_EXPORT_FILE_H
#define PADDOCK_CLI_EXPORT_FILE_H

#include "cli/export_line.h"

// ---- writing ----

struct export_writer;

// To FILE, which has its name only when it is whole ("FILE.part" before), packed when that ends in
// .gz; or to c->out for NULL and "-". NULL after cli_fail.
struct export_writer *export_writer_open(struct cli *c, const char *file);

// CLI_DONE, or after cli_fail; then only close is legal.
int export_writer_header(struct export_writer *w, const struct export_header *h);
int export_writer_node(struct export_writer *w, const struct node *n);
int export_writer_finish(struct export_writer *w); // the last line; durable under its name

void export_writer_counts(const struct export_writer *w, struct export_end *ret);
void export_writer_close(struct export_writer *w); // removes what is not whole; NULL is legal

// ---- reading ----

// In a file that was edited by hand, count and checksum of the last line are not looked at.
struct export_reader;
struct export_reader *export_reader_open(struct cli *c, const char *file, bool is_edited);

enum export_step { EXPORT_NEXT, EXPORT_END, EXPORT_FAILED };

// The next node; valid until the next call. The end was reached only if everything fits: header,
// order (a node behind its parent, siblings sorted), count, checksum.
// Errors: EXPORT_FAILED after cli_fail with `FILE:LINE: why`.
enum export_step export_reader_next(struct export_reader *r, struct node *ret);
const struct export_header *export_reader_header(const struct export_reader *r); // or NULL
uint64_t export_reader_line(const struct export_reader *r); // of what was read last, from 1
void export_reader_close(struct export_reader *r);          // NULL is legal

// Look at the whole file before anything is done with it: CLI_DONE and how many nodes it has, or
// after cli_fail with the line. A file whose checksum fits is not parsed. Not for "-".
int export_file_check(struct cli *c, const char *file, bool is_edited, uint64_t *ret_nodes);

#endif
