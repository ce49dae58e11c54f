// SPDX-License-Identifier: Apache-2.0
//
// Milliseconds since 1970 as a date people read, in UTC: ISO 8601 for the log, and the form of
// java.util.Date for the word dump. Server time zones differ and scripts do not care.
#ifndef PADDOCK_SERVER_CALENDAR_H
#define PADDOCK_SERVER_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

enum { CALENDAR_TEXT_MAX = 48 }; // bytes with the terminating zero, for any number

// "2026-11-21T12:00:00.123Z". Returns `to`.
const char *calendar_print_iso(int64_t wall_ms, char to[CALENDAR_TEXT_MAX]);

// "Sat Nov 21 12:00:00 UTC 2026". Returns `to`. Source: java.util.Date.toString.
const char *calendar_print_java(int64_t wall_ms, char to[CALENDAR_TEXT_MAX]);

#endif
