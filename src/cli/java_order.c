// SPDX-License-Identifier: Apache-2.0
//
// A table is built as Java builds it, with chains of places instead of nodes.
#include "cli/java_order.h"

#include "base/mem.h"
#include "jute/utf8.h"

enum { TREEIFY_AT = 8, TREE_TABLE_MIN = 64 };
static const size_t none = SIZE_MAX;

// ---- hashes ----

static uint32_t add_unit(uint32_t hash, uint32_t unit)
{
    return hash * 31 + unit;
}

uint32_t java_string_hash(struct slice utf8)
{
    uint8_t *copy = NULL;
    size_t room = utf8_repair_room(utf8);
    if (room > 0) {
        copy = mem_alloc(room);
        utf8 = utf8_repair(utf8, copy);
    }
    uint32_t hash = 0;
    for (const uint8_t *p = utf8.data, *end = p + utf8.len; p < end;) {
        size_t len = utf8_char_len(p, end);
        uint32_t c = utf8_char(p, len);
        if (c >= 0x10000) {
            hash = add_unit(hash, 0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        hash = add_unit(hash, c);
        p += len;
    }
    mem_free(copy);
    return hash;
}

uint32_t java_long_hash(int64_t value)
{
    return (uint32_t)((uint64_t)value ^ (uint64_t)value >> 32);
}

// ---- the table ----

struct table {
    size_t *heads, *tails, *lengths; // of the buckets
    size_t *next;                    // of each place: the following one in its bucket
    uint32_t size;
};

static void append(struct table *t, const uint32_t *hashes, size_t place)
{
    uint32_t hash = hashes[place] ^ hashes[place] >> 16; // HashMap.hash
    size_t bucket = hash & (t->size - 1);
    t->next[place] = none;
    if (t->lengths[bucket]++ == 0) {
        t->heads[bucket] = place;
    } else {
        t->next[t->tails[bucket]] = place;
    }
    t->tails[bucket] = place;
}

// A larger table keeps the order within buckets, so it is the table of that size filled anew.
static void rebuild(struct table *t, const uint32_t *hashes, size_t count, uint32_t size)
{
    t->size = size;
    t->heads = mem_realloc(t->heads, size * sizeof(*t->heads));
    t->tails = mem_realloc(t->tails, size * sizeof(*t->tails));
    t->lengths = mem_realloc(t->lengths, size * sizeof(*t->lengths));
    memset(t->lengths, 0, size * sizeof(*t->lengths));
    for (size_t i = 0; i < count; i++) {
        append(t, hashes, i);
    }
}

void java_order(const uint32_t *hashes, size_t count, uint32_t table, size_t *ret_order)
{
    struct table t = {.next = mem_alloc(count * sizeof(*t.next))};
    rebuild(&t, hashes, 0, table);
    for (size_t i = 0; i < count; i++) {
        append(&t, hashes, i);
        uint32_t hash = hashes[i] ^ hashes[i] >> 16;
        bool is_long = t.lengths[hash & (t.size - 1)] > TREEIFY_AT && t.size < TREE_TABLE_MIN;
        uint32_t size = t.size << (is_long ? 1 : 0);
        size <<= i + 1 > (size_t)size / 4 * 3 ? 1 : 0;
        if (size != t.size) {
            rebuild(&t, hashes, i + 1, size);
        }
    }
    size_t at = 0;
    for (size_t bucket = 0; bucket < t.size; bucket++) {
        size_t place = t.lengths[bucket] > 0 ? t.heads[bucket] : none;
        for (; place != none; place = t.next[place]) {
            ret_order[at++] = place;
        }
    }
    mem_free(t.heads);
    mem_free(t.tails);
    mem_free(t.lengths);
    mem_free(t.next);
}

// ---- comparing ----

// In UTF-16 the characters behind U+FFFF begin with a surrogate, below U+E000 to U+FFFF.
static int rank(uint8_t byte)
{
    return byte >= 0xf0 ? 0xed * 2 + 1 : byte * 2;
}

int java_compare(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < len; i++) {
        if (a.data[i] != b.data[i]) {
            int difference = rank(a.data[i]) - rank(b.data[i]);
            return difference != 0 ? difference : a.data[i] - b.data[i];
        }
    }
    return a.len < b.len ? -1 : a.len > b.len;
}
