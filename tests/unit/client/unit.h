// SPDX-License-Identifier: Apache-2.0
//
// What every test of this folder needs to be a cmocka program.
#ifndef PADDOCK_TESTS_UNIT_CLIENT_UNIT_H
#define PADDOCK_TESTS_UNIT_CLIENT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
