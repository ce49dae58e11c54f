// SPDX-License-Identifier: Apache-2.0
//
// A wall clock that stands still: preloaded into a server, it answers CLOCK_REALTIME with the
// milliseconds that the file named by PADDOCK_CLOCK holds (8 bytes, big-endian, as Java writes
// them), so that a test decides how old a node is. The monotonic clock, and with it sessions and
// timers, runs on.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int64_t told_ms(void)
{
    unsigned char bytes[8];
    FILE *file = fopen(getenv("PADDOCK_CLOCK"), "rb");
    if (file == NULL || fread(bytes, sizeof(bytes), 1, file) != 1) {
        abort();
    }
    (void)fclose(file);
    uint64_t ms = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        ms = ms << 8 | bytes[i];
    }
    return (int64_t)ms;
}

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
    if (id != CLOCK_REALTIME) {
        return (int)syscall(SYS_clock_gettime, id, ret_now);
    }
    int64_t ms = told_ms();
    ret_now->tv_sec = ms / 1000;
    ret_now->tv_nsec = ms % 1000 * 1000000;
    return 0;
}
