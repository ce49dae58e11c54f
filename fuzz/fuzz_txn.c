// SPDX-License-Identifier: Apache-2.0
//
// A transaction as the log and the peers carry it. What decodes must print on one line, encode, and
// be the same transaction when it is decoded again.
#include "base/arena.h"
#include "base/assert.h"
#include "jute/op.h"
#include "jute/txn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 1 << 20 };

static struct buf text_of(const struct txn *t)
{
    struct buf text = {0};
    txn_print(t, &text);
    ASSERT(text.len > 0 && memchr(text.data, '\n', text.len) == NULL);
    return text;
}

static struct buf bytes_of(const struct txn *t)
{
    struct buf bytes = {0};
    txn_encode(t, &bytes);
    return bytes;
}

static bool is_bare_close(const struct txn *t)
{
    return t->op.type == OP_CLOSE_SESSION && t->op.close_session.paths.count < 0;
}

static void check(const struct txn *t, struct arena *arena)
{
    struct txn back;
    struct buf first = bytes_of(t);
    ASSERT(txn_decode(buf_slice(&first), arena, INT32_MAX, &back) == ERR_OK);
    struct buf second = bytes_of(&back);
    ASSERT(slice_equal(buf_slice(&first), buf_slice(&second)));
    ASSERT(back.has_digest == (t->has_digest && !is_bare_close(t)));
    struct buf text = text_of(t);
    struct buf text_back = text_of(&back);
    ASSERT(back.has_digest != t->has_digest ||
           slice_equal(buf_slice(&text), buf_slice(&text_back)));
    buf_fini(&first);
    buf_fini(&second);
    buf_fini(&text);
    buf_fini(&text_back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct txn t;
    if (txn_decode(slice_of(data, size), &arena, STRING_MAX, &t) == ERR_OK) {
        check(&t, &arena);
    }
    arena_fini(&arena);
    return 0;
}
