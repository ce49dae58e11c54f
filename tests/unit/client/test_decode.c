// SPDX-License-Identifier: Apache-2.0
//
// Answers as results: one block of memory, strings with their zero.
#include "base/mem.h"
#include "client/decode.h"
#include "jute/multi.h"
#include "tests/unit/client/unit.h"

struct stand {
    struct arena arena;
    struct buf body;
    struct request request;
    struct paddock_result *result;
};

static enum err decode(struct stand *st, const char *chroot)
{
    struct jute_in in;
    jute_in_init(&in, buf_slice(&st->body), &st->arena, INT32_MAX);
    st->result = NULL;
    return decode_result(&st->request, &in, slice_str(chroot), &st->result);
}

static struct stand *new_stand(enum paddock_op_type type)
{
    struct stand *st = mem_zalloc(sizeof(*st));
    st->request.type = type;
    return st;
}

static void free_stand(struct stand *st)
{
    paddock_result_free(st->result);
    buf_fini(&st->body);
    arena_fini(&st->arena);
    mem_free(st);
}

static const struct jute_stat some_stat = {.czxid = 1,
                                           .mzxid = 2,
                                           .ctime = 3,
                                           .mtime = 4,
                                           .version = 5,
                                           .cversion = 6,
                                           .aversion = 7,
                                           .ephemeral_owner = 8,
                                           .data_length = 9,
                                           .num_children = 10,
                                           .pzxid = 11};

static void expect_stat(const struct paddock_stat *s)
{
    assert_int_equal(s->czxid * 100 + s->mzxid * 10 + s->pzxid, 131);
    assert_int_equal(s->ctime_ms * 10 + s->mtime_ms, 34);
    assert_int_equal(s->version * 100 + s->cversion * 10 + s->aversion, 567);
    assert_int_equal(s->ephemeral_owner, 8);
    assert_int_equal(s->data_length * 100 + s->num_children, 910);
}

static void data_keeps_null_and_empty_apart(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
    } rows[] = {{NULL, 0}, {"", 0}, {"a\0b", 3}};
    for (size_t i = 0; i < 3; i++) {
        struct stand *st = new_stand(PADDOCK_OP_GET);
        struct jute_get_data_response r = {.data = slice_of(rows[i].data, rows[i].len),
                                           .stat = some_stat};
        jute_get_data_response_encode(&r, &st->body);
        assert_int_equal(decode(st, ""), ERR_OK);
        assert_int_equal(st->result->data.bytes == NULL, rows[i].data == NULL);
        assert_int_equal(st->result->data.len, rows[i].len);
        if (rows[i].data != NULL) {
            assert_memory_equal(st->result->data.bytes, rows[i].data, rows[i].len + 1);
        }
        expect_stat(&st->result->stat);
        assert_int_equal(st->result->fate, PADDOCK_ANSWERED);
        free_stand(st);
    }
}

static void paths_lose_the_chroot_or_are_refused(void **state)
{
    (void)state;
    struct stand *st = new_stand(PADDOCK_OP_CREATE);
    struct jute_create2_response r = {.path = slice_str("/app/n-0000000001"), .stat = some_stat};
    jute_create2_response_encode(&r, &st->body);
    assert_int_equal(decode(st, "/app"), ERR_OK);
    assert_string_equal(st->result->path, "/n-0000000001");
    paddock_result_free(st->result);
    assert_int_equal(decode(st, "/other"), ERR_MALFORMED);
    free_stand(st);
}

static void lists_come_with_their_strings(void **state)
{
    (void)state;
    struct slice names[] = {slice_str("b"), slice_str(""), slice_null(), slice_str("\xc3\xa9")};
    struct stand *st = new_stand(PADDOCK_OP_GET_CHILDREN);
    struct jute_get_children2_response r = {.children = {.count = 4, .items = names},
                                            .stat = some_stat};
    jute_get_children2_response_encode(&r, &st->body);
    assert_int_equal(decode(st, "/app"), ERR_OK); // names are no paths
    assert_int_equal(st->result->string_count, 4);
    assert_string_equal(st->result->strings[0], "b");
    assert_string_equal(st->result->strings[1], "");
    assert_string_equal(st->result->strings[2], "");
    assert_string_equal(st->result->strings[3], "\xc3\xa9");
    free_stand(st);
}

