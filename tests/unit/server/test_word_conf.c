// SPDX-License-Identifier: Apache-2.0
//
// conf, envi, dirs, hash.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/server/troupe.h"
#include "tests/unit/server/word_world.h"

// The keys of "key=value" lines, with a comma behind each.
static void keys_of(const char *text, struct buf *ret)
{
    while (*text != 0) {
        size_t len = strcspn(text, "\n");
        size_t key = strcspn(text, "=:\n");
        buf_append(ret, text, key);
        buf_append_str(ret, ",");
        text += len + (text[len] == '\n' ? 1 : 0);
    }
}

static void expect_keys(const char *text, const char *expect)
{
    struct buf keys = {0};
    keys_of(text, &keys);
    assert_string_equal(buf_cstr(&keys), expect);
    buf_fini(&keys);
}

static void conf_shows_what_is_in_force(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\nmaxClientCnxns=7\n");
    const char *text = word_world_ask(w, "conf");
    expect_keys(text, "clientPort,secureClientPort,dataDir,dataDirSize,dataLogDir,dataLogSize,"
                      "tickTime,maxClientCnxns,minSessionTimeout,maxSessionTimeout,"
                      "clientPortListenBacklog,serverId,");
    assert_non_null(strstr(text, "clientPort=2181\nsecureClientPort=-1\n"));
    assert_non_null(strstr(text, "dataDir=/data/version-2\n"));
    assert_non_null(strstr(text, "tickTime=200\nmaxClientCnxns=7\nminSessionTimeout=400\n"
                                 "maxSessionTimeout=4000\nclientPortListenBacklog=-1\n"));
    word_world_close(w);
}

static void dirs_and_conf_agree_on_sizes(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    word_world_connect(w, 0);
    assert_int_equal(word_world_create(w, 0, "/a", 0), 0);
    unsigned long long snap = 0, log = 0;
    assert_int_equal(
        sscanf(word_world_ask(w, "dirs"), "datadir_size: %llu\nlogdir_size: %llu\n", &snap, &log),
        2);
    assert_true(snap > 0);
    assert_int_equal(snap, log); // one directory
    char expect[64];
    snprintf(expect, sizeof expect, "dataDirSize=%llu\n", snap);
    assert_non_null(strstr(word_world_ask(w, "conf"), expect));
    word_world_close(w);
}

static void envi_has_every_line_also_when_nothing_is_known(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    const char *text = word_world_ask(w, "envi");
    expect_keys(text, "Environment,zookeeper.version,host.name,java.version,java.vendor,java.home,"
                      "java.class.path,java.library.path,java.io.tmpdir,java.compiler,os.name,"
                      "os.arch,os.version,user.name,user.home,user.dir,os.memory.free,"
                      "os.memory.max,os.memory.total,");
    assert_non_null(strstr(text, "Environment:\nzookeeper.version=<NA>\n"));
    word_world_close(w);
}

static void hash_has_a_line_for_every_128th_transaction(void **state)
{
    (void)state;
    struct word_world *w = word_world_open("4lw.commands.whitelist=*\n");
    assert_string_equal(word_world_ask(w, "hash"), "");
    word_world_connect(w, 0);
    for (int i = 0; i < 260; i++) {
        char path[32];
        snprintf(path, sizeof path, "/n%d", i);
        assert_int_equal(word_world_create(w, 0, path, 0), 0);
    }
    unsigned long long first, second;
    long long digest[2];
    assert_int_equal(sscanf(word_world_ask(w, "hash"), "%llx: %lld\n%llx: %lld\n", &first,
                            &digest[0], &second, &digest[1]),
                     4);
    assert_int_equal(first, 128);
    assert_int_equal(second, 256);
    word_world_close(w);
}

static void conf_of_a_member_ends_with_the_membership(void **state)
{
    (void)state;
    static const struct troupe_options options = {
        .voters = 2, .observers = 1, .zoo_cfg = "4lw.commands.whitelist=*\n"};
    struct troupe t;
    troupe_open(&t, 1, &options);
    for (int id = 1; id <= 3; id++) {
        char expect[400];
        (void)snprintf(expect, sizeof expect,
                       "\nserverId=%d\ninitLimit=20\nsyncLimit=5\nelectionAlg=3\n"
                       "electionPort=3888\nquorumPort=2888\npeerType=%d\nmembership: \n"
                       "server.1=node-1:2888:3888:participant\n"
                       "server.2=node-2:2888:3888:participant\n"
                       "server.3=node-3:2888:3888:observer\nversion=0",
                       id, id == 3 ? 1 : 0);
        const char *end = strstr(troupe_word(&t, id, "conf"), "\nserverId=");
        assert_non_null(end);
        assert_string_equal(end, expect);
    }
    troupe_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conf_of_a_member_ends_with_the_membership),
        cmocka_unit_test(conf_shows_what_is_in_force),
        cmocka_unit_test(dirs_and_conf_agree_on_sizes),
        cmocka_unit_test(envi_has_every_line_also_when_nothing_is_known),
        cmocka_unit_test(hash_has_a_line_for_every_128th_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
