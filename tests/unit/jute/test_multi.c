// SPDX-License-Identifier: Apache-2.0
//
// Bodies of multi and multiRead: the recorded example, and each rule of what a list may hold.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/code.h"
#include "jute/multi.h"
#include "tests/unit/jute/hex.h"

enum { STRING_MAX = 1 << 20 };

#define END "ff ff ff ff 01 ff ff ff ff"
#define WORLD "00 00 00 01  00 00 00 1f  00 00 00 05 \"world\"  00 00 00 06 \"anyone\""
#define CREATE_A(flags) "00 00 00 02 \"/a\"  00 00 00 01 \"x\" " WORLD " 00 00 00 " flags
#define DELETE_B "00 00 00 02 00 ff ff ff ff   00 00 00 02 \"/b\"  ff ff ff ff"
#define GET_A "00 00 00 04 00 ff ff ff ff   00 00 00 02 \"/a\"  01"

struct fixture {
    struct buf bytes;
    struct arena arena;
    struct jute_in in;
    struct multi multi;
};

// Decode the list; true when it is accepted.
static bool open_list(struct fixture *f, const char *text)
{
    *f = (struct fixture){.bytes = hex_bytes(text)};
    jute_in_init(&f->in, buf_slice(&f->bytes), &f->arena, STRING_MAX);
    return multi_decode(&f->in, &f->multi);
}

static void close_list(struct fixture *f)
{
    buf_fini(&f->bytes);
    arena_fini(&f->arena);
}

static void assert_refused(const char *text)
{
    struct fixture f;
    if (open_list(&f, text)) {
        fail_msg("accepted: %s", text);
    }
    assert_true(f.in.failed);
    close_list(&f);
}

// A list of one create is accepted and its part has `type`.
static void assert_create_becomes(const char *text, int32_t type)
{
    struct fixture f;
    assert_true(open_list(&f, text));
    assert_int_equal(f.multi.count, 1);
    assert_int_equal(f.multi.kind, MULTI_WRITES);
    assert_int_equal(f.multi.ops[0].type, type);
    assert_true(slice_equal_str(multi_op_path(&f.multi.ops[0]), "/a"));
    close_list(&f);
}

static void recorded_request_is_read(void **state)
{
    (void)state;
    const char *text = "00 00 00 0d 00 ff ff ff ff   00 00 00 02 \"/a\"  00 00 00 00" DELETE_B END;
    struct fixture f;
    assert_true(open_list(&f, text));
    assert_int_equal(f.multi.kind, MULTI_WRITES);
    assert_int_equal(f.multi.count, 2);
    assert_int_equal(f.multi.ops[0].type, OP_CHECK);
    assert_true(slice_equal_str(f.multi.ops[0].path_version.path, "/a"));
    assert_int_equal(f.multi.ops[0].path_version.version, 0);
    assert_int_equal(f.multi.ops[1].type, OP_DELETE);
    assert_int_equal(f.multi.ops[1].path_version.version, -1);
    struct buf out = {0};
    multi_encode(&f.multi, &out);
    hex_assert(buf_slice(&out), text);
    buf_fini(&out);
    close_list(&f);
}

static void recorded_answer_is_written(void **state)
{
    (void)state;
    struct buf out = {0};
    multi_entry_error(ZK_OK, &out);
    multi_entry_error(ZK_NO_NODE, &out);
    multi_end(&out);
    hex_assert(buf_slice(&out), "ff ff ff ff 00 00 00 00 00   00 00 00 00"
                                "ff ff ff ff 00 ff ff ff 9b   ff ff ff 9b" END);
    buf_fini(&out);
}

static void answer_entries_carry_code_zero(void **state)
{
    (void)state;
    struct buf out = {0};
    multi_entry_begin(OP_CREATE, &out);
    jute_str_encode(slice_str("/a"), &out);
    multi_entry_begin(OP_DELETE, &out);
    multi_end(&out);
    hex_assert(buf_slice(&out), "00 00 00 01 00 00 00 00 00  00 00 00 02 \"/a\""
                                "00 00 00 02 00 00 00 00 00" END);
    buf_fini(&out);
}

static void empty_list_is_of_no_kind(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_list(&f, END));
    assert_int_equal(f.multi.count, 0);
    assert_int_equal(f.multi.kind, MULTI_EMPTY);
    close_list(&f);
}

static void any_header_that_is_done_ends_the_list(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_list(&f, DELETE_B "00 00 00 07 02 00 00 00 00 ff ff"));
    assert_int_equal(f.multi.count, 1);
    close_list(&f);
}

static void reads_make_a_list_of_reads(void **state)
{
    (void)state;
    const char *text = GET_A "00 00 00 08 00 ff ff ff ff   00 00 00 02 \"/b\"  00" END;
    struct fixture f;
    assert_true(open_list(&f, text));
    assert_int_equal(f.multi.kind, MULTI_READS);
    assert_int_equal(f.multi.count, 2);
    assert_int_equal(f.multi.ops[0].type, OP_GET_DATA);
    assert_int_equal(f.multi.ops[1].type, OP_GET_CHILDREN);
    assert_true(slice_equal_str(multi_op_path(&f.multi.ops[1]), "/b"));
    close_list(&f);
}

