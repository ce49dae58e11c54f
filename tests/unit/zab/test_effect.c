// SPDX-License-Identifier: Apache-2.0
//
// Effects keep their order and their bytes, and each event and effect prints as one line.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/core.h"

static void effects_keep_their_order(void **state)
{
    (void)state;
    struct zab_effects list;
    zab_effects_init(&list);
    for (int i = 0; i < 100; i++) {
        zab_effects_add(&list, i % 2 == 0 ? ZAB_DO_SAVE_ACCEPTED : ZAB_DO_COMMIT)->epoch = i;
    }
    assert_int_equal(list.count, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(list.items[i].epoch, i);
    }
    zab_effects_clear(&list);
    assert_int_equal(list.count, 0);
    assert_int_equal(zab_effects_add(&list, ZAB_DO_COMMIT)->epoch, 0);
    zab_effects_fini(&list);
}

static void bytes_outlive_what_they_were_copied_from(void **state)
{
    (void)state;
    struct zab_effects list;
    zab_effects_init(&list);
    uint8_t data[] = {1, 2, 3};
    zab_effects_send(&list, 4, ZAB_ACK, 9, slice_of(data, 3));
    zab_effects_send(&list, 4, ZAB_ACK, 9, slice_null());
    zab_effects_note(&list, "%d of %s", 2, "them");
    data[0] = 9;
    assert_int_equal(list.items[0].link, 4);
    assert_int_equal(list.items[0].packet.zxid, 9);
    assert_int_equal(list.items[0].packet.data.data[0], 1);
    assert_true(slice_is_null(list.items[1].packet.data));
    assert_true(slice_is_null(list.items[1].packet.authinfo));
    assert_string_equal(list.items[2].text, "2 of them");
    zab_effects_fini(&list);
}

static void check_effect(struct zab_effect e, const char *expected)
{
    struct buf b = {0};
    zab_effect_print(&e, &b);
    assert_string_equal(buf_cstr(&b), expected);
    buf_fini(&b);
}

static void an_effect_prints_as_one_line(void **state)
{
    (void)state;
    check_effect((struct zab_effect){.type = ZAB_DO_SAVE_ACCEPTED, .epoch = 3}, "SAVE_ACCEPTED 3");
    check_effect((struct zab_effect){.type = ZAB_DO_SEND,
                                     .link = 3,
                                     .packet = {.type = ZAB_NEWLEADER,
                                                .zxid = 0x200000000,
                                                .data = slice_of("123456789012", 12)}},
                 "SEND 3 NEWLEADER 0x200000000 12 bytes");
    check_effect((struct zab_effect){.type = ZAB_DO_SEND,
                                     .link = ZAB_LINK_DIALLED + 2,
                                     .packet = {.type = ZAB_UPTODATE, .zxid = -1}},
                 "SEND d2 UPTODATE -1");
    check_effect((struct zab_effect){.type = ZAB_DO_SEND, .link = 1, .packet = {.type = 99}},
                 "SEND 1 type 99 0x0");
    check_effect((struct zab_effect){.type = ZAB_DO_DIAL, .link = 1, .sid = 2, .is_master = true},
                 "DIAL 1 sid 2 as master");
    check_effect((struct zab_effect){.type = ZAB_DO_READ_LOG, .link = 1, .zxid = 1, .zxid_end = 16},
                 "READ_LOG 1 0x1 0x10");
    check_effect((struct zab_effect){.type = ZAB_DO_SEE_CONFIG,
                                     .config = slice_str("server.1=a:1:2\nversion=10")},
                 "SEE_CONFIG version=10");
    check_effect((struct zab_effect){.type = ZAB_DO_EXIT, .code = 12, .text = "why"},
                 "EXIT 12 why");
    check_effect((struct zab_effect){.type = ZAB_DO_SYNCED, .token = 8}, "SYNCED 8");
}

static void check_event(struct zab_event e, const char *expected)
{
    struct buf b = {0};
    zab_event_print(&e, &b);
    assert_string_equal(buf_cstr(&b), expected);
    buf_fini(&b);
}

static void an_event_prints_as_one_line(void **state)
{
    (void)state;
    check_event((struct zab_event){.type = ZAB_EV_START}, "START");
    check_event((struct zab_event){.type = ZAB_EV_LOGGED, .zxid = 0x100000001},
                "LOGGED 0x100000001");
    check_event((struct zab_event){.type = ZAB_EV_EPOCH_SAVED, .is_ok = true}, "EPOCH_SAVED");
    check_event((struct zab_event){.type = ZAB_EV_EPOCH_SAVED}, "EPOCH_SAVED failed");
    check_event(
        (struct zab_event){
            .type = ZAB_EV_LOG_READ, .link = 2, .record_count = 3, .is_end = true, .is_ok = true},
        "LOG_READ 2 3 records, the end");
    check_event((struct zab_event){.type = ZAB_EV_NOTIFICATION, .sid = 3, .bytes = slice_str("ab")},
                "NOTIFICATION sid 3 2 bytes");
    check_event((struct zab_event){.type = ZAB_EV_PACKET, .link = 1, .packet = {.type = ZAB_SYNC}},
                "PACKET 1 SYNC 0x0");
}

static void every_type_has_a_name(void **state)
{
    (void)state;
    for (int t = ZAB_DO_SAVE_ACCEPTED; t <= ZAB_DO_EXIT; t++) {
        struct buf b = {0};
        zab_effect_print(&(struct zab_effect){.type = (enum zab_effect_type)t, .text = "text"}, &b);
        assert_true(b.len > 3);
        buf_fini(&b);
    }
    for (int t = ZAB_EV_START; t <= ZAB_EV_FAILED; t++) {
        struct buf b = {0};
        zab_event_print(&(struct zab_event){.type = (enum zab_event_type)t}, &b);
        assert_true(b.len > 3);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effects_keep_their_order),
        cmocka_unit_test(bytes_outlive_what_they_were_copied_from),
        cmocka_unit_test(an_effect_prints_as_one_line),
        cmocka_unit_test(an_event_prints_as_one_line),
        cmocka_unit_test(every_type_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
