// SPDX-License-Identifier: Apache-2.0
//
// Transactions: two recorded from a log of Apache ZooKeeper, then every form a reader must know.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "jute/code.h"
#include "jute/op.h"
#include "jute/txn.h"
#include "tests/unit/jute/hex.h"

enum { STRING_MAX = 1 << 20 };

// clientId, cxid, zxid and time of all transactions made up here; the type follows.
#define HEAD                                                                                       \
    "01 00 00 34 65 1d 00 00  00 00 00 01  00 00 00 00 00 00 00 02  00 00 01 a1 fb 8c 3b 77"
#define DIGEST "00 00 00 02  00 00 00 00 df 04 f7 1e"
#define WORLD "00 00 00 01  00 00 00 1f  00 00 00 05 \"world\"  00 00 00 06 \"anyone\""
#define PATH_A "00 00 00 02 \"/a\""
#define DATA_X "00 00 00 01 \"x\""

struct fixture {
    struct buf bytes;
    struct arena arena;
    struct txn txn;
};

static bool open_txn(struct fixture *f, const char *text)
{
    *f = (struct fixture){.bytes = hex_bytes(text)};
    return txn_decode(buf_slice(&f->bytes), &f->arena, STRING_MAX, &f->txn) == ERR_OK;
}

static void close_txn(struct fixture *f)
{
    buf_fini(&f->bytes);
    arena_fini(&f->arena);
}

static void assert_refused(const char *text)
{
    struct fixture f;
    if (open_txn(&f, text)) {
        fail_msg("accepted: %s", text);
    }
    close_txn(&f);
}

// Encoding what was decoded gives the same bytes.
static void assert_encodes_as_read(const struct fixture *f)
{
    struct buf out = {0};
    txn_encode(&f->txn, &out);
    assert_true(slice_equal(buf_slice(&out), buf_slice(&f->bytes)));
    buf_fini(&out);
}

// ---- recorded ----

static void recorded_create_session_is_read(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_txn(&f, "01 00 00 34 65 1d 00 00   00 00 00 00"
                             "00 00 00 00 00 00 00 01   00 00 01 a1 fb 8c 3b 6d"
                             "ff ff ff f6   00 00 27 10"
                             "00 00 00 02   00 00 00 00 51 c6 d6 60"));
    assert_int_equal(f.bytes.len, 0x30);
    assert_int_equal(f.txn.header.client_id, INT64_C(0x01000034651d0000));
    assert_int_equal(f.txn.header.zxid, 1);
    assert_int_equal(f.txn.header.time_ms, INT64_C(0x1a1fb8c3b6d));
    assert_int_equal(f.txn.op.type, OP_CREATE_SESSION);
    assert_int_equal(f.txn.op.create_session.timeout_ms, 10000);
    assert_true(f.txn.has_digest);
    assert_int_equal(f.txn.digest.version, TXN_DIGEST_VERSION);
    assert_int_equal(f.txn.digest.tree_digest, 0x51c6d660);
    assert_encodes_as_read(&f);
    close_txn(&f);
}

static void recorded_create_is_read(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_txn(&f, HEAD "00 00 00 01" PATH_A DATA_X WORLD "00   00 00 00 01" DIGEST));
    assert_int_equal(f.bytes.len, 0x57);
    const struct jute_create_txn *create = &f.txn.op.create;
    assert_true(slice_equal_str(create->path, "/a"));
    assert_true(slice_equal_str(create->data, "x"));
    assert_int_equal(create->acl.count, 1);
    assert_int_equal(create->acl.items[0].perms, 31);
    assert_false(create->ephemeral);
    assert_int_equal(create->parent_cversion, 1);
    assert_int_equal(f.txn.digest.tree_digest, 0xdf04f71e);
    assert_encodes_as_read(&f);
    close_txn(&f);
}

// ---- every type ----

