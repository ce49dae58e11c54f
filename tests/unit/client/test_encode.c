// SPDX-License-Identifier: Apache-2.0
//
// Frames of operations: what they say, and what is refused before there is one.
#include "base/mem.h"
#include "client/encode.h"
#include "tests/unit/client/unit.h"

struct encoded {
    struct arena arena;
    struct prepared prepared;
    struct buf frame;
    struct jute_in body; // behind the request header
};

// Encode with the xid 7 and read back the header.
static int encode(struct encoded *e, const struct paddock_op *op, const char *chroot)
{
    *e = (struct encoded){0};
    int code = encode_prepare(op, slice_str(chroot), &e->arena, &e->prepared);
    if (code != PADDOCK_OK) {
        arena_fini(&e->arena);
        return code;
    }
    uint8_t *to = buf_reserve(&e->frame, e->prepared.frame_bytes);
    encode_frame(&e->prepared, 7, to);
    e->frame.len = e->prepared.frame_bytes;
    assert_int_equal(be32_load(to), e->frame.len - 4);
    jute_in_init(&e->body, slice_skip(buf_slice(&e->frame), 4), &e->arena, INT32_MAX);
    struct jute_request_header h;
    assert_true(jute_request_header_decode(&e->body, &h));
    assert_int_equal(h.xid, 7);
    assert_int_equal(h.type, e->prepared.type);
    return PADDOCK_OK;
}

static void done(struct encoded *e)
{
    assert_false(e->body.failed);
    assert_int_equal(jute_in_left(&e->body), 0); // every byte was meant
    buf_fini(&e->frame);
    arena_fini(&e->arena);
}

static int code_of(struct paddock_op op)
{
    struct encoded e;
    int code = encode(&e, &op, "");
    if (code == PADDOCK_OK) {
        buf_fini(&e.frame);
        arena_fini(&e.arena);
    }
    return code;
}

static void create_takes_the_opcode_of_its_mode(void **state)
{
    (void)state;
    static const int32_t opcodes[] = {OP_CREATE2,          OP_CREATE2,    OP_CREATE2,   OP_CREATE2,
                                      OP_CREATE_CONTAINER, OP_CREATE_TTL, OP_CREATE_TTL};
    for (int mode = 0; mode <= PADDOCK_PERSISTENT_SEQUENTIAL_TTL; mode++) {
        struct encoded e;
        struct paddock_op op = {.type = PADDOCK_OP_CREATE,
                                .path = "/n",
                                .data = paddock_text("data"),
                                .mode = (enum paddock_mode)mode,
                                .ttl_ms = opcodes[mode] == OP_CREATE_TTL ? 99 : 0};
        assert_int_equal(encode(&e, &op, "/app"), PADDOCK_OK);
        assert_int_equal(e.prepared.type, opcodes[mode]);
        struct jute_create_request r;
        assert_true(jute_create_request_decode(&e.body, &r));
        assert_true(slice_equal_str(r.path, "/app/n"));
        assert_true(slice_equal_str(r.data, "data"));
        assert_int_equal(r.flags, mode);
        assert_int_equal(r.acl.count, 1);
        assert_int_equal(r.acl.items[0].perms, 31);
        assert_true(slice_equal_str(r.acl.items[0].id.scheme, "world"));
        int64_t ttl_ms = 0;
        if (op.ttl_ms > 0) {
            assert_true(jute_in_i64(&e.body, &ttl_ms));
        }
        assert_int_equal(ttl_ms, op.ttl_ms);
        done(&e);
    }
}

static void null_data_and_given_acls_go_as_they_are(void **state)
{
    (void)state;
    struct encoded e;
    struct jute_create_request r;
    const struct paddock_acl acl[] = {{1, "digest", "a:b"}, {-1, "ip", "10.0.0.0/8"}};
    struct paddock_op op = {.type = PADDOCK_OP_CREATE, .path = "/n", .acl = acl, .acl_count = 2};
    assert_int_equal(encode(&e, &op, ""), PADDOCK_OK);
    assert_true(jute_create_request_decode(&e.body, &r));
    assert_true(slice_is_null(r.data));
    assert_int_equal(r.acl.count, 2);
    assert_int_equal(r.acl.items[1].perms, -1);
    assert_true(slice_equal_str(r.acl.items[1].id.id, "10.0.0.0/8"));
    done(&e);
    op = (struct paddock_op){.type = PADDOCK_OP_CREATE, .path = "/n", .is_acl_given = true};
    assert_int_equal(encode(&e, &op, ""), PADDOCK_OK);
    assert_true(jute_create_request_decode(&e.body, &r));
    assert_int_equal(r.acl.count, 0);
    done(&e);
}

