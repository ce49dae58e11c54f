// SPDX-License-Identifier: Apache-2.0
//
// Nearly every string is ASCII, so eight bytes are looked at together; only where one has its top
// bit set, characters are taken one by one.
#include "jute/utf8.h"

#include "base/assert.h"

static const uint8_t replacement[3] = {0xef, 0xbf, 0xbd}; // U+FFFD
static const uint64_t top_bits = UINT64_C(0x8080808080808080);

static uint64_t word_at(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

// Bytes before the first one that is not ASCII.
static size_t ascii_prefix(const uint8_t *p, size_t len)
{
    size_t at = 0;
    while (len - at >= 8) {
        uint64_t high = word_at(p + at) & top_bits;
        if (high != 0) {
            return at + (size_t)__builtin_ctzll(high) / 8; // little endian: lowest byte is first
        }
        at += 8;
    }
    while (at < len && p[at] < 0x80) {
        at += 1;
    }
    return at;
}

bool utf8_is_ascii(struct slice s)
{
    uint64_t seen = 0;
    if (s.len < 8) {
        for (size_t at = 0; at < s.len; at++) {
            seen |= s.data[at];
        }
        return (seen & 0x80) == 0;
    }
    for (size_t at = 0; at < s.len - 8; at += 8) {
        seen |= word_at(s.data + at);
    }
    seen |= word_at(s.data + s.len - 8); // the last word overlaps the one before
    return (seen & top_bits) == 0;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

// Bytes of the character that `lead` opens; 0 when it opens none.
static size_t announced_len(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xc2 || lead > 0xf4) {
        return 0;
    }
    return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// True if a second byte makes a character that has no shorter form and is at most U+10FFFF.
// Surrogates pass: Java tells them apart only when all three bytes are there.
static bool may_be_second(uint8_t lead, uint8_t second)
{
    if (!is_continuation(second)) {
        return false;
    }
    switch (lead) {
    case 0xe0:
        return second >= 0xa0;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second <= 0x8f;
    default:
        return true;
    }
}

static bool is_surrogate(const uint8_t *p)
{
    return p[0] == 0xed && p[1] >= 0xa0;
}

// Bytes at `p` that begin a character, at most as many as it has; 1 when they begin none.
static size_t run_len(const uint8_t *p, const uint8_t *end)
{
    size_t want = announced_len(p[0]);
    size_t have = (size_t)(end - p) < want ? (size_t)(end - p) : want;
    if (have < 2 || !may_be_second(p[0], p[1])) {
        return 1;
    }
    size_t len = 2;
    while (len < have && is_continuation(p[len])) {
        len += 1;
    }
    return len;
}

size_t utf8_char_len(const uint8_t *p, const uint8_t *end)
{
    size_t len = run_len(p, end);
    return len == announced_len(p[0]) && !(len == 3 && is_surrogate(p)) ? len : 0;
}

uint32_t utf8_char(const uint8_t *p, size_t len)
{
    if (len == 1) {
        return p[0];
    }
    uint32_t c = p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | (p[i] & 0x3fu);
    }
    return c;
}

// Bytes before the first malformed run.
static size_t valid_prefix(const uint8_t *p, size_t len)
{
    size_t at = 0;
    while (true) {
        at += ascii_prefix(p + at, len - at);
        if (at == len) {
            return len;
        }
        size_t step = utf8_char_len(p + at, p + len);
        if (step == 0) {
            return at;
        }
        at += step;
    }
}

size_t utf8_repair_room(struct slice s)
{
    size_t valid = slice_is_null(s) ? 0 : valid_prefix(s.data, s.len);
    // At worst each byte behind the prefix is a malformed run of its own.
    return valid == s.len ? 0 : valid + (s.len - valid) * sizeof(replacement);
}

struct slice utf8_repair(struct slice s, uint8_t *to)
{
    const uint8_t *from = s.data;
    const uint8_t *end = s.data + s.len;
    uint8_t *start = to;
    while (true) {
        size_t valid = valid_prefix(from, (size_t)(end - from));
        memcpy(to, from, valid);
        to += valid;
        from += valid;
        if (from == end) {
            return slice_of(start, (size_t)(to - start));
        }
        memcpy(to, replacement, sizeof(replacement));
        to += sizeof(replacement);
        from += run_len(from, end);
    }
}
