// SPDX-License-Identifier: Apache-2.0
//
// One format string; strftime would follow the locale.
#include "cli/stat_text.h"

#include <inttypes.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/json.h"

const char *month_text(int month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return names[month];
}

// Source: java.util.Date.toString; names of days and months are English in every locale.
const char *time_text(int64_t ms, char *to)
{
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
    struct tm t;
    char zone[16] = "";
    if (localtime_r(&seconds, &t) == NULL) {
        (void)snprintf(to, TIME_TEXT_BYTES, "%" PRId64 " ms", ms); // a year beyond int
        return to;
    }
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    (void)strftime(zone, sizeof(zone), "%Z", &t);
    (void)snprintf(to, TIME_TEXT_BYTES, "%s %s %02d %02d:%02d:%02d %s %04d", days[t.tm_wday],
                   month_text(t.tm_mon), t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, zone,
                   t.tm_year + 1900);
    return to;
}

void stat_text_print(const struct paddock_stat *s, FILE *to)
{
    char ctime[TIME_TEXT_BYTES], mtime[TIME_TEXT_BYTES];
    (void)fprintf(to,
                  "cZxid = 0x%" PRIx64 "\nctime = %s\nmZxid = 0x%" PRIx64 "\nmtime = %s\n"
                  "pZxid = 0x%" PRIx64 "\ncversion = %" PRId32 "\ndataVersion = %" PRId32
                  "\naclVersion = %" PRId32 "\nephemeralOwner = 0x%" PRIx64
                  "\ndataLength = %" PRId32 "\nnumChildren = %" PRId32 "\n",
                  (uint64_t)s->czxid, time_text(s->ctime_ms, ctime), (uint64_t)s->mzxid,
                  time_text(s->mtime_ms, mtime), (uint64_t)s->pzxid, s->cversion, s->version,
                  s->aversion, (uint64_t)s->ephemeral_owner, s->data_length, s->num_children);
}

int stat_text_call(struct cli *c, const struct paddock_op *op, bool is_wanted)
{
    struct paddock_result *r;
    int status = cli_call(c, op, &r);
    if (status != CLI_DONE) {
        return status;
    }
    if (c->is_json) {
        struct json *o = json_new_object();
        json_put(o, "path", json_new_cstr(op->path));
        json_put(o, "stat", cli_json_stat(&r->stat));
        status = cli_print_json(c, o);
    } else if (is_wanted) {
        stat_text_print(&r->stat, c->out);
    }
    paddock_result_free(r);
    return status;
}
