// SPDX-License-Identifier: Apache-2.0
//
// A heap of deadlines. Each is embedded in its owner and knows its place, so leaving early needs
// no search. Room is made before a deadline enters: entering cannot fail.
#ifndef PADDOCK_CLIENT_DEADLINES_H
#define PADDOCK_CLIENT_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
    int64_t due_ms; // by the monotonic clock
    size_t place;   // in the heap plus one; 0: not in it
};

struct deadlines {
    struct deadline **heap;
    size_t count, cap;
};

void deadlines_fini(struct deadlines *ds);     // a zeroed struct is initialised
bool deadlines_try_room(struct deadlines *ds); // for one more; false when memory is out
void deadlines_enter(struct deadlines *ds, struct deadline *d);
void deadlines_leave(struct deadlines *ds, struct deadline *d); // legal when not in it
struct deadline *deadlines_first(const struct deadlines *ds);   // the earliest, or NULL

#endif
