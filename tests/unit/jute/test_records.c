// SPDX-License-Identifier: Apache-2.0
//
// Every record of the schema goes through the same checks: random values come back as they were,
// and no shorter input is taken for the record. The byte layouts of a few are spelled out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/prng.h"
#include "jute/records.h"
#include "tests/unit/jute/hex.h"

enum { STRING_MAX = 1 << 20, ROUNDS = 100, ITEMS_MAX = 3 };

// ---- random values of every type, made like the codec from the schema ----

struct source {
    struct prng prng;
    struct arena arena;
};

static void fill_i32(struct source *s, int32_t *ret)
{
    *ret = (int32_t)prng_next(&s->prng);
}

static void fill_i64(struct source *s, int64_t *ret)
{
    *ret = (int64_t)prng_next(&s->prng);
}

static void fill_boolean(struct source *s, bool *ret)
{
    *ret = prng_below(&s->prng, 2) == 1;
}

// Null, empty, or up to 20 bytes below `bound`.
static void fill_bytes(struct source *s, unsigned bound, struct slice *ret)
{
    uint64_t len = prng_below(&s->prng, 22);
    if (len == 21) {
        *ret = slice_null();
        return;
    }
    uint8_t *bytes = arena_alloc(&s->arena, len + 1);
    for (uint64_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)prng_below(&s->prng, bound);
    }
    *ret = slice_of(bytes, len);
}

static void fill_str(struct source *s, struct slice *ret)
{
    fill_bytes(s, 0x80, ret);
}

static void fill_buf(struct source *s, struct slice *ret)
{
    fill_bytes(s, 0x100, ret);
}

#define DECLARE(name, type) static void fill_##name(struct source *s, struct jute_##name *ret);
JUTE_VECTORS(DECLARE)
#undef DECLARE

#define FILL_FIELD(type, field) fill_##type(s, &ret->field);
#define DEFINE(name, NAME)                                                                         \
    static void fill_##name(struct source *s, struct jute_##name *ret)                             \
    {                                                                                              \
        RECORD_##NAME(FILL_FIELD)                                                                  \
    }
JUTE_RECORDS(DEFINE)
#undef DEFINE

#define DEFINE(name, type)                                                                         \
    static void fill_##name(struct source *s, struct jute_##name *ret)                             \
    {                                                                                              \
        ret->count = (int32_t)prng_below(&s->prng, ITEMS_MAX + 2) - 1;                             \
        ret->items = arena_alloc(&s->arena, ITEMS_MAX * sizeof(*ret->items));                      \
        for (int32_t i = 0; i < ret->count; i++) {                                                 \
            fill_##type(s, &ret->items[i]);                                                        \
        }                                                                                          \
    }
JUTE_VECTORS(DEFINE)
#undef DEFINE

// ---- checks of one type ----

// A copy in memory of exactly its size, so that a read behind its end is seen by a sanitizer.
static struct slice exact_copy(struct slice s, size_t len)
{
    uint8_t *copy = mem_alloc(len);
    memcpy(copy, s.data, len);
    return slice_of(copy, len);
}

static void free_copy(struct slice s)
{
    mem_free((void *)(uintptr_t)s.data);
}

