// SPDX-License-Identifier: Apache-2.0
//
// Addresses and prefixes as Java reads them.
#include "server/ip_match.h"

#include <stdint.h>

enum { V4_BYTES = 4, V6_BYTES = 16, V6_GROUPS = 8, V6_GROUP_DIGITS = 4 };

struct ip {
    uint8_t bytes[V6_BYTES];
    unsigned len; // V4_BYTES or V6_BYTES
};

// The piece of `s` before the first `separator`, and the rest behind it; false without separator.
static bool split(struct slice s, char separator, struct slice *ret_head, struct slice *ret_tail)
{
    const uint8_t *at = s.len > 0 ? memchr(s.data, separator, s.len) : NULL;
    if (at == NULL) {
        *ret_head = s;
        return false;
    }
    *ret_head = slice_of(s.data, (size_t)(at - s.data));
    *ret_tail = slice_skip(s, ret_head->len + 1);
    return true;
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Integer.parseInt: an optional sign, then digits; false when it does not fit in an int.
static bool parse_int(struct slice s, int radix, int32_t *ret)
{
    bool is_negative = s.len > 0 && s.data[0] == '-';
    size_t at = is_negative || (s.len > 0 && s.data[0] == '+') ? 1 : 0;
    if (at >= s.len) {
        return false;
    }
    int64_t value = 0;
    for (; at < s.len; at++) {
        int digit = digit_value(s.data[at]);
        if (digit < 0 || digit >= radix) {
            return false;
        }
        value = value * radix + digit;
        if (value > (int64_t)INT32_MAX + (is_negative ? 1 : 0)) {
            return false;
        }
    }
    *ret = (int32_t)(is_negative ? -value : value);
    return true;
}

static bool parse_v4(struct slice text, struct ip *ret)
{
    ret->len = V4_BYTES;
    struct slice rest = text;
    for (unsigned i = 0; i < V4_BYTES; i++) {
        struct slice part;
        bool has_more = split(rest, '.', &part, &rest);
        int32_t value;
        if (has_more != (i + 1 < V4_BYTES) || !parse_int(part, 10, &value)) {
            return false;
        }
        if (value < 0 || value > UINT8_MAX) {
            return false;
        }
        ret->bytes[i] = (uint8_t)value;
    }
    return true;
}

// Groups separated by ':' into `to`; the number of groups, or -1.
static int parse_groups(struct slice text, uint16_t to[V6_GROUPS])
{
    int count = 0;
    bool has_more = text.len > 0;
    struct slice rest = text;
    while (has_more) {
        struct slice part;
        has_more = split(rest, ':', &part, &rest);
        int32_t value;
        if (count == V6_GROUPS || part.len == 0 || part.len > V6_GROUP_DIGITS ||
            !parse_int(part, 16, &value)) {
            return -1;
        }
        to[count++] = (uint16_t)value; // a sign wraps, as in Java
    }
    return count;
}

static const uint8_t *find_double_colon(struct slice text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.data[i] == ':' && text.data[i + 1] == ':') {
            return text.data + i;
        }
    }
    return NULL;
}

static void store_groups(struct ip *ip, unsigned at, const uint16_t *groups, int count)
{
    for (int i = 0; i < count; i++) {
        ip->bytes[at++] = (uint8_t)(groups[i] >> 8);
        ip->bytes[at++] = (uint8_t)groups[i];
    }
}

static bool parse_v6(struct slice text, struct ip *ret)
{
    uint16_t head[V6_GROUPS];
    uint16_t tail[V6_GROUPS];
    *ret = (struct ip){.len = V6_BYTES};
    const uint8_t *gap = find_double_colon(text);
    if (gap == NULL) {
        int count = parse_groups(text, head);
        store_groups(ret, 0, head, count == V6_GROUPS ? count : 0);
        return count == V6_GROUPS;
    }
    size_t head_len = (size_t)(gap - text.data);
    struct slice behind = slice_skip(text, head_len + 2);
    if (find_double_colon(behind) != NULL) {
        return false;
    }
    int head_count = parse_groups(slice_of(text.data, head_len), head);
    int tail_count = parse_groups(behind, tail);
    if (head_count < 0 || tail_count < 0 || head_count + tail_count >= V6_GROUPS) {
        return false;
    }
    store_groups(ret, 0, head, head_count);
    store_groups(ret, (unsigned)(V6_BYTES - 2 * tail_count), tail, tail_count);
    return true;
}

static bool parse_address(struct slice text, struct ip *ret)
{
    if (text.len > 0 && memchr(text.data, ':', text.len) != NULL) {
        return parse_v6(text, ret);
    }
    return parse_v4(text, ret);
}

static bool parse_pattern(struct slice text, struct ip *ret, int32_t *ret_bits)
{
    struct slice address;
    struct slice bits;
    bool has_bits = split(text, '/', &address, &bits);
    if (!parse_address(address, ret)) {
        return false;
    }
    *ret_bits = (int32_t)ret->len * 8;
    int32_t given;
    if (!has_bits) {
        return true;
    }
    if (!parse_int(bits, 10, &given) || given < 0 || given > *ret_bits) {
        return false;
    }
    *ret_bits = given;
    return true;
}

bool ip_is_valid(struct slice text)
{
    struct ip ip;
    int32_t bits;
    return parse_pattern(text, &ip, &bits);
}

static bool has_same_prefix(const struct ip *a, const struct ip *b, int32_t bits)
{
    size_t whole = (size_t)bits / 8;
    if (memcmp(a->bytes, b->bytes, whole) != 0) {
        return false;
    }
    unsigned rest = (unsigned)bits % 8;
    return rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

bool ip_matches(struct slice peer, struct slice pattern)
{
    struct ip address;
    struct ip wanted;
    int32_t bits;
    if (!parse_pattern(pattern, &wanted, &bits) || !parse_address(peer, &address)) {
        return false;
    }
    return address.len == wanted.len && has_same_prefix(&address, &wanted, bits);
}
