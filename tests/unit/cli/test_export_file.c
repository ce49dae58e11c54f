// SPDX-License-Identifier: Apache-2.0
//
// Whole files: written and read back, packed and plain; what is cut or changed is noticed where it
// is.
#include "cli/export_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/cli/fake.h"

static const char *const paths[] = {"", "a", "a/b", "a/b/c", "a!", "d"};
enum { NODES = sizeof(paths) / sizeof(paths[0]) };

static int write_export(struct fake *f, const char *file)
{
    struct export_writer *w = export_writer_open(&f->cli, file);
    assert_non_null(w);
    const struct export_header h = {.source = "s", .path = "/x", .has_acl = true};
    int status = export_writer_header(w, &h);
    for (size_t i = 0; i < NODES && status == CLI_DONE; i++) {
        struct node n = {.path = paths[i], .has_data = true, .data = paddock_text("some data")};
        status = export_writer_node(w, &n);
    }
    if (status == CLI_DONE) {
        status = export_writer_finish(w);
    }
    export_writer_close(w);
    return status;
}

static enum export_step read_all(struct fake *f, const char *file, bool is_edited, size_t *ret)
{
    struct export_reader *r = export_reader_open(&f->cli, file, is_edited);
    struct node n;
    enum export_step step;
    bool are_in_order = true;
    assert_non_null(r);
    *ret = 0;
    while ((step = export_reader_next(r, &n)) == EXPORT_NEXT) {
        are_in_order = are_in_order && *ret < NODES && strcmp(n.path, paths[*ret]) == 0;
        ++*ret;
    }
    assert_int_equal(export_reader_next(r, &n), step); // and so it stays
    export_reader_close(r);
    assert_true(are_in_order || step != EXPORT_END || is_edited);
    return step;
}

static void a_file_is_read_as_it_was_written(void **state)
{
    static const char *const files[] = {"f.jsonl", "f.jsonl.gz"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake f;
        size_t count;
        uint64_t nodes = 0;
        fake_init(&f);
        assert_int_equal(write_export(&f, files[i]), CLI_DONE);
        assert_int_equal(fake_get(&f, files[i])->data[0], i == 0 ? '{' : 0x1f);
        assert_int_equal(read_all(&f, files[i], false, &count), EXPORT_END);
        assert_int_equal(count, NODES);
        assert_int_equal(export_file_check(&f.cli, files[i], false, &nodes), CLI_DONE);
        assert_int_equal(nodes, NODES);
        assert_string_equal(fake_err(&f), "");
        fake_fini(&f);
    }
}

static void a_file_cut_anywhere_is_noticed(void **state)
{
    static const char *const files[] = {"f", "f.gz"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fake f;
        fake_init(&f);
        assert_int_equal(write_export(&f, files[i]), CLI_DONE);
        struct buf *whole = fake_get(&f, files[i]);
        for (size_t len = 0; len < whole->len; len++) {
            size_t count;
            uint64_t nodes = 0;
            fake_put(&f, "cut", slice_of(whole->data, len));
            assert_int_equal(read_all(&f, "cut", false, &count), EXPORT_FAILED);
            assert_int_equal(export_file_check(&f.cli, "cut", false, &nodes), CLI_NO);
        }
        fake_fini(&f);
    }
}

static void a_changed_byte_is_noticed(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    assert_int_equal(write_export(&f, "f"), CLI_DONE);
    struct buf *whole = fake_get(&f, "f");
    for (size_t at = 0; at < whole->len; at++) {
        size_t count;
        uint64_t nodes = 0;
        fake_put(&f, "bad", buf_slice(whole));
        struct buf *bad = fake_get(&f, "bad");
        bad->data[at] ^= 4;
        // Within the last line a blank may be another blank, and "data_bytes" is for people.
        bool is_of_end = strstr(buf_cstr(whole), "{\"end\"") <= (char *)whole->data + at;
        int status = export_file_check(&f.cli, "bad", false, &nodes);
        assert_true(status == CLI_NO || is_of_end);
        assert_true(read_all(&f, "bad", false, &count) == EXPORT_FAILED || is_of_end);
    }
    fake_fini(&f);
}

