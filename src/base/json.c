// SPDX-License-Identifier: Apache-2.0
//
// `struct json` is jansson's json_t under a name of ours: nothing is wrapped, only renamed and
// given this project's rules for memory and errors.
#include "base/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static json_t *theirs(const struct json *value)
{
    return (json_t *)(uintptr_t)value; // jansson's reference counts live in const values, too
}

static struct json *ours(json_t *value)
{
    ASSERT(value != NULL); // out of memory
    return (struct json *)value;
}

// ---- building ----

struct json *json_new_object(void)
{
    return ours(json_object());
}

struct json *json_new_array(void)
{
    return ours(json_array());
}

// The length of the well-formed character at the start of `s`, 0 when there is none (RFC 3629).
static size_t character_bytes(struct slice s)
{
    uint8_t first = s.data[0];
    size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (len == 0 || first > 0xf4 || len > s.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool is_overlong = (first == 0xe0 && s.data[1] < 0xa0) || (first == 0xf0 && s.data[1] < 0x90);
    bool is_outside = (first == 0xed && s.data[1] > 0x9f) || (first == 0xf4 && s.data[1] > 0x8f);
    return is_overlong || is_outside ? 0 : len;
}

static struct json *repaired(struct slice text)
{
    struct buf clean = {0};
    while (text.len > 0) {
        size_t len = character_bytes(text);
        if (len > 0) {
            buf_append(&clean, text.data, len);
        } else {
            buf_append_str(&clean, "\xef\xbf\xbd");
            len = 1;
        }
        text = slice_of(text.data + len, text.len - len);
    }
    struct json *value = ours(json_stringn((const char *)clean.data, clean.len));
    buf_fini(&clean);
    return value;
}

struct json *json_new_text(struct slice text)
{
    if (text.data == NULL) {
        return json_new_null();
    }
    json_t *value = json_stringn((const char *)text.data, text.len); // NULL when it is no UTF-8
    return value != NULL ? ours(value) : repaired(text);
}

struct json *json_new_cstr(const char *text)
{
    return text != NULL ? json_new_text(slice_str(text)) : json_new_null();
}

struct json *json_new_int(int64_t number)
{
    return ours(json_integer(number));
}

struct json *json_new_real(double number)
{
    json_t *value = json_real(number); // NULL when it is not finite
    return value != NULL ? ours(value) : json_new_null();
}

struct json *json_new_bool(bool value)
{
    return ours(json_boolean(value));
}

struct json *json_new_null(void)
{
    return ours(json_null());
}

void json_put(struct json *object, const char *name, struct json *value)
{
    int status = json_object_set_new(theirs(object), name, theirs(value));
    ASSERT(status == 0); // `name` is UTF-8, memory is there
}

void json_append(struct json *array, struct json *value)
{
    int status = json_array_append_new(theirs(array), theirs(value));
    ASSERT(status == 0);
}

void json_free(struct json *value)
{
    json_decref(theirs(value));
}

static int append(const char *text, size_t len, void *to)
{
    buf_append(to, text, len);
    return 0;
}

void json_print(const struct json *value, bool is_indented, struct buf *to)
{
    size_t flags = JSON_ENCODE_ANY | (is_indented ? JSON_INDENT(2) : JSON_COMPACT);
    int status = json_dump_callback(theirs(value), append, to, flags);
    ASSERT(status == 0);
}

// ---- reading ----

enum err json_parse(struct slice text, struct json **ret, char *why)
{
    json_error_t error;
    json_t *value = json_loadb((const char *)text.data, text.len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (value != NULL) {
        *ret = ours(value);
        return ERR_OK;
    }
    (void)snprintf(why, JSON_WHY_BYTES, "line %d column %d: %s", error.line, error.column,
                   error.text);
    return json_error_code(&error) == json_error_out_of_memory ? ERR_NO_MEMORY : ERR_MALFORMED;
}

const struct json *json_get(const struct json *object, const char *name)
{
    return (const struct json *)json_object_get(theirs(object), name);
}

size_t json_count(const struct json *array)
{
    return json_array_size(theirs(array));
}

const struct json *json_at(const struct json *array, size_t i)
{
    return (const struct json *)json_array_get(theirs(array), i);
}

void json_each(const struct json *object,
               void (*member)(void *ctx, const char *name, const struct json *value), void *ctx)
{
    const char *name;
    json_t *value;
    json_object_foreach(theirs(object), name, value)
    {
        member(ctx, name, (const struct json *)value);
    }
}

bool json_null_of(const struct json *value)
{
    const json_t *v = theirs(value);
    return v != NULL && json_typeof(v) == JSON_NULL;
}

bool json_text_of(const struct json *value, struct slice *ret)
{
    const json_t *v = theirs(value);
    if (!json_is_string(v)) {
        return false;
    }
    *ret = slice_of((const uint8_t *)json_string_value(v), json_string_length(v));
    return true;
}

bool json_int_of(const struct json *value, int64_t *ret)
{
    const json_t *v = theirs(value);
    if (!json_is_integer(v)) {
        return false;
    }
    *ret = json_integer_value(v);
    return true;
}

bool json_real_of(const struct json *value, double *ret)
{
    const json_t *v = theirs(value);
    if (!json_is_number(v)) {
        return false;
    }
    *ret = json_number_value(v);
    return true;
}

bool json_bool_of(const struct json *value, bool *ret)
{
    const json_t *v = theirs(value);
    if (!json_is_boolean(v)) {
        return false;
    }
    *ret = json_is_true(v);
    return true;
}
