// SPDX-License-Identifier: Apache-2.0
//
// JSON values survive printing and parsing; bytes that are no text, and texts that are no JSON, get
// a defined answer.
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_prints(struct json *value, const char *expected)
{
    struct buf text = {0};
    json_print(value, false, &text);
    assert_string_equal(buf_cstr(&text), expected);
    buf_fini(&text);
    json_free(value);
}

static void a_document_prints_in_the_order_it_was_built(void **state)
{
    (void)state;
    struct json *list = json_new_array();
    json_append(list, json_new_int(INT64_MIN));
    json_append(list, json_new_bool(true));
    json_append(list, json_new_null());
    struct json *o = json_new_object();
    json_put(o, "z", json_new_cstr("\"\n"));
    json_put(o, "a", list);
    json_put(o, "z", json_new_cstr("again"));
    assert_prints(o, "{\"z\":\"again\",\"a\":[-9223372036854775808,true,null]}");
}

static void what_json_cannot_say_is_replaced(void **state)
{
    (void)state;
    assert_prints(json_new_text(slice_of("a\xff\xc0\x80z", 5)),
                  "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
    assert_prints(json_new_text(slice_of("\xed\xa0\x80", 3)),
                  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); // half of a surrogate pair
    assert_prints(json_new_text(slice_of("a\0b", 3)), "\"a\\u0000b\"");
    assert_prints(json_new_text(slice_null()), "null");
    assert_prints(json_new_cstr(NULL), "null");
    assert_prints(json_new_real(NAN), "null");
    assert_prints(json_new_real(0.5), "0.5");
}

static void collect(void *ctx, const char *name, const struct json *value)
{
    (void)value;
    buf_printf(ctx, "%s ", name);
}

static void a_document_is_read_by_name_and_place(void **state)
{
    (void)state;
    struct json *o;
    char why[JSON_WHY_BYTES];
    struct slice text = slice_str("{\"b\": [1, 2.5, \"\\u0000x\", null, false], \"a\": {}}");
    assert_int_equal(json_parse(text, &o, why), ERR_OK);
    const struct json *list = json_get(o, "b");
    assert_int_equal(json_count(list), 5);
    int64_t number;
    double real;
    struct slice part;
    bool flag = true;
    assert_true(json_int_of(json_at(list, 0), &number) && number == 1);
    assert_false(json_int_of(json_at(list, 1), &number));
    assert_true(json_real_of(json_at(list, 1), &real) && real > 2.4 && real < 2.6);
    assert_true(json_text_of(json_at(list, 2), &part));
    assert_true(slice_equal(part, slice_of("\0x", 2)));
    assert_true(json_null_of(json_at(list, 3)));
    assert_true(json_bool_of(json_at(list, 4), &flag) && !flag);
    assert_null(json_at(list, 5));
    assert_null(json_get(o, "c"));
    assert_null(json_get(list, "b"));
    assert_false(json_text_of(NULL, &part) || json_null_of(NULL) || json_bool_of(NULL, &flag));
    struct buf names = {0};
    json_each(o, collect, &names);
    assert_string_equal(buf_cstr(&names), "b a ");
    buf_fini(&names);
    json_free(o);
}

static void what_is_no_json_is_named_with_its_place(void **state)
{
    (void)state;
    struct json *o;
    char why[JSON_WHY_BYTES];
    assert_int_equal(json_parse(slice_str("{\"a\": 1,\n\"a\": 2}"), &o, why), ERR_MALFORMED);
    assert_non_null(strstr(why, "line 2 column "));
    assert_int_equal(json_parse(slice_str(""), &o, why), ERR_MALFORMED);
    assert_int_equal(json_parse(slice_str("1 2"), &o, why), ERR_MALFORMED);
    struct buf deep = {0};
    for (int i = 0; i < 100000; i++) {
        buf_append_str(&deep, "[");
    }
    assert_int_equal(json_parse(buf_slice(&deep), &o, why), ERR_MALFORMED);
    buf_fini(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_prints_in_the_order_it_was_built),
        cmocka_unit_test(what_json_cannot_say_is_replaced),
        cmocka_unit_test(a_document_is_read_by_name_and_place),
        cmocka_unit_test(what_is_no_json_is_named_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
