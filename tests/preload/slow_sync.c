// SPDX-License-Identifier: Apache-2.0
//
// A disk whose syncs take long: preloaded into a server (LD_PRELOAD), it makes each fsync and
// fdatasync wait before it begins, for as many milliseconds as the file says that SLOW_SYNC_MS
// names. While there is no such file they take what they take.
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/syscall.h>

enum { DIGITS = 15 };

static void wait_first(void)
{
    const char *path = getenv("SLOW_SYNC_MS");
    char text[DIGITS + 1] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return;
    }
    ssize_t len = read(fd, text, DIGITS);
    (void)close(fd);
    long ms = len > 0 ? strtol(text, NULL, 10) : 0;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0) {
    }
}

int fsync(int fd)
{
    wait_first();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    wait_first();
    return (int)syscall(SYS_fdatasync, fd);
}
