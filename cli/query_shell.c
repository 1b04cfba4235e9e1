// The shell of sdse query on a terminal.
#include "cli/query_shell.h"

#include <ctype.h>
#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory_stream.h"
#include "cli/interrupt.h"
#include "cli/plain_stdout.h"

enum { HISTORY_LINES = 1000 };

struct shell {
    struct cli_queries *queries;
    EditLine *edit;
    History *history;
    HistEvent event;
    const char *file; // of the history; NULL: none
    FILE *screen;
    char *pending; // a statement that is not yet whole; freed by us
};

static char *prompt(EditLine *edit) {
    static char first[] = "sdse> ", more[] = "  ...> ";
    struct shell *shell = NULL;
    el_get(edit, EL_CLIENTDATA, &shell);
    return shell && shell->pending ? more : first;
}

// ---- completion ----

static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

// What all candidates go on with beyond `length` bytes.
static size_t common(const struct cli_query_words *words) {
    size_t same = strlen(words->words[0]);
    for (size_t i = 1; i < words->count; i++) {
        size_t k = 0;
        while (k < same && words->words[i][k] == words->words[0][k])
            k++;
        same = k;
    }
    return same;
}

static void list_candidates(const struct shell *shell,
                            const struct cli_query_words *words) {
    const size_t columns = cli_columns();
    size_t at = 0;
    fputc('\n', shell->screen);
    for (size_t i = 0; i < words->count; i++) {
        const size_t width = strlen(words->words[i]) + 2;
        if (at && columns && at + width > columns) {
            fputc('\n', shell->screen);
            at = 0;
        }
        fputs(words->words[i], shell->screen);
        fputs(i + 1 < words->count ? "  " : "\n", shell->screen);
        at += width;
    }
    fflush(shell->screen);
}

static unsigned char complete(EditLine *edit, int key) {
    (void)key;
    struct shell *shell = NULL;
    el_get(edit, EL_CLIENTDATA, &shell);
    const LineInfo *line = el_line(edit);
    const char *word = line->cursor;
    while (word > line->buffer && in_word(word[-1]))
        word--;
    // A command has its point; v.column is completed behind it.
    if (word == line->buffer + 1 && *line->buffer == '.')
        word = line->buffer;
    const size_t length = (size_t)(line->cursor - word);
    struct cli_query_words words;
    if (!cli_query_complete(shell->queries, word, length,
                            word == line->buffer && !shell->pending, &words) ||
        words.count == 0)
        return CC_ERROR;
    const size_t same = common(&words);
    char *more = strndup(words.words[0] + length, same - length);
    if (!more)
        return CC_ERROR;
    if (*more)
        el_insertstr(edit, more);
    const bool extended = *more != '\0';
    free(more);
    if (words.count == 1) {
        el_insertstr(edit, " ");
        return CC_REFRESH;
    }
    if (extended)
        return CC_REFRESH;
    list_candidates(shell, &words);
    return CC_REDISPLAY;
}

// ---- lines ----

static void remember(struct shell *shell, const char *statement) {
    char *one_line = strdup(statement);
    if (!one_line)
        return;
    for (char *c = one_line; *c; c++)
        if (*c == '\n')
            *c = ' ';
    for (size_t n = strlen(one_line); n && one_line[n - 1] == ' '; n--)
        one_line[n - 1] = '\0';
    if (*one_line)
        history(shell->history, &shell->event, H_ENTER, one_line);
    if (shell->file)
        history(shell->history, &shell->event, H_SAVE, shell->file);
    free(one_line);
}

// Adds a line to what is pending, and runs that if it is whole.
static void take_line(struct shell *shell, const char *line) {
    struct cli_queries *queries = shell->queries;
    const size_t before = shell->pending ? strlen(shell->pending) : 0;
    char *text = realloc(shell->pending, before + strlen(line) + 1);
    if (!text) {
        cli_finish(queries->cli, SDSE_NO_MEMORY);
        return;
    }
    memcpy(text + before, line, strlen(line) + 1);
    shell->pending = text;
    const char *first = sdse_query_skip_blanks(text);
    const bool blank = *first == '\0';
    if (!blank && *first != '.' && !sdse_query_first(first, queries->cli->arena))
        return; // more is to come
    shell->pending = NULL;
    if (!blank) {
        remember(shell, text);
        FILE *in = fmemopen(text, strlen(text), "r");
        if (in) {
            cli_query_run_all(queries, in);
            fclose(in);
        }
        fflush(stdout);
        // What failed has been said; it is not how the shell ends.
        queries->cli->reported = false;
        queries->cli->fault = SDSE_OK;
    }
    free(text);
}

static void read_lines(struct shell *shell) {
    while (!shell->queries->quit) {
        int length = 0;
        const atomic_bool *stop = cli_interrupt_arm();
        const char *line = el_gets(shell->edit, &length);
        if (atomic_load(stop)) { // Ctrl-C: what was typed is dropped
            cli_interrupt_forget();
            free(shell->pending);
            shell->pending = NULL;
            fputc('\n', shell->screen);
            fflush(shell->screen);
            continue;
        }
        if (!line || length <= 0)
            break;
        take_line(shell, line);
        cli_interrupt_forget();
    }
}

// ---- the shell ----

static const char *history_file(struct cli *cli) {
    const char *asked = getenv("SDSE_HISTORY"); // NOLINT(concurrency-mt-unsafe)
    const char *home = getenv("HOME");          // NOLINT(concurrency-mt-unsafe)
    if (asked)
        return *asked ? asked : NULL;
    return home && *home ? sdse_arena_printf(cli->arena, "%s/.sdse_history", home)
                         : NULL;
}

enum cli_exit cli_query_shell(struct cli_queries *queries) {
    struct shell shell = {.queries = queries, .file = history_file(queries->cli)};
    const int screen = dup(STDOUT_FILENO);
    enum cli_exit status = CLI_SYSTEM;
    shell.screen = screen >= 0 ? fdopen(screen, "w") : NULL;
    if (shell.screen)
        shell.edit = el_init("sdse", stdin, shell.screen, stderr);
    shell.history = history_init();
    if (!shell.edit || !shell.history) {
        status = cli_finish(queries->cli, SDSE_NO_MEMORY);
        goto done;
    }
    history(shell.history, &shell.event, H_SETSIZE, HISTORY_LINES);
    history(shell.history, &shell.event, H_SETUNIQUE, 1);
    if (shell.file)
        history(shell.history, &shell.event, H_LOAD, shell.file);
    el_set(shell.edit, EL_CLIENTDATA, &shell);
    el_set(shell.edit, EL_PROMPT, prompt);
    el_set(shell.edit, EL_EDITOR, "emacs");
    el_set(shell.edit, EL_SIGNAL, 1);
    el_set(shell.edit, EL_HIST, history, shell.history);
    el_set(shell.edit, EL_ADDFN, "sdse_complete", "completes a name", complete);
    el_set(shell.edit, EL_BIND, "^I", "sdse_complete", NULL);
    fputs("SQL over results, read-only; .help lists commands, Tab completes.\n",
          shell.screen);
    read_lines(&shell);
    status = CLI_OK;
done:
    free(shell.pending);
    if (shell.history)
        history_end(shell.history);
    if (shell.edit)
        el_end(shell.edit);
    if (shell.screen)
        fclose(shell.screen);
    else if (screen >= 0)
        close(screen);
    return status;
}
