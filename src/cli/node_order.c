// SPDX-License-Identifier: Apache-2.0
//
// One pass over both paths: the first byte that differs decides. The end of a path comes before
// everything, '/' before every byte of a name: "a" < "a/b" < "a!".
#include "cli/node_order.h"

#include <stddef.h>
#include <string.h>

static int rank(unsigned char byte)
{
    return byte == '\0' ? 0 : byte == '/' ? 1 : byte + 1;
}

int node_order(const char *a, const char *b)
{
    const unsigned char *x = (const unsigned char *)a, *y = (const unsigned char *)b;
    while (*x != '\0' && *x == *y) {
        x++;
        y++;
    }
    // UTF-16 puts U+10000 and above (two surrogates) below U+E000, UTF-8 does not.
    bool is_wide_x = *x >= 0xf0, is_wide_y = *y >= 0xf0;
    if (is_wide_x != is_wide_y && (is_wide_x ? *y : *x) >= 0xee) {
        return is_wide_x ? -1 : 1;
    }
    return (rank(*x) > rank(*y)) - (rank(*x) < rank(*y));
}

bool node_is_within(const char *path, const char *above)
{
    size_t len = strlen(above);
    return len == 0 || (strncmp(path, above, len) == 0 &&
                        (path[len] == '\0' || path[len] == '/' || (len == 1 && *above == '/')));
}
