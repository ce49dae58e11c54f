// SPDX-License-Identifier: Apache-2.0
//
// The session under a network that fails, against a whole server in a simulated world.
#include "base/mem.h"
#include "tests/unit/client/conversation.h"

// After n bytes, in both directions together, the connection breaks; for every n until the whole
// conversation gets through.
static void conversation_holds_with_the_connection_cut_at_every_byte(void **state)
{
    (void)state;
    struct scene sc;
    struct conversation c;
    scene_open(&sc, 11, NULL);
    conversation_begin(&c, &sc);
    uint64_t cut = 1;
    bool is_through = false;
    for (; !is_through; cut++) {
        sc.node->net.break_after_bytes = cut;
        assert_true(conversation_hold(&c));
        is_through = sc.node->net.break_after_bytes != 0;
        sc.node->net.break_after_bytes = 0;
    }
    assert_true(cut > 1000);
    print_message("cut at %llu bytes\n", (unsigned long long)cut - 2);
    conversation_end(&c);
    scene_close(&sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversation_holds_with_the_connection_cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
