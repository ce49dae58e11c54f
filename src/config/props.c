// SPDX-License-Identifier: Apache-2.0
//
// Properties syntax in two steps: find the physical lines that make one logical line, then walk
// over its characters, where a backslash at the end of a physical line continues it and blanks at
// the beginning of the continuation are dropped.
#include "config/props.h"

#include "base/assert.h"

enum { CHAR_END = -1, CHAR_BAD = -2 };

// One decoded character of a logical line.
struct character {
    int code;        // UTF-16 unit, CHAR_END or CHAR_BAD
    bool is_escaped; // came from a backslash, so it separates nothing
};

void props_init(struct props_reader *r, struct slice text)
{
    r->rest = text;
    r->next_line = 1;
    r->is_utf8 = false;
    buf_init(&r->text);
}

void props_init_utf8(struct props_reader *r, struct slice text)
{
    props_init(r, text);
    r->is_utf8 = true;
}

void props_fini(struct props_reader *r)
{
    buf_fini(&r->text);
}

struct slice props_trim(struct slice s)
{
    while (s.len > 0 && s.data[0] <= ' ') {
        s = slice_skip(s, 1);
    }
    while (s.len > 0 && s.data[s.len - 1] <= ' ') {
        s.len--;
    }
    return s;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool is_line_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

// Step over one line end: LF, CR or CR LF.
static void skip_line_end(struct props_reader *r)
{
    if (r->rest.len == 0) {
        return;
    }
    bool is_pair = r->rest.data[0] == '\r' && r->rest.len > 1 && r->rest.data[1] == '\n';
    r->rest = slice_skip(r->rest, is_pair ? 2 : 1);
    r->next_line++;
}

static void skip_blanks(struct props_reader *r)
{
    while (r->rest.len > 0 && is_blank(r->rest.data[0])) {
        r->rest = slice_skip(r->rest, 1);
    }
}

// Skip blank lines and comments; true when a logical line begins at `rest`.
static bool find_entry(struct props_reader *r)
{
    while (r->rest.len > 0) {
        skip_blanks(r);
        if (r->rest.len == 0) {
            return false;
        }
        uint8_t c = r->rest.data[0];
        if (c == '#' || c == '!') {
            while (r->rest.len > 0 && !is_line_end(r->rest.data[0])) {
                r->rest = slice_skip(r->rest, 1);
            }
        } else if (!is_line_end(c)) {
            return true;
        }
        skip_line_end(r);
    }
    return false;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static int read_unicode(struct props_reader *r)
{
    if (r->rest.len < 4) {
        return CHAR_BAD;
    }
    int code = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(r->rest.data[i]);
        if (digit < 0) {
            return CHAR_BAD;
        }
        code = code * 16 + digit;
    }
    r->rest = slice_skip(r->rest, 4);
    return code;
}

// What follows a backslash that does not end its line.
static int read_escape(struct props_reader *r)
{
    uint8_t c = r->rest.data[0];
    r->rest = slice_skip(r->rest, 1);
    switch (c) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'f':
        return '\f';
    case 'u':
        return read_unicode(r);
    default:
        return c;
    }
}

static struct character read_character(struct props_reader *r)
{
    while (r->rest.len > 0) {
        uint8_t c = r->rest.data[0];
        if (is_line_end(c)) {
            skip_line_end(r);
            break;
        }
        r->rest = slice_skip(r->rest, 1);
        if (c != '\\') {
            return (struct character){.code = c};
        }
        if (r->rest.len == 0) {
            break; // a backslash at the very end stands for nothing
        }
        if (!is_line_end(r->rest.data[0])) {
            return (struct character){.code = read_escape(r), .is_escaped = true};
        }
        skip_line_end(r);
        skip_blanks(r);
    }
    return (struct character){.code = CHAR_END};
}

// Append a UTF-16 unit as UTF-8; a low surrogate joins the high one that was appended before it.
static void append_unit(struct buf *b, int code)
{
    unsigned u = (unsigned)code;
    if (u >= 0xdc00 && u < 0xe000 && b->len >= 3) {
        const uint8_t *p = b->data + b->len - 3;
        if (p[0] == 0xed && p[1] >= 0xa0 && p[1] < 0xb0) {
            unsigned high = (unsigned)(p[1] & 0x0f) << 6 | (p[2] & 0x3f);
            b->len -= 3;
            u = 0x10000 + (high << 10) + (u - 0xdc00);
        }
    }
    if (u < 0x80) {
        buf_put_u8(b, (uint8_t)u);
    } else if (u < 0x800) {
        buf_put_u8(b, (uint8_t)(0xc0 | u >> 6));
        buf_put_u8(b, (uint8_t)(0x80 | (u & 0x3f)));
    } else if (u < 0x10000) {
        buf_put_u8(b, (uint8_t)(0xe0 | u >> 12));
        buf_put_u8(b, (uint8_t)(0x80 | (u >> 6 & 0x3f)));
        buf_put_u8(b, (uint8_t)(0x80 | (u & 0x3f)));
    } else {
        buf_put_u8(b, (uint8_t)(0xf0 | u >> 18));
        buf_put_u8(b, (uint8_t)(0x80 | (u >> 12 & 0x3f)));
        buf_put_u8(b, (uint8_t)(0x80 | (u >> 6 & 0x3f)));
        buf_put_u8(b, (uint8_t)(0x80 | (u & 0x3f)));
    }
}

static void append(struct props_reader *r, struct character c)
{
    if (r->is_utf8 && !c.is_escaped) {
        buf_put_u8(&r->text, (uint8_t)c.code); // a byte of a sequence
    } else {
        append_unit(&r->text, c.code);
    }
}

static bool is_separator(struct character c)
{
    return !c.is_escaped && (c.code == '=' || c.code == ':');
}

static bool is_space(struct character c)
{
    return !c.is_escaped && (c.code == ' ' || c.code == '\t' || c.code == '\f');
}

// The key ends at the first blank, '=' or ':'; one '=' or ':' between blanks belongs to neither.
// Returns the first character of the value.
static struct character read_key(struct props_reader *r)
{
    struct character c = read_character(r);
    while (c.code >= 0 && !is_separator(c) && !is_space(c)) {
        append(r, c);
        c = read_character(r);
    }
    bool seen_separator = false;
    while (is_space(c) || (is_separator(c) && !seen_separator)) {
        seen_separator = seen_separator || is_separator(c);
        c = read_character(r);
    }
    return c;
}

enum err props_next(struct props_reader *r, struct props_entry *ret)
{
    if (!find_entry(r)) {
        return ERR_NOT_FOUND;
    }
    buf_clear(&r->text);
    unsigned line = r->next_line;
    struct character c = read_key(r);
    size_t key_len = r->text.len;
    while (c.code >= 0) {
        append(r, c);
        c = read_character(r);
    }
    ret->line = line;
    if (c.code == CHAR_BAD) {
        return ERR_MALFORMED;
    }
    ASSERT(key_len <= r->text.len);
    struct slice all = buf_slice(&r->text);
    ret->key = props_trim(slice_of(all.data, key_len));
    ret->value = props_trim(slice_skip(all, key_len));
    return ERR_OK;
}
