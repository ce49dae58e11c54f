// SPDX-License-Identifier: Apache-2.0
//
// The lines of an export, one JSON object each: a header, the nodes, and an end that says how many
// there were and what their checksum is. docs/design/export-format.md is the contract of the
// format.
#ifndef PADDOCK_CLI_EXPORT_LINE_H
#define PADDOCK_CLI_EXPORT_LINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "cli/node_stream.h"

enum { EXPORT_VERSION = 1, EXPORT_WHY_BYTES = JSON_WHY_BYTES + 100 };

struct export_header {
    const char *source; // servers, as the user named them
    const char *path;   // of the exported root there
    int64_t zxid;       // the newest change seen when the export began
    int64_t time_ms;
    bool has_acl, has_ephemerals;
    bool has_kinds; // false: read through a server, which shows containers and TTLs to nobody
};

struct export_end {
    int64_t nodes, data_bytes;
    uint32_t crc32; // of all lines before this one, with their line ends
};

// Append one line with its line end.
void export_line_header(const struct export_header *h, struct buf *to);
void export_line_node(const struct node *n, struct buf *to);
void export_line_end(const struct export_end *end, struct buf *to);

enum export_line_kind { EXPORT_LINE_HEADER, EXPORT_LINE_NODE, EXPORT_LINE_END };

struct export_line {
    enum export_line_kind kind;
    struct export_header header;
    struct node node;
    struct export_end end;
};

// Memory: what `ret` points to is in `arena`.
// Errors: false, with what is wrong in `why`. A line is either understood whole or refused.
bool export_line_parse(struct slice line, struct arena *arena, struct export_line *ret,
                       char why[EXPORT_WHY_BYTES]);

#endif
