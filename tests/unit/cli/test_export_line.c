// SPDX-License-Identifier: Apache-2.0
//
// A line that was written is read as what it was; what is no line of an export is refused.
#include "cli/export_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/prng.h"

struct round {
    struct buf text;
    struct arena arena;
    struct export_line line;
    char why[EXPORT_WHY_BYTES];
};

static void round_fini(struct round *r)
{
    buf_fini(&r->text);
    arena_fini(&r->arena);
}

static bool parse(struct round *r)
{
    return export_line_parse(buf_slice(&r->text), &r->arena, &r->line, r->why);
}

static void assert_round_trip(const struct node *n)
{
    struct round r = {0};
    export_line_node(n, &r.text);
    assert_int_equal(r.text.data[r.text.len - 1], '\n');
    assert_null(memchr(r.text.data, '\n', r.text.len - 1));
    assert_true(parse(&r));
    const struct node *read = &r.line.node;
    assert_int_equal(r.line.kind, EXPORT_LINE_NODE);
    assert_string_equal(read->path, n->path);
    assert_int_equal(read->kind, n->kind);
    assert_int_equal(read->owner, n->owner);
    assert_int_equal(read->ttl_ms, n->ttl_ms);
    assert_int_equal(read->has_data, n->has_data);
    assert_int_equal(read->data_bytes, n->data_bytes);
    assert_true(node_data_equal(read, n) || !n->has_data);
    assert_true(!n->has_acl || node_acl_equal(read, n));
    assert_int_equal(read->version, n->version);
    assert_int_equal(read->mtime_ms, n->mtime_ms);
    round_fini(&r);
}

static struct node node_with(const void *bytes, size_t len)
{
    static const struct paddock_acl open = {PADDOCK_ALL, "world", "anyone"};
    return (struct node){.path = "a/b",
                         .has_data = true,
                         .data = {bytes, len},
                         .data_bytes = (int64_t)len,
                         .has_acl = true,
                         .acl = &open,
                         .acl_count = 1,
                         .version = 3,
                         .ctime_ms = 5,
                         .mtime_ms = INT64_C(1700000000000)};
}

static void values_come_back_byte_for_byte(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",     "plain",          "\"\\/\b\f\n\r\t\x1f\x7f", "\xc3\xa9",
        "\xff", "\xed\xa0\x80",   "\xf0\x9f\x98\x80",        "\xe2\x80\xa8",
        "\xc2", "\xef\xbf\xbd\n", "\xc2\x85\xe2\x80\xa9"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct node n = node_with(texts[i], strlen(texts[i]));
        assert_round_trip(&n);
    }
    struct node null = node_with(NULL, 0), zeros = node_with("a\0b", 3);
    assert_round_trip(&null);
    assert_round_trip(&zeros);
}

static void random_bytes_come_back(void **state)
{
    (void)state;
    struct prng random;
    prng_init(&random, 4);
    for (int i = 0; i < 2000; i++) {
        uint8_t bytes[64];
        size_t len = (size_t)prng_below(&random, sizeof(bytes));
        for (size_t j = 0; j < len; j++) {
            bytes[j] = (uint8_t)prng_below(&random, i % 2 == 0 ? 256 : 128);
        }
        struct node n = node_with(bytes, len);
        assert_round_trip(&n);
    }
}

static void kinds_and_acls_come_back(void **state)
{
    (void)state;
    static const struct paddock_acl acl[] = {{5, "digest", "bob:a\"b="},
                                             {0, "ip", "10.0.0.0/8"},
                                             {31, "x509", "CN=\xc3\xa9, O=x"},
                                             {64 + 1, "ext", ""}};
    struct node n = node_with("x", 1);
    n.acl = acl;
    n.acl_count = 4;
    assert_round_trip(&n);
    n.kind = NODE_EPHEMERAL;
    n.owner = (int64_t)UINT64_C(0xf100000000000001);
    assert_round_trip(&n);
    n.kind = NODE_TTL;
    n.owner = 0;
    n.ttl_ms = 1;
    assert_round_trip(&n);
    n.kind = NODE_CONTAINER;
    n.ttl_ms = 0;
    n.path = "";
    assert_round_trip(&n);
    n.has_data = false;
    n.data_bytes = 77;
    assert_round_trip(&n);
}

static void an_open_acl_and_a_persistent_kind_need_no_words(void **state)
{
    (void)state;
    struct buf text = {0};
    struct node n = node_with("x", 1);
    export_line_node(&n, &text);
    assert_string_equal(buf_cstr(&text),
                        "{\"path\":\"a/b\",\"data\":\"x\",\"version\":3,\"ctime_ms\":5,"
                        "\"mtime_ms\":1700000000000}\n");
    buf_fini(&text);
}

