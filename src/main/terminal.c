// SPDX-License-Identifier: Apache-2.0
//
// Two variables, because a process has one terminal.
#include "main/terminal.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios cooked; // as it was found
static bool is_raw;

static bool size_of(struct winsize *ret)
{
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, ret) == 0 || ioctl(STDERR_FILENO, TIOCGWINSZ, ret) == 0;
}

int terminal_columns(void)
{
    struct winsize size;
    return size_of(&size) && size.ws_col > 0 ? size.ws_col : 80;
}

int terminal_rows(void)
{
    struct winsize size;
    return size_of(&size) && size.ws_row > 0 ? size.ws_row : 24;
}

static void restore(void)
{
    if (is_raw) {
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
        is_raw = false;
    }
}

void terminal_raw(bool on)
{
    static bool is_registered;
    if (!on) {
        restore();
        return;
    }
    if (is_raw || tcgetattr(STDIN_FILENO, &cooked) != 0) {
        return;
    }
    if (!is_registered) {
        is_registered = atexit(restore) == 0;
    }
    struct termios raw = cooked;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); // signals stay: ^C ends the program
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

bool terminal_key(int timeout_ms, int *ret)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char key;
    if (poll(&p, 1, timeout_ms) <= 0 || read(STDIN_FILENO, &key, 1) != 1) {
        return false;
    }
    *ret = key;
    return true;
}