static void assert_refused(const char *text, bool is_edited, const char *complaint)
{
    struct fake f;
    size_t count;
    fake_init(&f);
    fake_put(&f, "f", slice_str(text));
    assert_int_equal(read_all(&f, "f", is_edited, &count), EXPORT_FAILED);
    assert_non_null(strstr(fake_err(&f), complaint));
    fake_fini(&f);
}

#define HEADER                                                                                     \
    "{\"format\":\"paddock-export\",\"format_version\":1,\"source\":\"s\",\"path\":\"/\","         \
    "\"zxid\":\"0x1\",\"time_ms\":1,\"acl\":true,\"ephemerals\":false,\"kinds\":false}\n"
#define NODE(path) "{\"path\":\"" path "\",\"data\":\"\"}\n"
#define END "{\"end\":true,\"nodes\":0,\"data_bytes\":0,\"crc32\":\"0\"}\n"

static void the_order_of_nodes_is_held_to(void **state)
{
    (void)state;
    assert_refused(HEADER NODE("a") END, true, "f:2: the first node is not the root");
    assert_refused(HEADER NODE("") NODE("a/b") END, true, "f:3: a node without its parent");
    assert_refused(HEADER NODE("") NODE("b") NODE("a") END, true, "f:4: a node without its parent");
    assert_refused(HEADER NODE("") NODE("a") NODE("a") END, true, "f:4: a node without its parent");
    assert_refused(HEADER NODE("") NODE("a") NODE("b") NODE("a/c") END, true, "f:5: a node with");
    assert_refused(HEADER NODE("") NODE("ab") NODE("ab/c") NODE("a") END, true, "f:5: a node with");
    assert_refused(HEADER NODE("") HEADER END, true, "f:3: a second header");
    assert_refused(NODE(""), true, "f:1: not an export");
    assert_refused(HEADER NODE("") END NODE("a"), true, "f:4: a line behind the last one");
    assert_refused(HEADER NODE("") END, false, "f:3: the number of nodes does not fit");
}

static void an_edited_file_is_taken_without_its_sum(void **state)
{
    (void)state;
    struct fake f;
    size_t count;
    fake_init(&f);
    fake_put(&f, "f", slice_str(HEADER NODE("") NODE("a") NODE("a/b") NODE("d") END));
    assert_int_equal(read_all(&f, "f", true, &count), EXPORT_END);
    assert_int_equal(count, 4);
    fake_fini(&f);
}

static void a_failed_write_leaves_no_file_and_keeps_the_old_one(void **state)
{
    (void)state;
    struct fake f;
    fake_init(&f);
    fake_put(&f, "f", slice_str("old"));
    f.write_error = ERR_NO_SPACE;
    assert_int_equal(write_export(&f, "f"), CLI_TROUBLE);
    assert_string_equal(fake_err(&f), "paddock: cannot write f.part: no space left on device\n");
    assert_null(fake_get(&f, "f.part"));
    assert_true(slice_equal_str(buf_slice(fake_get(&f, "f")), "old"));
    fake_fini(&f);
}

static void a_file_that_is_not_there_is_said_to_be_missing(void **state)
{
    (void)state;
    struct fake f;
    uint64_t nodes;
    fake_init(&f);
    assert_null(export_reader_open(&f.cli, "f", false));
    assert_int_equal(export_file_check(&f.cli, "f", false, &nodes), CLI_TROUBLE);
    assert_non_null(strstr(fake_err(&f), "cannot read f: no such file"));
    fake_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_as_it_was_written),
        cmocka_unit_test(a_file_cut_anywhere_is_noticed),
        cmocka_unit_test(a_changed_byte_is_noticed),
        cmocka_unit_test(the_order_of_nodes_is_held_to),
        cmocka_unit_test(an_edited_file_is_taken_without_its_sum),
        cmocka_unit_test(a_failed_write_leaves_no_file_and_keeps_the_old_one),
        cmocka_unit_test(a_file_that_is_not_there_is_said_to_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