static void reads_and_writes_do_not_mix(void **state)
{
    (void)state;
    assert_refused(DELETE_B GET_A END);
    assert_refused(GET_A DELETE_B END);
}

static void types_that_no_list_may_hold_are_refused(void **state)
{
    (void)state;
    static const char *const types[] = {"00 00 00 00", "00 00 00 03", "00 00 00 06", "00 00 00 07",
                                        "00 00 00 09", "00 00 00 0b", "00 00 00 0c", "00 00 00 0e",
                                        "00 00 00 10", "00 00 00 14", "00 00 00 16", "ff ff ff f6",
                                        "ff ff ff f5", "ff ff ff ff", "00 00 00 64"};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct buf text = {0};
        buf_printf(&text, "%s 00 ff ff ff ff %s %s", types[i], CREATE_A("00"), END);
        assert_refused(buf_cstr(&text));
        buf_fini(&text);
    }
}

static void plain_creates_keep_the_type_of_their_header(void **state)
{
    (void)state;
    assert_create_becomes("00 00 00 01 00 ff ff ff ff" CREATE_A("00") END, OP_CREATE);
    assert_create_becomes("00 00 00 01 00 ff ff ff ff" CREATE_A("03") END, OP_CREATE);
    assert_create_becomes("00 00 00 0f 00 ff ff ff ff" CREATE_A("02") END, OP_CREATE2);
    assert_create_becomes("00 00 00 13 00 ff ff ff ff" CREATE_A("00") END, OP_CREATE_CONTAINER);
}

static void container_flag_forces_the_container_type(void **state)
{
    (void)state;
    assert_create_becomes("00 00 00 01 00 ff ff ff ff" CREATE_A("04") END, OP_CREATE_CONTAINER);
    assert_create_becomes("00 00 00 0f 00 ff ff ff ff" CREATE_A("04") END, OP_CREATE_CONTAINER);
    assert_create_becomes("00 00 00 15 00 ff ff ff ff" CREATE_A("04") "00 00 00 00 00 00 00 01" END,
                          OP_CREATE_CONTAINER);
}

static void bad_flags_refuse_the_whole_list(void **state)
{
    (void)state;
    assert_refused("00 00 00 01 00 ff ff ff ff" CREATE_A("07") END);
    assert_refused("00 00 00 0f 00 ff ff ff ff" CREATE_A("ff") END);
    assert_refused(DELETE_B "00 00 00 13 00 ff ff ff ff" CREATE_A("08") END);
}

static void ttl_flags_need_a_header_with_a_ttl(void **state)
{
    (void)state;
    assert_refused("00 00 00 01 00 ff ff ff ff" CREATE_A("05") END);
    assert_refused("00 00 00 0f 00 ff ff ff ff" CREATE_A("06") END);
    assert_refused("00 00 00 13 00 ff ff ff ff" CREATE_A("05") END);
    struct fixture f;
    assert_true(
        open_list(&f, "00 00 00 15 00 ff ff ff ff" CREATE_A("06") "00 00 00 00 00 00 03 e8" END));
    assert_int_equal(f.multi.ops[0].type, OP_CREATE_TTL);
    assert_int_equal(f.multi.ops[0].create_ttl.flags, CREATE_PERSISTENT_SEQUENTIAL_TTL);
    assert_int_equal(f.multi.ops[0].create_ttl.ttl_ms, 1000);
    close_list(&f);
}

static void ttl_header_without_ttl_flags_is_a_plain_create(void **state)
{
    (void)state;
    assert_create_becomes("00 00 00 15 00 ff ff ff ff" CREATE_A("01") "ff ff ff ff ff ff ff ff" END,
                          OP_CREATE);
    // Unknown flags are left to the check of that part.
    struct fixture f;
    assert_true(
        open_list(&f, "00 00 00 15 00 ff ff ff ff" CREATE_A("63") "00 00 00 00 00 00 00 00" END));
    assert_int_equal(f.multi.ops[0].type, OP_CREATE);
    assert_int_equal(f.multi.ops[0].create.flags, 0x63);
    close_list(&f);
}

static void null_path_or_null_acl_refuses_the_whole_list(void **state)
{
    (void)state;
    assert_refused("00 00 00 02 00 ff ff ff ff  ff ff ff ff  ff ff ff ff" END);
    assert_refused("00 00 00 01 00 ff ff ff ff  ff ff ff ff  ff ff ff ff" WORLD "00 00 00 00" END);
    assert_refused("00 00 00 05 00 ff ff ff ff  ff ff ff ff  ff ff ff ff  00 00 00 00" END);
    assert_refused("00 00 00 04 00 ff ff ff ff  ff ff ff ff  00" END);
    assert_refused("00 00 00 01 00 ff ff ff ff  00 00 00 02 \"/a\"  ff ff ff ff  ff ff ff ff"
                   "00 00 00 00" END);
}

