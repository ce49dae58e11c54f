// SPDX-License-Identifier: Apache-2.0
//
// How often each mark was reached. The table is process-wide like the countdown of mem.c: it is
// there for tests, and a branch has no argument to find it by. Release builds never touch it.
#include "base/mark.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

enum { MARKS_MAX = 128 };

static struct {
    atomic_flag busy;
    size_t count;
    struct {
        const char *name;
        unsigned reached;
    } items[MARKS_MAX];
} marks = {.busy = ATOMIC_FLAG_INIT};

// Add to the count of `name`; returns what it was before.
static unsigned add(const char *name, unsigned more)
{
    while (atomic_flag_test_and_set(&marks.busy)) {
    }
    size_t at = 0;
    while (at < marks.count && strcmp(marks.items[at].name, name) != 0) {
        at++;
    }
    ASSERT(at < MARKS_MAX);
    if (at == marks.count) {
        marks.items[marks.count++].name = name;
    }
    unsigned before = marks.items[at].reached;
    marks.items[at].reached += more;
    atomic_flag_clear(&marks.busy);
    return before;
}

void mark_reach(const char *name)
{
    (void)add(name, 1);
}

struct mark_wait mark_expect(const char *name)
{
    return (struct mark_wait){.name = name, .count_before = add(name, 0)};
}

void mark_check(const struct mark_wait *w)
{
    if (add(w->name, 0) == w->count_before) {
        char text[120];
        (void)snprintf(text, sizeof(text), "mark \"%s\" was not reached", w->name);
        assert_failed(text, __FILE__, __LINE__);
    }
}
