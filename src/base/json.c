// SPDX-License-Identifier: Apache-2.0
//
// Escaping for JSON strings, one character at a time; a log line is short.
#include "base/json.h"

// Bytes of the well-formed UTF-8 sequence at the start of `s`, which is not empty; 0 when there is
// none. Source: RFC 3629, section 4 (no overlong forms, no surrogates, at most U+10FFFF).
static size_t utf8_sequence(struct slice s)
{
    uint8_t first = s.data[0];
    if (first < 0x80) {
        return 1;
    }
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || s.len < len) {
        return 0;
    }
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80; // of the second byte
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (s.data[1] < low || s.data[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

static void append_escape(struct buf *to, uint8_t c)
{
    switch (c) {
    case '"':
        buf_append_str(to, "\\\"");
        break;
    case '\\':
        buf_append_str(to, "\\\\");
        break;
    case '\n':
        buf_append_str(to, "\\n");
        break;
    case '\r':
        buf_append_str(to, "\\r");
        break;
    case '\t':
        buf_append_str(to, "\\t");
        break;
    default:
        buf_printf(to, "\\u%04x", c);
        break;
    }
}

static bool needs_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

void json_append_string(struct buf *to, struct slice text)
{
    if (slice_is_null(text)) {
        buf_append_str(to, "null");
        return;
    }
    buf_put_u8(to, '"');
    while (text.len > 0) {
        size_t len = utf8_sequence(text);
        if (len == 0) {
            buf_append_str(to, "\xef\xbf\xbd");
            len = 1;
        } else if (len == 1 && needs_escape(text.data[0])) {
            append_escape(to, text.data[0]);
        } else {
            buf_append(to, text.data, len);
        }
        text = slice_skip(text, len);
    }
    buf_put_u8(to, '"');
}
