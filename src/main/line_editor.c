// SPDX-License-Identifier: Apache-2.0
//
// libedit reads its keys through wait_key, which calls the watcher's idle between polls: that is
// how events appear above a half-typed line, which is then drawn again.
#include "main/line_editor.h"

#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"

enum { IDLE_MS = 50, HISTORY_LINES = 1000 };

struct editor {
    EditLine *el;
    History *history;
    struct buf history_path;
    struct buf line;
    const char *prompt;
    const struct cli_line_watcher *watcher;
    bool is_cancelled; // by ^C
};

static struct editor editor; // a process has one terminal

// ---- keys ----

static int wait_key(EditLine *el, wchar_t *ret)
{
    mbstate_t state = {0};
    for (;;) {
        struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&p, 1, IDLE_MS);
        if (ready <= 0) {
            if (editor.watcher->idle != NULL && editor.watcher->idle(editor.watcher->ctx)) {
                (void)el_set(el, EL_REFRESH);
            }
            continue;
        }
        char byte;
        if (read(STDIN_FILENO, &byte, 1) != 1) {
            return 0;
        }
        size_t used = mbrtowc(ret, &byte, 1, &state);
        if (used == (size_t)-2) {
            continue; // a character of several bytes
        }
        if (used == (size_t)-1) {
            *ret = L'?';
        }
        return 1;
    }
}

// ---- completion ----

struct collected {
    struct cli_words words; // first
    struct buf common;      // what all words begin with
    struct buf list;
    size_t count;
};

static void collect(struct cli_words *to, const char *word)
{
    struct collected *all = (struct collected *)to;
    size_t len = strlen(word);
    if (all->count++ == 0) {
        buf_append(&all->common, word, len);
    } else {
        size_t same = 0;
        while (same < len && same < all->common.len &&
               all->common.data[same] == (uint8_t)word[same]) {
            same++;
        }
        all->common.len = same;
    }
    buf_printf(&all->list, "%s\n", word);
}

// The last part of a path is enough to choose from.
static void show(const struct collected *all)
{
    const char *at = (const char *)all->list.data, *end = at + all->list.len;
    (void)fputc('\n', stdout);
    while (at < end) {
        size_t len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        const char *slash = len > 1 ? memrchr(at, '/', len - 1) : NULL;
        const char *from = slash != NULL ? slash + 1 : at;
        (void)printf("%.*s  ", (int)(at + len - from), from);
        at += len + 1;
    }
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
}

static unsigned char complete(EditLine *el, int key)
{
    (void)key;
    const LineInfo *info = el_line(el);
    size_t cursor = (size_t)(info->cursor - info->buffer), start = cursor;
    while (start > 0 && info->buffer[start - 1] != ' ') {
        start--;
    }
    struct buf line = {0};
    buf_append(&line, info->buffer, (size_t)(info->lastchar - info->buffer));
    struct collected all = {.words = {.add = collect}};
    editor.watcher->complete(editor.watcher->ctx, buf_cstr(&line), cursor, &all.words);
    unsigned char result = CC_ERROR;
    if (all.common.len > cursor - start) {
        (void)el_insertstr(el, buf_cstr(&all.common) + (cursor - start));
        result = CC_REFRESH;
    } else if (all.count > 1) {
        show(&all);
        result = CC_REDISPLAY;
    }
    if (all.count == 1 && all.common.len > 0 && all.common.data[all.common.len - 1] != '/') {
        (void)el_insertstr(el, " ");
        result = CC_REFRESH;
    }
    buf_fini(&line);
    buf_fini(&all.common);
    buf_fini(&all.list);
    return result;
}

// ---- ^C ----

// The line is given up where it stands; its reader gets an empty one.
static unsigned char cancel(EditLine *el, int key)
{
    (void)el;
    (void)key;
    editor.is_cancelled = true;
    (void)fputs("^C\n", stdout);
    (void)fflush(stdout);
    return CC_NEWLINE;
}

// ---- life ----

static char *prompt_of(EditLine *el)
{
    (void)el;
    return (char *)(uintptr_t)editor.prompt; // libedit does not change it
}

static bool open_editor(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8"); // the messages stay as they are
    editor.el = el_init("paddock", stdin, stdout, stderr);
    editor.history = history_init();
    if (editor.el == NULL || editor.history == NULL) {
        return false;
    }
    HistEvent event;
    (void)history(editor.history, &event, H_SETSIZE, HISTORY_LINES);
    (void)history(editor.history, &event, H_SETUNIQUE, 1);
    const char *home = getenv("HOME");
    if (home != NULL) {
        buf_printf(&editor.history_path, "%s/.paddock_history", home);
        (void)history(editor.history, &event, H_LOAD, buf_cstr(&editor.history_path));
    }
    (void)el_set(editor.el, EL_EDITOR, "emacs");
    (void)el_set(editor.el, EL_PROMPT, prompt_of);
    // ^C is a key while a line is edited; programs and commands get the signal as always.
    (void)el_set(editor.el, EL_SETTY, "-d", "-isig", NULL);
    (void)el_set(editor.el, EL_HIST, history, editor.history);
    (void)el_set(editor.el, EL_GETCFN, wait_key);
    (void)el_set(editor.el, EL_ADDFN, "paddock-complete", "complete", complete);
    (void)el_set(editor.el, EL_BIND, "^I", "paddock-complete", NULL);
    (void)el_set(editor.el, EL_ADDFN, "paddock-cancel", "drop the line", cancel);
    (void)el_set(editor.el, EL_BIND, "^C", "paddock-cancel", NULL);
    (void)el_set(editor.el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    (void)el_source(editor.el, NULL);
    return true;
}

const char *line_editor_read(const char *prompt, const struct cli_line_watcher *watcher)
{
    if (editor.el == NULL && !open_editor()) {
        return NULL;
    }
    editor.prompt = prompt;
    editor.watcher = watcher;
    editor.is_cancelled = false;
    // libedit would show the prompt first: keys that come in between were echoed twice, ^D lost.
    (void)el_set(editor.el, EL_PREP_TERM, 1);
    int len;
    const char *text = el_gets(editor.el, &len);
    buf_clear(&editor.line);
    if (editor.is_cancelled) {
        return buf_cstr(&editor.line);
    }
    if (text == NULL || len <= 0) {
        return NULL;
    }
    buf_append(&editor.line, text, (size_t)len - (text[len - 1] == '\n' ? 1 : 0));
    if (editor.line.len > 0) {
        HistEvent event;
        (void)history(editor.history, &event, H_ENTER, buf_cstr(&editor.line));
    }
    return buf_cstr(&editor.line);
}

void line_editor_close(void)
{
    if (editor.el == NULL) {
        return;
    }
    HistEvent event;
    if (editor.history_path.len > 0) {
        (void)history(editor.history, &event, H_SAVE, buf_cstr(&editor.history_path));
    }
    history_end(editor.history);
    el_end(editor.el);
    buf_fini(&editor.history_path);
    buf_fini(&editor.line);
    editor = (struct editor){0};
}
