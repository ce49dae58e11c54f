// SPDX-License-Identifier: Apache-2.0
//
// A configuration out of one text.
#include "tests/unit/config/config_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"

struct config *config_of(const char *text)
{
    struct config *cfg = config_new();
    config_parse_file(cfg, "zoo.cfg", slice_str(text));
    config_finish(cfg);
    return cfg;
}

char *config_said(const struct config *cfg)
{
    struct buf out = {0};
    size_t count;
    const struct config_diag *d = config_diags(cfg, &count);
    for (size_t i = 0; i < count; i++) {
        config_print_diag(&d[i], &out);
    }
    char *text = mem_strdup(buf_cstr(&out));
    buf_fini(&out);
    return text;
}

void expect_said(const struct config *cfg, const char *expect)
{
    char *said = config_said(cfg);
    bool is_as_expected = expect[0] == 0 ? said[0] == 0 : strstr(said, expect) != NULL;
    if (!is_as_expected) {
        print_error("expected: %s\nsaid: %s\n", expect, said);
    }
    mem_free(said);
    assert_true(is_as_expected);
}
