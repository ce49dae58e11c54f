// SPDX-License-Identifier: Apache-2.0
//
// One pass; words are cut out of a copy of the line in place.
#include "cli/tokens.h"

#include <string.h>

#include "base/mem.h"

static const char blanks[] = " \t\n\v\f\r";

// The word that begins at `at`, which is no blank: its bytes, and where the next one may begin. A
// quote without its partner is no word: zkCli's pattern skips the character, and so do we.
static char *take_word(char *at, const char **ret_word)
{
    char *end;
    if (*at == '\'' || *at == '"') {
        end = strchr(at + 1, *at);
        if (end == NULL) {
            *ret_word = NULL;
            return at + 1;
        }
        *ret_word = at + 1;
        *end = '\0';
        return end + 1;
    }
    *ret_word = at;
    end = at + strcspn(at, blanks);
    if (*end != '\0') {
        *end++ = '\0';
    }
    return end;
}

void tokens_split(const char *line, struct tokens *ret)
{
    size_t len = strlen(line);
    *ret = (struct tokens){.text = mem_strdup(line)};
    ret->words = mem_alloc((len + 1) * sizeof(*ret->words));
    for (char *at = ret->text + strspn(ret->text, blanks); *at != '\0'; at += strspn(at, blanks)) {
        const char *word;
        at = take_word(at, &word);
        if (word != NULL) {
            ret->words[ret->count++] = word;
        }
    }
    ret->words[ret->count] = NULL;
}

void tokens_fini(struct tokens *t)
{
    mem_free(t->words);
    mem_free(t->text);
    *t = (struct tokens){0};
}
