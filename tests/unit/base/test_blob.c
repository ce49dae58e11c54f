// SPDX-License-Identifier: Apache-2.0
//
// Counted bytes: who holds them and when they go (the address sanitizer sees a leak or a double
// free).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/blob.h"

static void blob_takes_the_memory_of_the_buffer(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_append_str(&b, "a batch");
    const uint8_t *data = b.data;
    struct blob *blob = blob_new(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
    assert_ptr_equal(blob_slice(blob).data, data);
    assert_true(slice_equal_str(blob_slice(blob), "a batch"));
    blob_unref(blob);
}

static void last_holder_frees(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_append_str(&b, "shared");
    struct blob *blob = blob_new(&b);
    assert_ptr_equal(blob_ref(blob), blob);
    assert_int_equal(blob->refs, 2);
    blob_unref(blob);
    assert_true(slice_equal_str(blob_slice(blob), "shared"));
    blob_unref(blob);
    blob_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blob_takes_the_memory_of_the_buffer),
        cmocka_unit_test(last_holder_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
