// SPDX-License-Identifier: Apache-2.0
//
// Lines of a file or of the standard input, unpacked when they are packed by gzip.
#ifndef PADDOCK_CLI_LINE_SOURCE_H
#define PADDOCK_CLI_LINE_SOURCE_H

#include "base/buf.h"
#include "cli/cli.h"

// No line of an export is longer: a node of the biggest size that servers take, in base64.
enum { LINE_BYTES_MAX = 1 << 30 };

struct line_source;

// "-" is the standard input. NULL after cli_fail.
struct line_source *line_source_open(struct cli *c, const char *file);
void line_source_close(struct line_source *s); // NULL is legal

enum line_step { LINE_NEXT, LINE_END, LINE_FAILED };

// The next line without its end; valid until the next call. *ret_is_cut: the file ends within it.
// Errors: LINE_FAILED after cli_fail.
enum line_step line_source_next(struct line_source *s, struct slice *ret, bool *ret_is_cut);
uint64_t line_source_number(const struct line_source *s); // of the line returned last, from 1

#endif