// Bodies of all single types, without a digest.
static const char *const singles[] = {
    HEAD "00 00 00 01" PATH_A DATA_X WORLD "01  00 00 00 07",
    HEAD "00 00 00 0f" PATH_A "ff ff ff ff" WORLD "00  00 00 00 07",
    HEAD "00 00 00 13" PATH_A "00 00 00 00" WORLD "00 00 00 07",
    HEAD "00 00 00 15" PATH_A DATA_X WORLD "00 00 00 07  00 00 00 00 00 00 03 e8",
    HEAD "00 00 00 02" PATH_A,
    HEAD "00 00 00 14" PATH_A,
    HEAD "00 00 00 05" PATH_A DATA_X "80 00 00 00",
    HEAD "00 00 00 10" PATH_A DATA_X "00 00 00 01",
    HEAD "00 00 00 07" PATH_A WORLD "00 00 00 01",
    HEAD "ff ff ff f6  00 00 27 10",
    HEAD "ff ff ff f5",
    HEAD "ff ff ff f5  00 00 00 00",
    HEAD "ff ff ff f5  00 00 00 02" PATH_A PATH_A,
    HEAD "ff ff ff ff  ff ff ff 92",
    HEAD "00 00 00 0e  00 00 00 00",
    HEAD "00 00 00 0e  00 00 00 02  00 00 00 02 00 00 00 06" PATH_A
         "ff ff ff ff 00 00 00 04 ff ff ff fe",
};

enum { SINGLE_COUNT = sizeof(singles) / sizeof(singles[0]) };

static void every_type_is_encoded_as_it_was_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        struct fixture f;
        assert_true(open_txn(&f, singles[i]));
        assert_false(f.txn.has_digest);
        assert_encodes_as_read(&f);
        close_txn(&f);
    }
}

static void every_type_may_carry_a_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        struct buf text = {0};
        struct fixture f;
        buf_printf(&text, "%s %s", singles[i], DIGEST);
        assert_true(open_txn(&f, buf_cstr(&text)));
        assert_true(f.txn.has_digest);
        assert_int_equal(f.txn.digest.tree_digest, 0xdf04f71e);
        bool is_bare_close =
            f.txn.header.type == OP_CLOSE_SESSION && f.txn.op.close_session.paths.count < 0;
        if (!is_bare_close) { // never written with a digest
            assert_encodes_as_read(&f);
        }
        close_txn(&f);
        buf_fini(&text);
    }
}

// A cut may leave a legal form: without the digest, or what an old server wrote.
static bool is_legal_cut(const struct txn *t, size_t cut, size_t whole)
{
    return cut == whole - 12 ||
           (t->header.type == OP_CREATE && t->op.create.parent_cversion == -1) ||
           (t->header.type == OP_CLOSE_SESSION && t->op.close_session.paths.count < 0);
}

static void transaction_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        struct buf whole = hex_bytes(singles[i]);
        hex_append(&whole, DIGEST);
        for (size_t cut = 0; cut < whole.len; cut++) {
            uint8_t *part = mem_alloc(cut + 1);
            memcpy(part + 1, whole.data, cut);
            struct arena arena = {0};
            struct txn t = {.op_count = 77};
            enum err e = txn_decode(slice_of(part + 1, cut), &arena, STRING_MAX, &t);
            if (e == ERR_OK) {
                // Twelve bytes of a list of two paths look like a digest.
                assert_true(!t.has_digest || t.header.type == OP_CLOSE_SESSION);
                assert_true(is_legal_cut(&t, cut, whole.len));
            } else {
                assert_int_equal(e, ERR_MALFORMED);
                assert_int_equal(t.op_count, 77);
            }
            arena_fini(&arena);
            mem_free(part);
        }
        buf_fini(&whole);
    }
}

static void bytes_that_are_no_digest_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        struct buf text = {0};
        buf_printf(&text, "%s %s 00", singles[i], DIGEST);
        struct fixture f;
        assert_false(open_txn(&f, buf_cstr(&text)));
        close_txn(&f);
        buf_fini(&text);
    }
    assert_refused(HEAD "00 00 00 02" PATH_A "00 00 00 02 00 00 00 00 00 00 00");
}

static void types_that_are_no_transaction_are_refused(void **state)
{
    (void)state;
    assert_refused(HEAD "00 00 00 0d" PATH_A "00 00 00 01"); // check is only a part of a multi
    assert_refused(HEAD "00 00 00 03" PATH_A "00");
    assert_refused(HEAD "00 00 00 00");
    assert_refused(HEAD "00 00 00 0b");
    assert_refused(HEAD "00 00 00 16  00 00 00 00");
    assert_refused(HEAD "7f ff ff ff");
    assert_refused(HEAD);
    assert_refused("");
}