static void header_and_end_come_back(void **state)
{
    (void)state;
    struct round r = {0};
    struct export_header h = {.source = "a:1,b:2",
                              .path = "/app",
                              .zxid = INT64_MAX,
                              .time_ms = 1,
                              .has_acl = true,
                              .has_kinds = true};
    export_line_header(&h, &r.text);
    assert_true(parse(&r));
    assert_int_equal(r.line.kind, EXPORT_LINE_HEADER);
    assert_string_equal(r.line.header.source, "a:1,b:2");
    assert_string_equal(r.line.header.path, "/app");
    assert_int_equal(r.line.header.zxid, INT64_MAX);
    assert_true(r.line.header.has_acl && r.line.header.has_kinds);
    assert_false(r.line.header.has_ephemerals);
    buf_clear(&r.text);
    struct export_end end = {.nodes = 7, .data_bytes = 9, .crc32 = 0x00abcdef};
    export_line_end(&end, &r.text);
    assert_true(parse(&r));
    assert_int_equal(r.line.kind, EXPORT_LINE_END);
    assert_int_equal(r.line.end.nodes, 7);
    assert_int_equal(r.line.end.crc32, 0x00abcdef);
    round_fini(&r);
}

static void what_is_no_line_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const lines[][2] = {
        {"", "no JSON"},
        {"[]", "no object of an export"},
        {"5", "no object of an export"},
        {"{\"path\":\"a\"", "no JSON: column"},
        {"{\"path\":\"a\"}", "there is to be one of data"},
        {"{\"path\":\"a\",\"data\":\"\",\"data_base64\":\"\"}", "there is to be one of data"},
        {"{\"path\":\"a\",\"data\":5}", "the data is no text"},
        {"{\"path\":\"a\",\"data_base64\":\"a\"}", "no base64"},
        {"{\"path\":5,\"data\":\"\"}", "there is no text path"},
        {"{\"path\":\"/a\",\"data\":\"\"}", "not a path"},
        {"{\"path\":\"a/\",\"data\":\"\"}", "not a path"},
        {"{\"path\":\"a/../b\",\"data\":\"\"}", "not a path"},
        {"{\"path\":\"a\\u0000b\",\"data\":\"\"}", "a zero byte in path"},
        {"{\"path\":\"a\",\"data\":\"\",\"dta\":1}", "unknown member dta"},
        {"{\"path\":\"a\",\"data\":\"\",\"data\":\"\"}", "no JSON"},
        {"{\"path\":\"a\",\"data\":\"\",\"acl\":[]}", "acl is no list"},
        {"{\"path\":\"a\",\"data\":\"\",\"acl\":[{\"scheme\":\"world\",\"id\":\"anyone\"}]}",
         "perms"},
        {"{\"path\":\"a\",\"data\":\"\",\"acl\":[{\"scheme\":\"w\",\"id\":\"a\",\"perms\":\"z\"}]}",
         "perms"},
        {"{\"path\":\"a\",\"data\":\"\",\"acl\":[{\"scheme\":\"w\",\"id\":\"a\",\"perms\":\"r\","
         "\"x\":1}]}",
         "unknown member x"},
        {"{\"path\":\"a\",\"data\":\"\",\"kind\":\"sequential\"}", "kind is"},
        {"{\"path\":\"a\",\"data\":\"\",\"kind\":\"ttl\"}", "ttl_ms"},
        {"{\"path\":\"a\",\"data\":\"\",\"kind\":\"ttl\",\"ttl_ms\":0}", "ttl_ms"},
        {"{\"path\":\"a\",\"data\":\"\",\"kind\":\"ephemeral\"}", "owner"},
        {"{\"path\":\"a\",\"data\":\"\",\"version\":3000000000}", "version"},
        {"{\"format\":\"other\"}", "the format is not paddock-export but other"},
        {"{\"format\":\"paddock-export\",\"format_version\":2}", "newer program"},
        {"{\"end\":false,\"nodes\":1,\"data_bytes\":1,\"crc32\":\"0\"}", "an end that is false"},
        {"{\"end\":true,\"nodes\":-1,\"data_bytes\":1,\"crc32\":\"0\"}", "nodes"},
        {"{\"end\":true,\"nodes\":1,\"data_bytes\":1,\"crc32\":\"123456789\"}", "crc32"},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct round r = {0};
        buf_append_str(&r.text, lines[i][0]);
        assert_false(parse(&r));
        assert_non_null(strstr(r.why, lines[i][1]));
        round_fini(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_byte_for_byte),
        cmocka_unit_test(random_bytes_come_back),
        cmocka_unit_test(kinds_and_acls_come_back),
        cmocka_unit_test(an_open_acl_and_a_persistent_kind_need_no_words),
        cmocka_unit_test(header_and_end_come_back),
        cmocka_unit_test(what_is_no_line_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
