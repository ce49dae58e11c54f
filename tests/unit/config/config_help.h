// SPDX-License-Identifier: Apache-2.0
//
// Shared by the tests of config/: a configuration out of one text, and its diagnostics as text.
#ifndef PADDOCK_TESTS_UNIT_CONFIG_CONFIG_HELP_H
#define PADDOCK_TESTS_UNIT_CONFIG_CONFIG_HELP_H

#include "config/config.h"

// Parse `text` as zoo.cfg and finish. Free with config_free.
struct config *config_of(const char *text);

// The diagnostics, one a line; free with mem_free.
char *config_said(const struct config *cfg);

// Fail unless the diagnostics of `cfg` contain `expect`; "" expects none at all.
void expect_said(const struct config *cfg, const char *expect);

#endif