static void list_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct buf whole = hex_bytes(
        "00 00 00 0f 00 ff ff ff ff" CREATE_A("00") DELETE_B "00 00 00 15 00 ff ff ff ff" CREATE_A(
            "05") "00 00 00 00 00 00 00 09"
                  "00 00 00 05 00 ff ff ff ff 00 00 00 01 \"/\" 00 00 00 01 \"d\""
                  "00 00 00 00" END);
    for (size_t cut = 0; cut < whole.len; cut++) {
        uint8_t *part = mem_alloc(cut + 1);
        memcpy(part + 1, whole.data, cut);
        struct arena arena = {0};
        struct jute_in in;
        struct multi m = {.count = 77};
        jute_in_init(&in, slice_of(part + 1, cut), &arena, STRING_MAX);
        assert_false(multi_decode(&in, &m));
        assert_int_equal(m.count, 77);
        arena_fini(&arena);
        mem_free(part);
    }
    buf_fini(&whole);
}

static void every_kind_of_part_is_encoded_as_it_was_read(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "00 00 00 01 00 ff ff ff ff" CREATE_A("03") //
        "00 00 00 13 00 ff ff ff ff" CREATE_A("04") //
        "00 00 00 15 00 ff ff ff ff" CREATE_A(
            "05") "00 00 00 00 00 00 00 09" //
                  "00 00 00 05 00 ff ff ff ff 00 00 00 02 \"/s\" ff ff ff ff 00 00 00 07" DELETE_B
                      END,
        GET_A "00 00 00 08 00 ff ff ff ff 00 00 00 02 \"/c\" 00" END,
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct fixture f;
        assert_true(open_list(&f, lists[i]));
        for (int32_t part = 0; part < f.multi.count; part++) {
            assert_int_equal(multi_op_path(&f.multi.ops[part]).len, 2);
        }
        struct buf out = {0};
        multi_encode(&f.multi, &out);
        hex_assert(buf_slice(&out), lists[i]);
        buf_fini(&out);
        close_list(&f);
    }
}

static void long_list_keeps_every_part(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct multi_op *ops = mem_zalloc(COUNT * sizeof(*ops));
    for (int32_t i = 0; i < COUNT; i++) {
        ops[i] = (struct multi_op){.type = OP_CHECK,
                                   .path_version = {.path = slice_str("/n"), .version = i}};
    }
    struct multi m = {.kind = MULTI_WRITES, .count = COUNT, .ops = ops};
    struct buf out = {0};
    struct arena arena = {0};
    struct jute_in in;
    struct multi back;
    multi_encode(&m, &out);
    jute_in_init(&in, buf_slice(&out), &arena, STRING_MAX);
    assert_true(multi_decode(&in, &back));
    assert_int_equal(back.count, COUNT);
    for (int32_t i = 0; i < COUNT; i++) {
        assert_int_equal(back.ops[i].path_version.version, i);
    }
    arena_fini(&arena);
    buf_fini(&out);
    mem_free(ops);
}

static void no_memory_for_the_list_is_a_failure(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes(DELETE_B END);
    struct arena arena = {0};
    struct jute_in in;
    struct multi m;
    jute_in_init(&in, buf_slice(&bytes), &arena, STRING_MAX);
    mem_fail_after(1);
    assert_false(multi_decode(&in, &m));
    mem_fail_after(0);
    arena_fini(&arena);
    buf_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_request_is_read),
        cmocka_unit_test(recorded_answer_is_written),
        cmocka_unit_test(answer_entries_carry_code_zero),
        cmocka_unit_test(empty_list_is_of_no_kind),
        cmocka_unit_test(any_header_that_is_done_ends_the_list),
        cmocka_unit_test(reads_make_a_list_of_reads),
        cmocka_unit_test(reads_and_writes_do_not_mix),
        cmocka_unit_test(types_that_no_list_may_hold_are_refused),
        cmocka_unit_test(plain_creates_keep_the_type_of_their_header),
        cmocka_unit_test(container_flag_forces_the_container_type),
        cmocka_unit_test(bad_flags_refuse_the_whole_list),
        cmocka_unit_test(ttl_flags_need_a_header_with_a_ttl),
        cmocka_unit_test(ttl_header_without_ttl_flags_is_a_plain_create),
        cmocka_unit_test(null_path_or_null_acl_refuses_the_whole_list),
        cmocka_unit_test(list_cut_anywhere_is_refused),
        cmocka_unit_test(every_kind_of_part_is_encoded_as_it_was_read),
        cmocka_unit_test(long_list_keeps_every_part),
        cmocka_unit_test(no_memory_for_the_list_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