static void ephemerals_outside_the_chroot_are_left_out(void **state)
{
    (void)state;
    struct slice paths[] = {slice_str("/app/a"), slice_str("/apple"), slice_str("/app/b")};
    struct stand *st = new_stand(PADDOCK_OP_GET_EPHEMERALS);
    struct jute_str_vec v = {.count = 3, .items = paths};
    jute_str_vec_encode(&v, &st->body);
    assert_int_equal(decode(st, "/app"), ERR_OK);
    assert_int_equal(st->result->string_count, 2);
    assert_string_equal(st->result->strings[0], "/a");
    assert_string_equal(st->result->strings[1], "/b");
    free_stand(st);
}

static void acls_and_identities_look_alike(void **state)
{
    (void)state;
    struct stand *st = new_stand(PADDOCK_OP_GET_ACL);
    struct jute_acl acl = {.perms = 3, .id = {slice_str("ip"), slice_str("1.2.3.4")}};
    struct jute_get_acl_response a = {.acl = {.count = 1, .items = &acl}, .stat = some_stat};
    jute_get_acl_response_encode(&a, &st->body);
    assert_int_equal(decode(st, ""), ERR_OK);
    assert_int_equal(st->result->acl_count, 1);
    assert_int_equal(st->result->acl[0].perms, 3);
    assert_string_equal(st->result->acl[0].id, "1.2.3.4");
    free_stand(st);
    st = new_stand(PADDOCK_OP_WHO_AM_I);
    struct jute_client_info info = {slice_str("digest"), slice_str("bob")};
    struct jute_client_info_vec v = {.count = 1, .items = &info};
    jute_client_info_vec_encode(&v, &st->body);
    assert_int_equal(decode(st, ""), ERR_OK);
    assert_string_equal(st->result->acl[0].scheme, "digest");
    assert_string_equal(st->result->acl[0].id, "bob");
    free_stand(st);
}

static void multi_has_the_code_of_the_part_that_failed(void **state)
{
    (void)state;
    static const uint8_t types[] = {PADDOCK_OP_CREATE, PADDOCK_OP_SET, PADDOCK_OP_DELETE};
    struct stand *st = new_stand(PADDOCK_OP_MULTI);
    st->request.part_types = types;
    st->request.part_count = 3;
    multi_entry_error(PADDOCK_OK, &st->body);
    multi_entry_error(PADDOCK_BAD_VERSION, &st->body);
    multi_entry_error(PADDOCK_RUNTIME_INCONSISTENCY, &st->body);
    multi_end(&st->body);
    assert_int_equal(decode(st, ""), ERR_OK);
    assert_int_equal(st->result->code, PADDOCK_BAD_VERSION);
    assert_int_equal(st->result->parts[0].code, PADDOCK_OK);
    assert_int_equal(st->result->parts[2].code, PADDOCK_RUNTIME_INCONSISTENCY);
    free_stand(st);
}

