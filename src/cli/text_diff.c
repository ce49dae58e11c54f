// SPDX-License-Identifier: Apache-2.0
//
// Common lines at both ends are put aside; what is between them goes through the table of longest
// common subsequences when it is small enough.
#include "cli/text_diff.h"

#include "base/mem.h"

enum { CONTEXT_LINES = 1, CELLS_MAX = 1000 * 1000 };

struct lines {
    struct slice *items;
    size_t count;
};

static struct lines split(struct slice text)
{
    struct lines l = {0};
    size_t cap = 0;
    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        if (l.count == cap) {
            cap = 2 * cap + 16;
            l.items = mem_realloc(l.items, cap * sizeof(*l.items));
        }
        l.items[l.count++] = slice_of(text.data, len);
        text = slice_skip(text, end != NULL ? len + 1 : len);
    }
    return l;
}

struct diff {
    struct lines from, to;
    const char *before;
    struct buf *out;
};

static void put(const struct diff *d, char sign, struct slice line)
{
    buf_append_str(d->out, d->before);
    buf_put_u8(d->out, (uint8_t)sign);
    buf_append_slice(d->out, line);
    buf_put_u8(d->out, '\n');
}

// cells[i * (m + 1) + j]: the longest common subsequence of from[i..] and to[j..].
static void fill_cells(const struct slice *from, size_t n, const struct slice *to, size_t m,
                       uint32_t *cells)
{
    size_t width = m + 1;
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            uint32_t down = cells[(i + 1) * width + j], right = cells[i * width + j + 1];
            cells[i * width + j] = slice_equal(from[i], to[j]) ? cells[(i + 1) * width + j + 1] + 1
                                   : down > right              ? down
                                                               : right;
        }
    }
}

static void put_middle(const struct diff *d, const struct slice *from, size_t n,
                       const struct slice *to, size_t m)
{
    size_t i = 0, j = 0, width = m + 1;
    bool is_small = n == 0 || m == 0 || n + 1 <= CELLS_MAX / width;
    uint32_t *cells = is_small ? mem_zalloc((n + 1) * width * sizeof(*cells)) : NULL;
    if (is_small) {
        fill_cells(from, n, to, m, cells);
    }
    while (i < n || j < m) {
        if (is_small && i < n && j < m && slice_equal(from[i], to[j])) {
            put(d, ' ', from[i++]);
            j++;
        } else if (i < n && (j == m || !is_small ||
                             cells[(i + 1) * width + j] >= cells[i * width + j + 1])) {
            put(d, '-', from[i++]);
        } else {
            put(d, '+', to[j++]);
        }
    }
    mem_free(cells);
}

static bool has_line_end(struct slice text)
{
    return text.len == 0 || text.data[text.len - 1] == '\n';
}

void text_diff(struct slice from, struct slice to, const char *before, struct buf *append)
{
    struct diff d = {split(from), split(to), before, append};
    size_t same = 0, n = d.from.count, m = d.to.count;
    while (same < n && same < m && slice_equal(d.from.items[same], d.to.items[same])) {
        same++;
    }
    size_t end = 0;
    while (end < n - same && end < m - same &&
           slice_equal(d.from.items[n - 1 - end], d.to.items[m - 1 - end])) {
        end++;
    }
    bool is_different = same + end < n || same + end < m;
    if (is_different && same > 0) {
        put(&d, ' ', d.from.items[same - CONTEXT_LINES]);
    }
    if (is_different) {
        put_middle(&d, d.from.items + same, n - same - end, d.to.items + same, m - same - end);
    }
    if (is_different && end > 0) {
        put(&d, ' ', d.from.items[n - end]);
    }
    if (has_line_end(from) != has_line_end(to)) {
        put(&d, has_line_end(from) ? '-' : '+', slice_str("(a line end at the end)"));
    }
    mem_free(d.from.items);
    mem_free(d.to.items);
}
