// SPDX-License-Identifier: Apache-2.0
//
// Making requests: what is refused at once, and memory that runs out at any moment.
#include "base/mem.h"
#include "tests/unit/client/conversation.h"

// The n-th allocation of the client's process fails, for every n until none is left to fail. Leaks
// are found by the sanitizer.
static void conversation_holds_with_every_allocation_failing_once(void **state)
{
    (void)state;
    struct scene sc;
    struct conversation c;
    scene_open(&sc, 21, NULL);
    conversation_begin(&c, &sc);
    c.may_lack_memory = true;
    unsigned n = 1;
    bool is_through = false;
    for (; !is_through; n++) {
        (void)mem_fail_after(n);
        (void)conversation_hold(&c);
        is_through = mem_fail_after(0) != 0;
    }
    print_message("failed %u allocations\n", n - 2);
    assert_true(n > 30);
    conversation_end(&c);
    scene_close(&sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversation_holds_with_every_allocation_failing_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
