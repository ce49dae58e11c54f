// SPDX-License-Identifier: Apache-2.0
//
// Three bytes become four letters, and back.
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static uint32_t byte_at(struct slice s, size_t i)
{
    return i < s.len ? s.data[i] : 0;
}

void base64_encode(struct slice bytes, struct buf *append)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        uint32_t v = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        size_t left = bytes.len - i;
        buf_put_u8(append, (uint8_t)letters[v >> 18]);
        buf_put_u8(append, (uint8_t)letters[v >> 12 & 63]);
        buf_put_u8(append, left > 1 ? (uint8_t)letters[v >> 6 & 63] : '=');
        buf_put_u8(append, left > 2 ? (uint8_t)letters[v & 63] : '=');
    }
}

// The value of a letter; 64 for any other character.
static uint32_t value_of(uint8_t c)
{
    uint32_t v = c >= 'A' && c <= 'Z'   ? (uint32_t)(c - 'A')
                 : c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a') + 26
                 : c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 52
                 : c == '+'             ? 62
                 : c == '/'             ? 63
                                        : 64;
    return v;
}

// One group at `p` of which `count` letters (2 to 4) carry bits.
static bool decode_group(const uint8_t *p, size_t count, struct buf *append)
{
    uint32_t v = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = value_of(p[i]);
        if (bits == 64) {
            return false;
        }
        v |= bits << (18 - 6 * i);
    }
    uint32_t unused = count == 2 ? 0xffff : count == 3 ? 0xff : 0;
    if ((v & unused) != 0) {
        return false;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        buf_put_u8(append, (uint8_t)(v >> (16 - 8 * i)));
    }
    return true;
}

bool base64_decode(struct slice text, struct buf *append)
{
    size_t before = append->len;
    bool is_good = text.len % 4 == 0;
    for (size_t i = 0; is_good && i < text.len; i += 4) {
        const uint8_t *p = text.data + i;
        bool is_last = i + 4 == text.len;
        size_t padding = is_last && p[3] == '=' ? (p[2] == '=' ? 2 : 1) : 0;
        is_good = decode_group(p, 4 - padding, append);
    }
    if (!is_good) {
        append->len = before;
    }
    return is_good;
}