static void multi_has_the_results_of_its_parts(void **state)
{
    (void)state;
    static const uint8_t types[] = {PADDOCK_OP_CREATE, PADDOCK_OP_CREATE, PADDOCK_OP_SET,
                                    PADDOCK_OP_DELETE, PADDOCK_OP_CHECK};
    struct stand *st = new_stand(PADDOCK_OP_MULTI);
    st->request.part_types = types;
    st->request.part_count = 5;
    multi_entry_begin(OP_CREATE, &st->body);
    jute_str_encode(slice_str("/c/one"), &st->body);
    multi_entry_begin(OP_CREATE2, &st->body);
    struct jute_create2_response r = {.path = slice_str("/c/two"), .stat = some_stat};
    jute_create2_response_encode(&r, &st->body);
    multi_entry_begin(OP_SET_DATA, &st->body);
    jute_stat_encode(&some_stat, &st->body);
    multi_entry_begin(OP_DELETE, &st->body);
    multi_entry_begin(OP_CHECK, &st->body);
    multi_end(&st->body);
    assert_int_equal(decode(st, "/c"), ERR_OK);
    assert_int_equal(st->result->code, PADDOCK_OK);
    assert_int_equal(st->result->part_count, 5);
    assert_string_equal(st->result->parts[0].path, "/one");
    assert_string_equal(st->result->parts[1].path, "/two");
    expect_stat(&st->result->parts[1].stat);
    expect_stat(&st->result->parts[2].stat);
    assert_null(st->result->parts[4].path);
    free_stand(st);
}

static void reads_of_a_multi_fail_each_for_themselves(void **state)
{
    (void)state;
    static const uint8_t types[] = {PADDOCK_OP_GET, PADDOCK_OP_GET_CHILDREN};
    struct stand *st = new_stand(PADDOCK_OP_MULTI_READ);
    st->request.part_types = types;
    st->request.part_count = 2;
    multi_entry_error(PADDOCK_NO_NODE, &st->body);
    multi_entry_begin(OP_GET_CHILDREN, &st->body);
    struct slice name = slice_str("kid");
    struct jute_get_children_response r = {.children = {.count = 1, .items = &name}};
    jute_get_children_response_encode(&r, &st->body);
    multi_end(&st->body);
    assert_int_equal(decode(st, ""), ERR_OK);
    assert_int_equal(st->result->code, PADDOCK_OK);
    assert_int_equal(st->result->parts[0].code, PADDOCK_NO_NODE);
    assert_string_equal(st->result->parts[1].strings[0], "kid");
    free_stand(st);
}

static void answer_cut_anywhere_is_malformed(void **state)
{
    (void)state;
    struct slice names[] = {slice_str("one"), slice_str("two")};
    struct stand *st = new_stand(PADDOCK_OP_GET_CHILDREN);
    struct jute_get_children2_response r = {.children = {.count = 2, .items = names}};
    jute_get_children2_response_encode(&r, &st->body);
    for (size_t len = st->body.len; len-- > 0;) {
        st->body.len = len;
        assert_int_equal(decode(st, ""), ERR_MALFORMED);
    }
    free_stand(st);
}

static void lack_of_memory_is_told_from_malformed(void **state)
{
    (void)state;
    struct slice names[] = {slice_str("one"), slice_str("\xff bad")};
    struct stand *st = new_stand(PADDOCK_OP_GET_CHILDREN);
    struct jute_get_children2_response r = {.children = {.count = 2, .items = names}};
    jute_get_children2_response_encode(&r, &st->body);
    unsigned n = 1;
    for (bool is_through = false; !is_through; n++) {
        arena_fini(&st->arena);
        (void)mem_fail_after(n);
        enum err e = decode(st, "");
        is_through = mem_fail_after(0) != 0;
        assert_int_equal(e, is_through ? ERR_OK : ERR_NO_MEMORY);
    }
    assert_int_equal(n, 4); // a block of the arena, and the result
    assert_string_equal(st->result->strings[1], "\xef\xbf\xbd bad");
    free_stand(st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_keeps_null_and_empty_apart),
        cmocka_unit_test(paths_lose_the_chroot_or_are_refused),
        cmocka_unit_test(lists_come_with_their_strings),
        cmocka_unit_test(ephemerals_outside_the_chroot_are_left_out),
        cmocka_unit_test(acls_and_identities_look_alike),
        cmocka_unit_test(multi_has_the_code_of_the_part_that_failed),
        cmocka_unit_test(multi_has_the_results_of_its_parts),
        cmocka_unit_test(reads_of_a_multi_fail_each_for_themselves),
        cmocka_unit_test(answer_cut_anywhere_is_malformed),
        cmocka_unit_test(lack_of_memory_is_told_from_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
