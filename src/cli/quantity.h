// SPDX-License-Identifier: Apache-2.0
//
// Quantities as people type them: "90s", "7d", "10k", and moments.
#ifndef PADDOCK_CLI_QUANTITY_H
#define PADDOCK_CLI_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

// A number and a unit: ms, s (without a unit, too), m, h, d, w; also in a row: "1h30m".
// Errors: false, for anything else, negative ones, and what does not fit.
bool duration_parse(const char *text, int64_t *ret_ms);

// A number of bytes, or with k, M, G (of 1024; "KiB", "kB" and the like, too).
bool size_parse(const char *text, uint64_t *ret);

// "2026-11-21", "2026-11-21T16:04", "...:31", "...:31.250", with a blank for the "T" and with "Z"
// or without: UTC, in ms since 1970; also "@SECONDS". *ret_unit_ms is what the last given part is
// worth, so that a range may include it whole.
bool moment_parse(const char *text, int64_t *ret_ms, int64_t *ret_unit_ms);

#endif
