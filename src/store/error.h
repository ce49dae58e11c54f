// SPDX-License-Identifier: Apache-2.0
//
// A failure of the store as an operator must read it: which file, where in it, what is wrong and
// what to do. Functions of store/ return `enum err` for the program and fill this for the person;
// the server logs `text` as one line, once.
#ifndef PADDOCK_STORE_ERROR_H
#define PADDOCK_STORE_ERROR_H

#include <stdbool.h>

#include "base/err.h"

enum { STORE_ERROR_TEXT_MAX = 768 };

struct store_error {
    char text[STORE_ERROR_TEXT_MAX]; // one line, terminated; "" when nothing failed
};

// True for an error of the system or its disk: it says nothing about what the files hold, and may
// be over when they are read again.
bool store_is_of_system(enum err err);

// Format the text (cut when too long) and return `code`. `e` may be NULL.
enum err store_fail(struct store_error *e, enum err code, const char *format, ...) MUST_CHECK
    __attribute__((format(printf, 3, 4)));

#endif