static void null_path_is_refused(void **state)
{
    (void)state;
    assert_refused(HEAD "00 00 00 02  ff ff ff ff");
    assert_refused(HEAD "00 00 00 05  ff ff ff ff" DATA_X "00 00 00 01");
    assert_refused(HEAD "00 00 00 01  ff ff ff ff" DATA_X WORLD "00  00 00 00 01");
    assert_refused(HEAD "ff ff ff f5  00 00 00 02" PATH_A "ff ff ff ff");
}

static void strings_above_the_limit_are_refused(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes(HEAD "00 00 00 05" PATH_A "00 00 00 05 \"hello\" 00 00 00 01");
    struct arena arena = {0};
    struct txn t;
    assert_int_equal(txn_decode(buf_slice(&bytes), &arena, 5, &t), ERR_OK);
    assert_int_equal(txn_decode(buf_slice(&bytes), &arena, 4, &t), ERR_MALFORMED);
    arena_fini(&arena);
    buf_fini(&bytes);
}

// ---- the old forms ----

static void create_of_an_old_server_has_no_parent_version(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_txn(&f, HEAD "00 00 00 01" PATH_A DATA_X WORLD "01"));
    assert_true(slice_equal_str(f.txn.op.create.path, "/a"));
    assert_int_equal(f.txn.op.create.acl.count, 1);
    assert_true(f.txn.op.create.ephemeral);
    assert_int_equal(f.txn.op.create.parent_cversion, -1);
    assert_false(f.txn.has_digest);
    close_txn(&f);
    assert_refused(HEAD "00 00 00 0f" PATH_A DATA_X WORLD "01"); // create2 is younger
    assert_refused(HEAD "00 00 00 01" PATH_A DATA_X WORLD "01 00 00");
}

static void close_session_has_three_forms(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_txn(&f, HEAD "ff ff ff f5"));
    assert_int_equal(f.txn.op.close_session.paths.count, -1);
    assert_false(f.txn.has_digest);
    close_txn(&f);
    assert_true(open_txn(&f, HEAD "ff ff ff f5" DIGEST));
    assert_int_equal(f.txn.op.close_session.paths.count, -1);
    assert_true(f.txn.has_digest);
    close_txn(&f);
    assert_true(open_txn(&f, HEAD "ff ff ff f5  00 00 00 01" PATH_A DIGEST));
    assert_int_equal(f.txn.op.close_session.paths.count, 1);
    assert_true(slice_equal_str(f.txn.op.close_session.paths.items[0], "/a"));
    assert_true(f.txn.has_digest);
    close_txn(&f);
    // Twelve bytes that do not begin with the digest's version are a list.
    assert_true(open_txn(&f, HEAD "ff ff ff f5  00 00 00 01  00 00 00 04 \"/abc\""));
    assert_int_equal(f.txn.op.close_session.paths.count, 1);
    close_txn(&f);
}

static void close_session_without_body_is_written_without_digest(void **state)
{
    (void)state;
    struct txn t = {
        .header = {.type = OP_CLOSE_SESSION},
        .op = {.type = OP_CLOSE_SESSION, .close_session = {.paths = {.count = -1}}},
        .has_digest = true,
        .digest = {.version = TXN_DIGEST_VERSION, .tree_digest = 1},
    };
    struct buf out = {0};
    txn_encode(&t, &out);
    assert_int_equal(out.len, 32);
    buf_clear(&out);
    t.op.close_session.paths.count = 0;
    txn_encode(&t, &out);
    assert_int_equal(out.len, 32 + 4 + 12);
    buf_fini(&out);
}

// ---- multi ----

#define PART_CREATE2                                                                               \
    "00 00 00 0f  00 00 00 2b" PATH_A DATA_X WORLD "00  00 00 00 01" // 43 bytes of body
#define PART_CONTAINER "00 00 00 13  00 00 00 2a" PATH_A DATA_X WORLD "00 00 00 01"
#define PART_TTL                                                                                   \
    "00 00 00 15  00 00 00 32" PATH_A DATA_X WORLD "00 00 00 01  00 00 00 00 00 00 00 09"
#define PART_DELETE "00 00 00 02  00 00 00 06" PATH_A
#define PART_REAP "00 00 00 14  00 00 00 06" PATH_A
#define PART_SET_DATA "00 00 00 05  00 00 00 0f" PATH_A DATA_X "00 00 00 03"
#define PART_CHECK "00 00 00 0d  00 00 00 0a" PATH_A "00 00 00 04"
#define PART_ERROR(code) "ff ff ff ff  00 00 00 04  " code