static void sequential_root_of_a_chroot_gets_a_name(void **state)
{
    (void)state;
    struct encoded e;
    struct jute_create_request r;
    struct paddock_op op = {
        .type = PADDOCK_OP_CREATE, .path = "/", .mode = PADDOCK_PERSISTENT_SEQUENTIAL};
    assert_int_equal(encode(&e, &op, "/app"), PADDOCK_OK);
    assert_true(jute_create_request_decode(&e.body, &r));
    assert_true(slice_equal_str(r.path, "/app/"));
    done(&e);
    op.path = "/dir/";
    assert_int_equal(encode(&e, &op, ""), PADDOCK_OK);
    assert_true(jute_create_request_decode(&e.body, &r));
    assert_true(slice_equal_str(r.path, "/dir/"));
    done(&e);
}

static void every_operation_has_a_frame_of_the_announced_size(void **state)
{
    (void)state;
    static const int32_t opcodes[] = {OP_CREATE2,        OP_DELETE,
                                      OP_EXISTS,         OP_GET_DATA,
                                      OP_SET_DATA,       OP_GET_ACL,
                                      OP_SET_ACL,        OP_GET_CHILDREN2,
                                      OP_SYNC,           OP_CHECK,
                                      OP_MULTI,          OP_MULTI_READ,
                                      OP_GET_EPHEMERALS, OP_GET_ALL_CHILDREN_NUMBER,
                                      OP_ADD_WATCH,      OP_REMOVE_WATCHES,
                                      OP_RECONFIG,       OP_WHO_AM_I,
                                      OP_AUTH,           OP_GET_DATA};
    for (int type = 0; type <= PADDOCK_OP_GET_CONFIG; type++) {
        if (type == PADDOCK_OP_CHECK) {
            continue;
        }
        struct encoded e;
        struct paddock_op op = {.type = (enum paddock_op_type)type,
                                .path = "/some/path",
                                .data = paddock_text("data"),
                                .scheme = "digest",
                                .watch_kind = PADDOCK_WATCH_ANY,
                                .joining = "server.1"};
        assert_int_equal(encode(&e, &op, "/c"), PADDOCK_OK); // encode_frame asserts the size
        assert_int_equal(e.prepared.type, opcodes[type]);
        buf_fini(&e.frame);
        arena_fini(&e.arena);
    }
}

static void multi_holds_its_parts_in_order(void **state)
{
    (void)state;
    struct encoded e;
    struct multi m;
    const struct paddock_op parts[] = {
        {.type = PADDOCK_OP_CHECK, .path = "/c", .is_versioned = true, .version = 3},
        {.type = PADDOCK_OP_CREATE, .path = "/n", .mode = PADDOCK_EPHEMERAL},
        {.type = PADDOCK_OP_CREATE, .path = "/t", .mode = PADDOCK_PERSISTENT_TTL, .ttl_ms = 5},
        {.type = PADDOCK_OP_SET, .path = "/s", .data = paddock_text("x")},
        {.type = PADDOCK_OP_DELETE, .path = "/d"}};
    struct paddock_op op = {.type = PADDOCK_OP_MULTI, .parts = parts, .part_count = 5};
    assert_int_equal(encode(&e, &op, "/app"), PADDOCK_OK);
    assert_true(multi_decode(&e.body, &m));
    assert_int_equal(m.count, 5);
    assert_int_equal(m.ops[0].path_version.version, 3);
    assert_int_equal(m.ops[1].type, OP_CREATE); // not create2: older servers cannot apply that
    assert_int_equal(m.ops[2].create_ttl.ttl_ms, 5);
    assert_true(slice_equal_str(multi_op_path(&m.ops[3]), "/app/s"));
    assert_int_equal(m.ops[4].path_version.version, -1);
    done(&e);
    op = (struct paddock_op){.type = PADDOCK_OP_MULTI};
    assert_int_equal(encode(&e, &op, ""), PADDOCK_OK);
    assert_true(multi_decode(&e.body, &m));
    assert_int_equal(m.count, 0);
    done(&e);
}

