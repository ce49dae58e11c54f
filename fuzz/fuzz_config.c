// SPDX-License-Identifier: Apache-2.0
//
// zoo.cfg, the dynamic file, -D and myid from arbitrary bytes: the first byte says how much of the
// rest is zoo.cfg, the next how much is the dynamic file. Whatever comes in, the diagnostics and
// the configuration in force can be printed, and a membership text that was accepted survives being
// printed and parsed again.
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_members(const struct config_servers *s)
{
    struct buf first = {0}, second = {0}, complaint = {0};
    struct config_servers again;
    config_servers_init(&again);
    config_servers_print(s, &first);
    enum err e = config_servers_parse(buf_slice(&first), &again, &complaint);
    ASSERT(e == ERR_OK);
    config_servers_print(&again, &second);
    ASSERT(slice_equal(buf_slice(&first), buf_slice(&second)));
    config_servers_fini(&again);
    buf_fini(&first);
    buf_fini(&second);
    buf_fini(&complaint);
}

static void check_print(const struct config *cfg)
{
    struct buf out = {0};
    size_t count;
    const struct config_diag *d = config_diags(cfg, &count);
    for (size_t i = 0; i < count; i++) {
        config_print_diag(&d[i], &out);
    }
    config_print(cfg, &out);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct slice rest = slice_of(data + 2, size - 2);
    size_t file_len = rest.len * data[0] / 255;
    size_t dynamic_len = (rest.len - file_len) * data[1] / 255;
    struct slice file = slice_of(rest.data, file_len);
    struct slice dynamic = slice_of(rest.data + file_len, dynamic_len);
    struct slice tail = slice_skip(rest, file_len + dynamic_len);

    struct config *cfg = config_new();
    char *define = malloc(tail.len + 1);
    memcpy(define, tail.data, tail.len);
    define[tail.len] = 0;
    config_define(cfg, define);
    config_parse_file(cfg, "zoo.cfg", file);
    if (dynamic.len > 0) {
        config_parse_dynamic(cfg, define, dynamic);
    }
    config_set_myid(cfg, "myid", tail);
    config_finish(cfg);
    check_print(cfg);
    if (!config_has_errors(cfg)) {
        check_members(&cfg->servers);
    }
    config_free(cfg);
    free(define);
    return 0;
}