static void multi_holds_parts_of_every_legal_type(void **state)
{
    (void)state;
    static const int32_t types[] = {OP_CREATE2, OP_CREATE_CONTAINER, OP_CREATE_TTL,
                                    OP_DELETE,  OP_DELETE_CONTAINER, OP_SET_DATA,
                                    OP_CHECK};
    enum { COUNT = sizeof(types) / sizeof(types[0]) };
    struct fixture f;
    assert_true(open_txn(&f, HEAD "00 00 00 0e  00 00 00 07" PART_CREATE2 PART_CONTAINER PART_TTL
                                 PART_DELETE PART_REAP PART_SET_DATA PART_CHECK DIGEST));
    assert_int_equal(f.txn.op.type, OP_MULTI);
    assert_int_equal(f.txn.op_count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(f.txn.ops[i].type, types[i]);
    }
    assert_int_equal(f.txn.ops[2].create_ttl.ttl_ms, 9);
    assert_int_equal(f.txn.ops[5].set_data.version, 3);
    assert_int_equal(f.txn.ops[6].check.version, 4);
    assert_true(f.txn.has_digest);
    assert_encodes_as_read(&f);
    close_txn(&f);
}

static void failed_multi_keeps_its_type_and_codes(void **state)
{
    (void)state;
    struct fixture f;
    assert_true(open_txn(&f, HEAD "00 00 00 0e  00 00 00 03" PART_DELETE PART_ERROR("ff ff ff 9b")
                                 PART_ERROR("ff ff ff fe") DIGEST));
    assert_int_equal(f.txn.op.type, OP_MULTI);
    assert_int_equal(f.txn.ops[0].type, OP_DELETE);
    assert_int_equal(f.txn.ops[1].type, OP_ERROR);
    assert_int_equal(f.txn.ops[1].error.err, ZK_NO_NODE);
    assert_int_equal(f.txn.ops[2].error.err, ZK_RUNTIME_INCONSISTENCY);
    assert_encodes_as_read(&f);
    close_txn(&f);
}

static void parts_that_no_multi_may_hold_are_refused(void **state)
{
    (void)state;
    assert_refused(HEAD "00 00 00 0e  00 00 00 01  00 00 00 07 00 00 00 25" PATH_A WORLD
                        "00 00 00 01");
    assert_refused(HEAD "00 00 00 0e  00 00 00 01  00 00 00 10 00 00 00 0f" PATH_A DATA_X
                        "00 00 00 03");
    assert_refused(HEAD "00 00 00 0e  00 00 00 01  ff ff ff f6 00 00 00 04 00 00 27 10");
    assert_refused(HEAD "00 00 00 0e  00 00 00 01  00 00 00 0e 00 00 00 04 00 00 00 00");
    assert_refused(HEAD "00 00 00 0e  00 00 00 01  00 00 00 02 ff ff ff ff 00 00 00 00");
    assert_refused(HEAD "00 00 00 0e  ff ff ff ff");
    assert_refused(HEAD "00 00 00 0e  10 00 00 00" PART_DELETE);
}

static void part_may_not_reach_behind_its_own_bytes(void **state)
{
    (void)state;
    assert_refused(HEAD "00 00 00 0e  00 00 00 02  00 00 00 02 00 00 00 05" PATH_A PART_DELETE);
    assert_refused(HEAD "00 00 00 0e  00 00 00 01  00 00 00 02 00 00 00 07" PATH_A);
    // Bytes behind a part are ignored, as Java does.
    struct fixture f;
    assert_true(
        open_txn(&f, HEAD "00 00 00 0e  00 00 00 01  00 00 00 02 00 00 00 08" PATH_A "00 00"));
    assert_int_equal(f.txn.op_count, 1);
    close_txn(&f);
}

// Else recovery would take a full machine for a damaged log.
static void no_memory_is_never_taken_for_a_malformed_transaction(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes(HEAD "00 00 00 0e  00 00 00 01" PART_DELETE);
    struct arena arena = {0};
    struct txn t;
    mem_fail_after(1); // of those that may fail: it makes none
    assert_int_equal(txn_decode(buf_slice(&bytes), &arena, STRING_MAX, &t), ERR_OK);
    mem_fail_after(0);
    arena_fini(&arena);
    buf_fini(&bytes);
}

