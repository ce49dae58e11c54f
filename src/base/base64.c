// SPDX-License-Identifier: Apache-2.0
//
// Three bytes become four letters.
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
