// SPDX-License-Identifier: Apache-2.0
//
// Libraries that take their memory from base/mem.h go on working. That they stop with our words
// when there is none is shown by tests/integration/test_no_memory.py.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/host.h"
#include "host/memory.h"

static void a_host_works_with_memory_of_ours(void **state)
{
    (void)state;
    memory_own();
    struct host *h;
    assert_int_equal(host_open(&h), ERR_OK);
    uint8_t hash[PORT_DIGEST_BYTES_MAX];
    size_t len;
    struct port_digest *digest = host_digest(h);
    assert_int_equal(digest->hash(digest, "SHA1", slice_str("abc"), hash, &len), ERR_OK);
    static const uint8_t start[] = {0xa9, 0x99, 0x3e, 0x36};
    assert_memory_equal(hash, start, sizeof(start));
    host_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_works_with_memory_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
