// SPDX-License-Identifier: Apache-2.0
//
// The proleptic Gregorian calendar, by counting days in eras of 400 years.
#include "server/calendar.h"

#include <inttypes.h>
#include <stdio.h>

enum { DAY_MS = 86400000, DAYS_PER_ERA = 146097, DAYS_0000_TO_1970 = 719468 };

struct moment {
    int64_t year;
    unsigned month, day; // from 1
    unsigned week_day;   // from 0, Sunday
    unsigned ms;         // of the day
};

// Years are counted from March, so that the leap day is the last of its year.
static void set_date(struct moment *m, int64_t days)
{
    int64_t shifted = days + DAYS_0000_TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    m->day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    m->month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    m->year = year_of_era + era * 400 + (m->month <= 2 ? 1 : 0);
    m->week_day = (unsigned)(((days + 4) % 7 + 7) % 7); // 1970 began on a Thursday
}

static struct moment moment_of(int64_t wall_ms)
{
    struct moment m;
    int64_t days = wall_ms / DAY_MS;
    int64_t rest = wall_ms % DAY_MS;
    if (rest < 0) {
        rest += DAY_MS;
        days -= 1;
    }
    set_date(&m, days);
    m.ms = (unsigned)rest;
    return m;
}

const char *calendar_print_iso(int64_t wall_ms, char to[CALENDAR_TEXT_MAX])
{
    struct moment m = moment_of(wall_ms);
    snprintf(to, CALENDAR_TEXT_MAX, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%03uZ", m.year, m.month,
             m.day, m.ms / 3600000, m.ms / 60000 % 60, m.ms / 1000 % 60, m.ms % 1000);
    return to;
}

const char *calendar_print_java(int64_t wall_ms, char to[CALENDAR_TEXT_MAX])
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct moment m = moment_of(wall_ms);
    snprintf(to, CALENDAR_TEXT_MAX, "%.3s %.3s %02u %02u:%02u:%02u UTC %" PRId64,
             days + (size_t)m.week_day * 3, months + (size_t)(m.month - 1) * 3, m.day,
             m.ms / 3600000, m.ms / 60000 % 60, m.ms / 1000 % 60, m.year);
    return to;
}