// ---- text ----

static void assert_prints(const char *bytes, const char *want)
{
    struct fixture f;
    struct buf text = {0};
    assert_true(open_txn(&f, bytes));
    txn_print(&f.txn, &text);
    assert_string_equal(buf_cstr(&text), want);
    buf_fini(&text);
    close_txn(&f);
}

static void transactions_print_as_one_line(void **state)
{
    (void)state;
    assert_prints(HEAD "00 00 00 01" PATH_A DATA_X WORLD "00   00 00 00 01" DIGEST,
                  "zxid=0x2 session=0x1000034651d0000 cxid=1 type=create time_ms=1795221633911 "
                  "path=/a data=1:78 acl=[{perms=31 id={scheme=world id=anyone}}] "
                  "ephemeral=false parent_cversion=1 digest=2:0xdf04f71e");
    assert_prints(HEAD "ff ff ff ff  ff ff ff 92",
                  "zxid=0x2 session=0x1000034651d0000 cxid=1 type=error time_ms=1795221633911 "
                  "err=-110 code=NODE_EXISTS");
    assert_prints(HEAD "00 00 00 0e  00 00 00 02" PART_DELETE PART_ERROR("ff ff ff 9b"),
                  "zxid=0x2 session=0x1000034651d0000 cxid=1 type=multi time_ms=1795221633911 "
                  "ops=2 {type=delete path=/a} {type=error err=-101 code=NO_NODE}");
    assert_prints(HEAD "ff ff ff f5", "zxid=0x2 session=0x1000034651d0000 cxid=1 type=closeSession "
                                      "time_ms=1795221633911 paths=null");
}

// The name of the type and of the last field of the body.
static void every_type_prints_its_body(void **state)
{
    (void)state;
    static const char *const ends[SINGLE_COUNT] = {
        "type=create ",
        " ephemeral=false parent_cversion=7",
        "type=createContainer ",
        " parent_cversion=7 ttl_ms=1000",
        "type=delete ",
        "type=deleteContainer ",
        " data=1:78 version=-2147483648",
        "type=reconfig ",
        "type=setACL ",
        " timeout_ms=10000",
        " paths=null",
        " paths=[]",
        " paths=[/a,/a]",
        " err=-110 code=NODE_EXISTS",
        "type=multi ",
        " ops=2 {type=delete path=/a} {type=error err=-2 code=RUNTIME_INCONSISTENCY}",
    };
    for (size_t i = 0; i < SINGLE_COUNT; i++) {
        struct fixture f;
        struct buf text = {0};
        assert_true(open_txn(&f, singles[i]));
        txn_print(&f.txn, &text);
        if (strstr(buf_cstr(&text), ends[i]) == NULL) {
            fail_msg("no '%s' in: %s", ends[i], buf_cstr(&text));
        }
        buf_fini(&text);
        close_txn(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_create_session_is_read),
        cmocka_unit_test(recorded_create_is_read),
        cmocka_unit_test(every_type_is_encoded_as_it_was_read),
        cmocka_unit_test(every_type_may_carry_a_digest),
        cmocka_unit_test(transaction_cut_anywhere_is_refused),
        cmocka_unit_test(bytes_that_are_no_digest_are_refused),
        cmocka_unit_test(types_that_are_no_transaction_are_refused),
        cmocka_unit_test(null_path_is_refused),
        cmocka_unit_test(strings_above_the_limit_are_refused),
        cmocka_unit_test(create_of_an_old_server_has_no_parent_version),
        cmocka_unit_test(close_session_has_three_forms),
        cmocka_unit_test(close_session_without_body_is_written_without_digest),
        cmocka_unit_test(multi_holds_parts_of_every_legal_type),
        cmocka_unit_test(failed_multi_keeps_its_type_and_codes),
        cmocka_unit_test(parts_that_no_multi_may_hold_are_refused),
        cmocka_unit_test(part_may_not_reach_behind_its_own_bytes),
        cmocka_unit_test(no_memory_is_never_taken_for_a_malformed_transaction),
        cmocka_unit_test(transactions_print_as_one_line),
        cmocka_unit_test(every_type_prints_its_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