// Encoded, decoded and encoded again are the same bytes, and the text is one line.
#define DEFINE(name, unused)                                                                       \
    static void round_trip_##name(struct source *s)                                                \
    {                                                                                              \
        struct jute_##name v, back;                                                                \
        struct buf first = {0}, second = {0}, text = {0};                                          \
        struct jute_in in;                                                                         \
        fill_##name(s, &v);                                                                        \
        jute_##name##_encode(&v, &first);                                                          \
        struct slice bytes = exact_copy(buf_slice(&first), first.len);                             \
        jute_in_init(&in, bytes, &s->arena, STRING_MAX);                                           \
        assert_true(jute_##name##_decode(&in, &back));                                             \
        assert_int_equal(jute_in_left(&in), 0);                                                    \
        jute_##name##_encode(&back, &second);                                                      \
        assert_true(slice_equal(buf_slice(&first), buf_slice(&second)));                           \
        jute_##name##_print(&back, &text);                                                         \
        assert_true(text.len > 0);                                                                 \
        assert_null(memchr(text.data, '\n', text.len));                                            \
        free_copy(bytes);                                                                          \
        buf_fini(&first);                                                                          \
        buf_fini(&second);                                                                         \
        buf_fini(&text);                                                                           \
    }                                                                                              \
    static void cut_##name(struct source *s)                                                       \
    {                                                                                              \
        struct jute_##name v, before, back;                                                        \
        struct buf whole = {0};                                                                    \
        struct jute_in in;                                                                         \
        fill_##name(s, &v);                                                                        \
        jute_##name##_encode(&v, &whole);                                                          \
        memset(&before, 0x5a, sizeof(before));                                                     \
        for (size_t cut = 0; cut < whole.len; cut++) {                                             \
            struct slice bytes = exact_copy(buf_slice(&whole), cut);                               \
            memcpy(&back, &before, sizeof(back));                                                  \
            jute_in_init(&in, bytes, &s->arena, STRING_MAX);                                       \
            assert_false(jute_##name##_decode(&in, &back));                                        \
            assert_true(in.failed);                                                                \
            assert_memory_equal(&back, &before, sizeof(back));                                     \
            free_copy(bytes);                                                                      \
        }                                                                                          \
        buf_fini(&whole);                                                                          \
    }
JUTE_RECORDS(DEFINE)
JUTE_VECTORS(DEFINE)
#undef DEFINE

static void source_init(struct source *s)
{
    *s = (struct source){0};
    prng_init(&s->prng, 20);
}

static void every_record_survives_a_round_trip(void **state)
{
    (void)state;
    struct source s;
    source_init(&s);
    for (int round = 0; round < ROUNDS; round++) {
        arena_reset(&s.arena);
#define RUN(name, unused) round_trip_##name(&s);
        JUTE_RECORDS(RUN)
        JUTE_VECTORS(RUN)
#undef RUN
    }
    arena_fini(&s.arena);
}

static void every_record_fails_when_cut_at_any_byte(void **state)
{
    (void)state;
    struct source s;
    source_init(&s);
    for (int round = 0; round < ROUNDS / 10; round++) {
        arena_reset(&s.arena);
#define RUN(name, unused) cut_##name(&s);
        JUTE_RECORDS(RUN)
        JUTE_VECTORS(RUN)
#undef RUN
    }
    arena_fini(&s.arena);
}

// ---- layouts ----

#define ASSERT_ENCODED(name, text, ...)                                                            \
    do {                                                                                           \
        struct jute_##name value = {__VA_ARGS__};                                                  \
        struct buf out = {0};                                                                      \
        jute_##name##_encode(&value, &out);                                                        \
        hex_assert(buf_slice(&out), text);                                                         \
        buf_fini(&out);                                                                            \
    } while (0)

static void scalar_records_have_their_layouts(void **state)
{
    (void)state;
    ASSERT_ENCODED(reply_header, "00 00 00 02  00 00 00 00 00 00 00 03  ff ff ff 92", .xid = 2,
                   .zxid = 3, .err = -110);
    ASSERT_ENCODED(request_header, "ff ff ff f8  00 00 00 65", .xid = -8, .type = 101);
    ASSERT_ENCODED(multi_header, "ff ff ff ff 01 ff ff ff ff", .type = -1, .done = true, .err = -1);
    ASSERT_ENCODED(stat,
                   "00 00 00 00 00 00 00 01  00 00 00 00 00 00 00 02  00 00 00 00 00 00 00 03"
                   "00 00 00 00 00 00 00 04  00 00 00 05  00 00 00 06  00 00 00 07"
                   "00 00 00 00 00 00 00 08  00 00 00 09  00 00 00 0a  00 00 00 00 00 00 00 0b",
                   .czxid = 1, .mzxid = 2, .ctime = 3, .mtime = 4, .version = 5, .cversion = 6,
                   .aversion = 7, .ephemeral_owner = 8, .data_length = 9, .num_children = 10,
                   .pzxid = 11);
    ASSERT_ENCODED(stat_persisted,
                   "00 00 00 00 00 00 00 01  00 00 00 00 00 00 00 02  00 00 00 00 00 00 00 03"
                   "00 00 00 00 00 00 00 04  00 00 00 05  00 00 00 06  00 00 00 07"
                   "00 00 00 00 00 00 00 08  00 00 00 00 00 00 00 0b",
                   .czxid = 1, .mzxid = 2, .ctime = 3, .mtime = 4, .version = 5, .cversion = 6,
                   .aversion = 7, .ephemeral_owner = 8, .pzxid = 11);
    ASSERT_ENCODED(file_header, "\"ZKLG\" 00 00 00 02  00 00 00 00 00 00 00 00",
                   .magic = 0x5a4b4c47, .version = 2);
}

static void create_request_is_read_as_clients_send_it(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes("00 00 00 32  00 00 00 01  00 00 00 01"
                                 "00 00 00 02 \"/a\"  00 00 00 01 \"x\""
                                 "00 00 00 01  00 00 00 1f"
                                 "00 00 00 05 \"world\"  00 00 00 06 \"anyone\""
                                 "00 00 00 00");
    struct arena arena = {0};
    struct jute_in in;
    int32_t len;
    struct jute_request_header h;
    struct jute_create_request r;
    jute_in_init(&in, buf_slice(&bytes), &arena, STRING_MAX);
    assert_true(jute_in_i32(&in, &len) && len == 50);
    assert_true(jute_request_header_decode(&in, &h));
    assert_true(jute_create_request_decode(&in, &r));
    assert_int_equal(jute_in_left(&in), 0);
    assert_int_equal(h.xid, 1);
    assert_int_equal(h.type, 1);
    assert_true(slice_equal_str(r.path, "/a"));
    assert_true(slice_equal_str(r.data, "x"));
    assert_int_equal(r.acl.count, 1);
    assert_int_equal(r.acl.items[0].perms, 31);
    assert_true(slice_equal_str(r.acl.items[0].id.scheme, "world"));
    assert_true(slice_equal_str(r.acl.items[0].id.id, "anyone"));
    assert_int_equal(r.flags, 0);
    arena_fini(&arena);
    buf_fini(&bytes);
}

static void watcher_event_has_its_layout(void **state)
{
    (void)state;
    ASSERT_ENCODED(watcher_event, "00 00 00 03  00 00 00 03  00 00 00 02 \"/a\"", .type = 3,
                   .state = 3, .path = slice_str("/a"));
}

static void null_and_empty_have_different_bytes(void **state)
{
    (void)state;
    ASSERT_ENCODED(set_data_request, "00 00 00 01 \"/\"  ff ff ff ff  ff ff ff ff",
                   .path = slice_str("/"), .data = slice_null(), .version = -1);
    ASSERT_ENCODED(set_data_request, "00 00 00 01 \"/\"  00 00 00 00  ff ff ff ff",
                   .path = slice_str("/"), .data = slice_str(""), .version = -1);
    ASSERT_ENCODED(close_session_txn, "ff ff ff ff", .paths = {.count = -1});
    ASSERT_ENCODED(close_session_txn, "00 00 00 00", .paths = {.count = 0});
}

static void huge_count_of_a_vector_is_refused_before_memory_is_taken(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes("7f ff ff ff  00 00 00 00  00 00 00 00  00 00 00 00");
    struct arena arena = {0};
    struct jute_in in;
    struct jute_acl_vec v;
    jute_in_init(&in, buf_slice(&bytes), &arena, STRING_MAX);
    assert_false(jute_acl_vec_decode(&in, &v));
    assert_null(arena.blocks);
    buf_fini(&bytes);
}

// Bytes of world:anyone:31 with everything that may differ, one at a time.
static void the_usual_list_is_decoded_as_any_other(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes("00 00 00 01  00 00 00 1f  00 00 00 05 \"world\"  "
                                 "00 00 00 06 \"anyone\"  00 00 00 07");
    enum { LIST = 27 };
    struct arena arena = {0};
    struct jute_in in;
    struct jute_acl_vec v;
    int32_t behind;
    jute_in_init(&in, buf_slice(&bytes), &arena, STRING_MAX);
    assert_true(jute_acl_vec_decode(&in, &v));
    assert_true(jute_in_i32(&in, &behind) && behind == 7);
    assert_int_equal(v.count, 1);
    assert_int_equal(v.items[0].perms, 31);
    assert_true(slice_equal_str(v.items[0].id.scheme, "world"));
    assert_true(slice_equal_str(v.items[0].id.id, "anyone"));
    assert_null(arena.blocks);
    jute_in_init(&in, buf_slice(&bytes), &arena, 5); // "anyone" is too long
    assert_false(jute_acl_vec_decode(&in, &v));
    jute_in_init(&in, slice_of(bytes.data, LIST - 1), &arena, STRING_MAX);
    assert_false(jute_acl_vec_decode(&in, &v));
    for (size_t i = 0; i < LIST; i++) { // counts and lengths fail, the rest is another list
        bytes.data[i]++;
        jute_in_init(&in, slice_of(bytes.data, LIST), &arena, STRING_MAX);
        bool is_decoded = jute_acl_vec_decode(&in, &v);
        bool is_other = is_decoded && (v.items[0].perms != 31 ||
                                       !slice_equal_str(v.items[0].id.scheme, "world") ||
                                       !slice_equal_str(v.items[0].id.id, "anyone"));
        bool is_number = i < 4 || (i >= 8 && i < 12) || (i >= 17 && i < 21);
        assert_int_equal(is_other, !is_number);
        bytes.data[i]--;
    }
    arena_fini(&arena);
    buf_fini(&bytes);
}

static void no_memory_for_a_vector_is_a_failure(void **state)
{
    (void)state;
    struct buf bytes = hex_bytes("00 00 00 01  00 00 00 01  \"a\"");
    struct arena arena = {0};
    struct jute_in in;
    struct jute_str_vec v;
    jute_in_init(&in, buf_slice(&bytes), &arena, STRING_MAX);
    mem_fail_after(1);
    assert_false(jute_str_vec_decode(&in, &v));
    mem_fail_after(0);
    assert_true(in.failed);
    assert_true(in.is_out_of_memory); // not malformed: the caller answers differently
    buf_fini(&bytes);
}

// ---- comparison and text ----

static struct jute_acl acl_of(int32_t perms, const char *scheme, const char *id)
{
    return (struct jute_acl){.perms = perms,
                             .id = {.scheme = slice_str(scheme), .id = slice_str(id)}};
}

static void acl_lists_are_equal_only_in_all_parts(void **state)
{
    (void)state;
    struct jute_acl a[] = {acl_of(31, "world", "anyone"), acl_of(1, "ip", "10.0.0.1")};
    struct jute_acl b[] = {acl_of(31, "world", "anyone"), acl_of(1, "ip", "10.0.0.1")};
    struct jute_acl_vec x = {.count = 2, .items = a};
    struct jute_acl_vec y = {.count = 2, .items = b};
    assert_true(jute_acl_vec_equal(&x, &y));
    b[1].perms = 2;
    assert_false(jute_acl_vec_equal(&x, &y));
    b[1] = acl_of(1, "ip", "10.0.0.2");
    assert_false(jute_acl_vec_equal(&x, &y));
    b[1] = acl_of(1, "iq", "10.0.0.1");
    assert_false(jute_acl_vec_equal(&x, &y));
    y.count = 1;
    assert_false(jute_acl_vec_equal(&x, &y));
    struct jute_acl_vec null = {.count = -1};
    struct jute_acl_vec empty = {.count = 0};
    assert_true(jute_acl_vec_equal(&null, &null));
    assert_false(jute_acl_vec_equal(&null, &empty));
}

static void assert_text(struct buf *text, const char *want)
{
    assert_string_equal(buf_cstr(text), want);
    buf_clear(text);
}

static void records_print_as_one_line(void **state)
{
    (void)state;
    struct buf text = {0};
    struct jute_acl acl[] = {acl_of(31, "world", "anyone")};
    struct jute_create_request r = {.path = slice_str("/a b"),
                                    .data = slice_str("0123456789abcdefX"),
                                    .acl = {.count = 1, .items = acl},
                                    .flags = 2};
    jute_create_request_print(&r, &text);
    assert_text(&text, "path=\"/a b\" data=17:30313233343536373839616263646566.. "
                       "acl=[{perms=31 id={scheme=world id=anyone}}] flags=2");
    struct jute_path_watch w = {.path = slice_null(), .watch = true};
    jute_path_watch_print(&w, &text);
    assert_text(&text, "path=null watch=true");
    struct jute_set_acl_request s = {.path = slice_str("/"), .acl = {.count = -1}, .version = -1};
    jute_set_acl_request_print(&s, &text);
    assert_text(&text, "path=/ acl=null version=-1");
    struct jute_get_children_response c = {.children = {.count = 0}};
    jute_get_children_response_print(&c, &text);
    assert_text(&text, "children=[]");
    buf_fini(&text);
}

static void strings_print_without_breaking_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        const char *text;
    } cases[] = {
        {"/zookeeper/quota", "/zookeeper/quota"},
        {"", "\"\""},
        {"null", "\"null\""},
        {"a\nb", "\"a\\x0ab\""},
        {"say \"hi\"\\", "\"say \\\"hi\\\"\\\\\""},
        {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
        {"\xc2\x85", "\"\\xc2\\x85\""},
        {"a\xff", "\"a\\xff\""},
        {"k=v", "\"k=v\""},
        {"\x7f", "\"\\x7f\""},
    };
    struct buf text = {0};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        jute_str_print(slice_str(cases[i].raw), &text);
        assert_text(&text, cases[i].text);
    }
    jute_str_print(slice_null(), &text);
    assert_text(&text, "null");
    buf_fini(&text);
}

