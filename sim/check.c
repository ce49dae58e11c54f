// SPDX-License-Identifier: Apache-2.0
//
// Every checker over one history, and how a finding reads.
#include "sim/check.h"

#include <stdarg.h>
#include <stdio.h>

bool check_all(const struct annals *h, struct finding *ret)
{
    static check_fn *const checks[] = {
        check_order,     check_multi,    check_durable, check_linear, check_read,  check_watch,
        check_ephemeral, check_sequence, check_reap,    check_access, check_quota,
    };
    struct ledger l;
    ledger_init(&l, h);
    bool is_right = true;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && is_right; i++) {
        is_right = checks[i](&l, ret);
    }
    ledger_fini(&l);
    return is_right;
}

bool finding_report(struct finding *ret, const char *property, const int32_t items[FINDING_ITEMS],
                    const char *format, ...)
{
    *ret = (struct finding){.property = property};
    for (size_t i = 0; i < FINDING_ITEMS; i++) {
        if (items[i] != ANNALS_NONE) {
            ret->items[ret->item_count++] = items[i];
        }
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(ret->what, sizeof(ret->what), format, args);
    va_end(args);
    return false;
}

void finding_print(const struct finding *f, const struct annals *h, struct buf *to)
{
    buf_printf(to, "property %s: %s\n", f->property, f->what);
    for (size_t i = 0; i < f->item_count; i++) {
        buf_append_str(to, "    ");
        const struct annals_item *item = &h->items[f->items[i]];
        if (item->kind == ANNALS_ANSWER) { // its call belongs to it
            annals_print(h, item->call, to);
            buf_append_str(to, "    ");
        }
        annals_print(h, f->items[i], to);
    }
}
