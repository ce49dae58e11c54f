// SPDX-License-Identifier: Apache-2.0
//
// What a member knows: configurations are taken over by version, and the quorums follow them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zab/core.h"

static const char OF_THREE[] = "server.1=a:2888:3888:participant\n"
                               "server.2=b:2888:3888:participant\n"
                               "server.3=c:2888:3888:participant\n";
static const char OF_ONE[] = "server.1=a:2888:3888:participant\n";

static struct buf text_of(const char *members, const char *version)
{
    struct buf b = {0};
    buf_printf(&b, "%sversion=%s", members, version);
    return b;
}

static void begin(struct zab_core *core, const char *version, bool reconfig_enabled)
{
    struct buf text = text_of(OF_THREE, version);
    struct buf complaint = {0};
    struct config_servers config;
    config_servers_init(&config);
    assert_int_equal(config_servers_parse(buf_slice(&text), &config, &complaint), ERR_OK);
    const struct zab_options options = {
        .sid = 1, .reconfig_enabled = reconfig_enabled, .history_count = 10, .history_bytes = 1000};
    const struct zab_recovered recovered = {
        .accepted_epoch = 3, .current_epoch = 2, .last_zxid = 0x200000005};
    core_init(core, &options, &recovered, &config, NULL);
    config_servers_fini(&config);
    buf_fini(&text);
    buf_fini(&complaint);
}

static enum err see(struct zab_core *core, const char *members, const char *version)
{
    struct buf text = text_of(members, version);
    enum err e = core_see_config(core, buf_slice(&text));
    buf_fini(&text);
    return e;
}

static enum err follow_seen(struct zab_core *core, const char *members, const char *version)
{
    struct buf text = text_of(members, version);
    enum err e = core_follow_seen_config(core, buf_slice(&text));
    buf_fini(&text);
    return e;
}

static enum err activate(struct zab_core *core, const char *members, const char *version)
{
    struct buf text = text_of(members, version);
    enum err e = core_activate_config(core, buf_slice(&text));
    buf_fini(&text);
    return e;
}

static void a_member_begins_with_what_was_recovered(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", true);
    assert_int_equal(core.role, ZAB_LOOKING);
    assert_int_equal(core.accepted_epoch, 3);
    assert_int_equal(core.current_epoch, 2);
    assert_int_equal(core.last_zxid, 0x200000005);
    assert_int_equal(core.history.committed, 0x200000005);
    assert_int_equal(core.seen.version, 5);
    assert_int_equal(core.seen.count, 3);
    assert_int_equal(core.quorums.count, 1);
    core_fini(&core);
}

static void a_newer_seen_configuration_has_to_agree_too(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", true);
    assert_int_equal(see(&core, OF_ONE, "6"), ERR_OK);
    assert_int_equal(core.seen.count, 1);
    assert_int_equal(core.committed.count, 3);
    assert_int_equal(core.quorums.count, 2);
    assert_int_equal(activate(&core, OF_ONE, "6"), ERR_OK);
    assert_int_equal(core.committed.count, 1);
    assert_int_equal(core.quorums.count, 1);
    core_fini(&core);
}

static void a_new_leader_takes_back_what_was_given_up(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", true);
    assert_int_equal(see(&core, OF_ONE, "8"), ERR_OK);
    assert_int_equal(see(&core, OF_THREE, "7"), ERR_OK);
    assert_int_equal(core.seen.version, 8);
    assert_int_equal(follow_seen(&core, OF_THREE, "7"), ERR_OK);
    assert_int_equal(core.seen.version, 7);
    assert_int_equal(follow_seen(&core, OF_ONE, "4"), ERR_OK);
    assert_int_equal(core.seen.version, 5);
    assert_int_equal(core.seen.count, 3);
    assert_int_equal(core.quorums.count, 1);
    core_fini(&core);
}

static void an_older_configuration_does_not_come_into_force(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", true);
    assert_int_equal(activate(&core, OF_ONE, "5"), ERR_OK);
    assert_int_equal(activate(&core, OF_ONE, "4"), ERR_OK);
    assert_int_equal(core.committed.count, 3);
    assert_int_equal(activate(&core, OF_ONE, "6"), ERR_OK);
    assert_int_equal(core.seen.version, 6);
    core_fini(&core);
}

static void without_reconfiguration_nothing_is_taken_over(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", false);
    assert_int_equal(see(&core, OF_ONE, "6"), ERR_OK);
    assert_int_equal(activate(&core, OF_ONE, "6"), ERR_OK);
    assert_int_equal(core.seen.version, 5);
    assert_int_equal(core.committed.version, 5);
    core_fini(&core);
}

static void a_text_that_is_none_changes_nothing(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", true);
    assert_int_equal(see(&core, "server.1=nonsense\n", "6"), ERR_INVALID);
    assert_int_equal(activate(&core, "rubbish=1\n", "6"), ERR_INVALID);
    struct buf many = {0};
    for (int i = 1; i <= QUORUM_VOTERS_MAX + 1; i++) {
        buf_printf(&many, "server.%d=h%d:1:2:participant\n", i, i);
    }
    assert_int_equal(see(&core, buf_cstr(&many), "6"), ERR_LIMIT);
    assert_int_equal(activate(&core, buf_cstr(&many), "6"), ERR_LIMIT);
    assert_int_equal(core.seen.version, 5);
    assert_int_equal(core.committed.version, 5);
    buf_fini(&many);
    core_fini(&core);
}

static void epochs_go_forward(void **state)
{
    (void)state;
    struct zab_core core;
    begin(&core, "5", true);
    core_set_accepted_epoch(&core, 4);
    core_set_current_epoch(&core, 4);
    assert_int_equal(core.accepted_epoch, 4);
    assert_int_equal(core.current_epoch, 4);
    core_fini(&core);
}

static void a_claim_is_the_last_one_of_its_voter(void **state)
{
    (void)state;
    struct zab_core core;
    int64_t epoch = -7;
    begin(&core, "5", true);
    assert_false(core_find_claim(&core, 0, &epoch));
    core_hear_claim(&core, 3, 8);
    core_hear_claim(&core, 3, 9);
    core_hear_claim(&core, 0, 2);
    assert_true(core_find_claim(&core, 3, &epoch));
    assert_int_equal(epoch, 9);
    core_hear_claim(&core, 3 + CORE_CLAIMS, 1); // in the same place
    assert_false(core_find_claim(&core, 3, &epoch));
    assert_true(core_find_claim(&core, 0, &epoch));
    assert_int_equal(epoch, 2);
    core_fini(&core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_begins_with_what_was_recovered),
        cmocka_unit_test(a_newer_seen_configuration_has_to_agree_too),
        cmocka_unit_test(a_new_leader_takes_back_what_was_given_up),
        cmocka_unit_test(an_older_configuration_does_not_come_into_force),
        cmocka_unit_test(without_reconfiguration_nothing_is_taken_over),
        cmocka_unit_test(a_text_that_is_none_changes_nothing),
        cmocka_unit_test(epochs_go_forward),
        cmocka_unit_test(a_claim_is_the_last_one_of_its_voter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
