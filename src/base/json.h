// SPDX-License-Identifier: Apache-2.0
//
// JSON documents, built and read as values: jansson behind one thin header, so that its own is
// included nowhere else. Members keep the order in which they were put.
//
// Memory: a value is owned by who made it until it is put into another one, which takes it;
// json_free releases a whole document. What get and at return is borrowed from its document.
// Errors: building aborts when memory is out, as mem_* does; parsing returns an error.
#ifndef PADDOCK_BASE_JSON_H
#define PADDOCK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

struct json;

// ---- building ----

struct json *json_new_object(void);
struct json *json_new_array(void);
// Bytes that are no UTF-8 become U+FFFD; the null slice becomes null.
struct json *json_new_text(struct slice text);
struct json *json_new_cstr(const char *text); // NULL becomes null
struct json *json_new_int(int64_t number);
struct json *json_new_real(double number); // not finite: null
struct json *json_new_bool(bool value);
struct json *json_new_null(void);

void json_put(struct json *object, const char *name, struct json *value); // takes; replaces
void json_append(struct json *array, struct json *value);                 // takes

void json_free(struct json *value); // NULL is legal

// Append the text to `to`; one line, or indented by two spaces.
void json_print(const struct json *value, bool is_indented, struct buf *to);

// ---- reading ----

// Parse one document. Zero bytes within strings are kept, members given twice are an error.
// Errors: ERR_MALFORMED, with `line N column N: what` in `why` (JSON_WHY_BYTES); ERR_NO_MEMORY.
enum { JSON_WHY_BYTES = 200 };
enum err json_parse(struct slice text, struct json **ret, char *why) MUST_CHECK;

const struct json *json_get(const struct json *object, const char *name); // NULL: none, no object
size_t json_count(const struct json *array);                              // 0 when it is none
const struct json *json_at(const struct json *array, size_t i);           // NULL behind the end

// Call `member` for each member of an object, in order.
void json_each(const struct json *object,
               void (*member)(void *ctx, const char *name, const struct json *value), void *ctx);

// Each returns false, leaving *ret alone, when `value` is NULL or of another type.
bool json_null_of(const struct json *value);
bool json_text_of(const struct json *value, struct slice *ret);
bool json_int_of(const struct json *value, int64_t *ret);
bool json_real_of(const struct json *value, double *ret); // also of a whole number
bool json_bool_of(const struct json *value, bool *ret);

#endif