static void string_on_its_own_is_encoded_like_a_field(void **state)
{
    (void)state;
    struct buf out = {0};
    jute_str_encode(slice_str("/a"), &out);
    jute_str_encode(slice_null(), &out);
    jute_str_encode(slice_str(""), &out);
    hex_assert(buf_slice(&out), "00 00 00 02 \"/a\"  ff ff ff ff  00 00 00 00");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_survives_a_round_trip),
        cmocka_unit_test(every_record_fails_when_cut_at_any_byte),
        cmocka_unit_test(scalar_records_have_their_layouts),
        cmocka_unit_test(create_request_is_read_as_clients_send_it),
        cmocka_unit_test(watcher_event_has_its_layout),
        cmocka_unit_test(null_and_empty_have_different_bytes),
        cmocka_unit_test(huge_count_of_a_vector_is_refused_before_memory_is_taken),
        cmocka_unit_test(the_usual_list_is_decoded_as_any_other),
        cmocka_unit_test(no_memory_for_a_vector_is_a_failure),
        cmocka_unit_test(acl_lists_are_equal_only_in_all_parts),
        cmocka_unit_test(records_print_as_one_line),
        cmocka_unit_test(strings_print_without_breaking_the_line),
        cmocka_unit_test(string_on_its_own_is_encoded_like_a_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