static void prefix_of_ephemerals_is_all_or_the_chroot(void **state)
{
    (void)state;
    static const struct {
        const char *chroot, *path, *expected;
    } rows[] = {{"", NULL, "/"}, {"/app", NULL, "/app"}, {"/app", "/x", "/app/x"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct encoded e;
        struct jute_path r;
        struct paddock_op op = {.type = PADDOCK_OP_GET_EPHEMERALS, .path = rows[i].path};
        assert_int_equal(encode(&e, &op, rows[i].chroot), PADDOCK_OK);
        assert_true(jute_path_decode(&e.body, &r));
        assert_true(slice_equal_str(r.path, rows[i].expected));
        done(&e);
    }
}

static void hear(struct paddock *zk, const struct paddock_event *event, void *ctx)
{
    (void)zk;
    (void)event;
    (void)ctx;
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    const struct paddock_op set_acl = {.type = PADDOCK_OP_SET_ACL, .path = "/a", .acl_count = 1};
    const struct paddock_op watching = {
        .type = PADDOCK_OP_GET, .path = "/a", .watch = {hear, NULL}};
    const struct paddock_op bad[] = {
        {.type = PADDOCK_OP_GET},
        {.type = PADDOCK_OP_GET, .path = "a"},
        {.type = PADDOCK_OP_GET, .path = "/a/"},
        {.type = PADDOCK_OP_CREATE, .path = "/a", .mode = (enum paddock_mode)7},
        {.type = PADDOCK_OP_CREATE, .path = "/a", .mode = (enum paddock_mode) - 1},
        {.type = PADDOCK_OP_CREATE, .path = "/a", .ttl_ms = 5},
        {.type = PADDOCK_OP_CREATE, .path = "/a", .mode = PADDOCK_PERSISTENT_TTL},
        {.type = PADDOCK_OP_CREATE, .path = "/a/", .mode = PADDOCK_EPHEMERAL},
        {.type = PADDOCK_OP_CREATE,
         .path = "/a",
         .mode = PADDOCK_PERSISTENT_TTL,
         .ttl_ms = INT64_C(1) << 40},
        {.type = PADDOCK_OP_CHECK, .path = "/a"},
        {.type = PADDOCK_OP_ADD_AUTH},
        {.type = PADDOCK_OP_REMOVE_WATCHES, .path = "/a"},
        {.type = PADDOCK_OP_REMOVE_WATCHES, .path = "/a", .watch_kind = (enum paddock_watch_kind)6},
        {.type = PADDOCK_OP_MULTI, .parts = &set_acl, .part_count = 1},
        {.type = PADDOCK_OP_MULTI_READ, .parts = &watching, .part_count = 1},
        {.type = (enum paddock_op_type)99, .path = "/a"},
        set_acl,
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(code_of(bad[i]), PADDOCK_BAD_ARGUMENTS);
    }
}

static void frame_above_a_gibibyte_is_too_big(void **state)
{
    (void)state;
    struct paddock_op op = {.type = PADDOCK_OP_SET,
                            .path = "/a",
                            .data = {.bytes = "not so many", .len = (size_t)1 << 30}};
    struct arena arena = {0};
    struct prepared p;
    assert_int_equal(encode_prepare(&op, slice_str(""), &arena, &p), PADDOCK_TOO_BIG);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_takes_the_opcode_of_its_mode),
        cmocka_unit_test(null_data_and_given_acls_go_as_they_are),
        cmocka_unit_test(sequential_root_of_a_chroot_gets_a_name),
        cmocka_unit_test(every_operation_has_a_frame_of_the_announced_size),
        cmocka_unit_test(multi_holds_its_parts_in_order),
        cmocka_unit_test(prefix_of_ephemerals_is_all_or_the_chroot),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(frame_above_a_gibibyte_is_too_big),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
