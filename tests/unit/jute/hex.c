// SPDX-License-Identifier: Apache-2.0
//
// The parser of the byte notation, and the comparison that prints what differs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/jute/hex.h"

static unsigned digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c != 0 ? strchr(digits, c) : NULL;
    if (found == NULL) {
        fail_msg("not a hex digit: '%c'", c);
        return 0;
    }
    return (unsigned)(found - digits);
}

void hex_append(struct buf *to, const char *text)
{
    while (*text != 0) {
        if (*text == ' ' || *text == '\n') {
            text += 1;
        } else if (*text == '"') {
            const char *end = strchr(text + 1, '"');
            assert_non_null(end);
            buf_append(to, text + 1, (size_t)(end - text - 1));
            text = end + 1;
        } else {
            buf_put_u8(to, (uint8_t)(digit(text[0]) << 4 | digit(text[1])));
            text += 2;
        }
    }
}

struct buf hex_bytes(const char *text)
{
    struct buf b;
    buf_init(&b);
    buf_reserve(&b, 1); // no bytes are still not null
    hex_append(&b, text);
    return b;
}

static void append_dump(struct buf *to, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        buf_printf(to, "%02x ", s.data[i]);
    }
}

void hex_assert(struct slice got, const char *text)
{
    struct buf want = hex_bytes(text);
    if (!slice_equal(got, buf_slice(&want))) {
        struct buf message;
        buf_init(&message);
        buf_append_str(&message, "got  ");
        append_dump(&message, got);
        buf_append_str(&message, "\nwant ");
        append_dump(&message, buf_slice(&want));
        print_error("%s\n", buf_cstr(&message));
        buf_fini(&message);
        fail();
    }
    buf_fini(&want);
}
