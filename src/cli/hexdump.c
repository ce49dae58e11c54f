// SPDX-License-Identifier: Apache-2.0
//
// Three columns: offset, hexadecimal, and what is printable ASCII.
#include "cli/hexdump.h"

enum { ROW_BYTES = 16 };

static const char head[] = "         +-------------------------------------------------+\n"
                           "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n";
static const char line[] =
    "+--------+-------------------------------------------------+----------------+";

static void row(struct slice bytes, size_t offset, struct buf *to)
{
    size_t left = bytes.len - offset, len = left < ROW_BYTES ? left : ROW_BYTES;
    buf_printf(to, "|%08zx|", offset);
    for (size_t i = 0; i < ROW_BYTES; i++) {
        if (i < len) {
            buf_printf(to, " %02x", bytes.data[offset + i]);
        } else {
            buf_append_str(to, "   ");
        }
    }
    buf_append_str(to, " |");
    for (size_t i = 0; i < ROW_BYTES; i++) {
        uint8_t c = i < len ? bytes.data[offset + i] : ' ';
        buf_put_u8(to, c > 0x1f && c < 0x7f ? c : '.');
    }
    buf_append_str(to, "|\n");
}

void hexdump(struct slice bytes, struct buf *append)
{
    if (bytes.len == 0) {
        return;
    }
    buf_append_str(append, head);
    buf_printf(append, "%s\n", line);
    for (size_t offset = 0; offset < bytes.len; offset += ROW_BYTES) {
        row(bytes, offset, append);
    }
    buf_append_str(append, line);
}
