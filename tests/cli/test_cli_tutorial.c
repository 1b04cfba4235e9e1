// The tutorial's transcripts are run: each command in order, in one folder, by a shell,
// and what it prints is what the page shows. A line of the page that is "…" stands for
// any lines, "…" within a line for any characters. Of a file that is not there, what
// the page shows for `cat FILE` is its content.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/copy_file.h"
#include "support_program.h"

#define PAGE "docs/tutorial.md"
#define ANYTHING "…"

enum { MOST_PER_JOB = 3 }; // commands of ours in one job

// --- The page ---

static const char *line_end(const char *line) {
    return line + strcspn(line, "\n");
}

static bool is_shown(const char *line) {
    return strncmp(line, "    ", 4) == 0;
}

static bool is_command(const char *line) {
    return strncmp(line, "    $ ", 6) == 0;
}

static const char *next_line(const char *line) {
    const char *end = line_end(line);
    return *end ? end + 1 : NULL;
}

// The shown lines from `line` on up to the next command or the end of the block,
// without their indent; *after = the line behind them. The caller frees it.
static char *shown_output(const char *line, const char **after) {
    char *text = calloc(line ? strlen(line) + 1 : 1, 1);
    assert_non_null(text);
    char *to = text;
    while (line && is_shown(line) && !is_command(line)) {
        const size_t bytes = (size_t)(line_end(line) - line) - 4;
        memcpy(to, line + 4, bytes);
        to += bytes;
        *to++ = '\n';
        line = next_line(line);
        // A blank line belongs to the block if the block goes on below it.
        const char *below = line && *line == '\n' ? next_line(line) : NULL;
        if (below && is_shown(below) && !is_command(below)) {
            *to++ = '\n';
            line = below;
        }
    }
    *after = line;
    return text;
}

// --- What the page shows against what a command prints ---

static bool line_fits(const char *shown, const char *shown_end, const char *got,
                      const char *got_end) {
    const size_t any = sizeof ANYTHING - 1;
    for (; shown < shown_end; shown++, got++) {
        if ((size_t)(shown_end - shown) >= any && memcmp(shown, ANYTHING, any) == 0) {
            for (const char *from = got; from <= got_end; from++)
                if (line_fits(shown + any, shown_end, from, got_end))
                    return true;
            return false;
        }
        if (got == got_end || *shown != *got)
            return false;
    }
    // Blanks at the end of a line are seen by nobody.
    while (got < got_end && *got == ' ')
        got++;
    return got == got_end;
}

// Whether all lines fit; *missed is the furthest shown line that none fitted.
static bool text_fits(const char *shown, const char *got, const char **missed) {
    if (!shown || !*shown)
        return !got || !*got;
    const char *shown_end = line_end(shown);
    if (shown_end - shown == sizeof ANYTHING - 1 &&
        memcmp(shown, ANYTHING, sizeof ANYTHING - 1) == 0) {
        for (const char *from = got;; from = next_line(from)) {
            if (text_fits(next_line(shown), from, missed))
                return true;
            if (!from || !*from)
                return false;
        }
    }
    if (got && *got && line_fits(shown, shown_end, got, line_end(got)))
        return text_fits(next_line(shown), next_line(got), missed);
    if (!*missed || shown > *missed)
        *missed = shown;
    return false;
}

// --- Running it ---

// Takes the lines out that say how far a sweep has come: how many there are is a matter
// of time.
static void drop_progress(char *text) {
    char *to = text;
    for (char *line = text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n';
        const char *progress = strstr(line, " points/s  ETA ");
        if (progress && progress < end)
            continue;
        memmove(to, line, (size_t)(end - line));
        to += end - line;
    }
    *to = '\0';
}

static char *read_all(FILE *stream) {
    size_t used = 0, room = 4096;
    char *text = malloc(room);
    assert_non_null(text);
    for (size_t got; (got = fread(text + used, 1, room - used - 1, stream)) > 0;) {
        used += got;
        if (room - used < 1024) {
            char *grown = realloc(text, room *= 2);
            assert_non_null(grown);
            text = grown;
        }
    }
    text[used] = '\0';
    return text;
}

static void run_command(const char *command, const char *shown) {
    char line[4096];
    const char *slash = strrchr(SDSE_PROGRAM, '/');
    snprintf(line, sizeof line, "cd '%s' && PATH='%.*s':\"$PATH\" && { %s; } 2>&1",
             scratch(""), (int)(slash - SDSE_PROGRAM), SDSE_PROGRAM, command);
    FILE *stream = popen(line, "r");
    assert_non_null(stream);
    char *got = read_all(stream);
    const int status = pclose(stream);
    drop_progress(got);
    const char *missed = NULL;
    const bool fits = text_fits(shown, got, &missed);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("`%s` ended with status %d:\n%s", command, WEXITSTATUS(status), got);
    if (!fits)
        fail_msg("%s: `%s` does not print\n%.*s\nbut\n%s", PAGE, command,
                 missed ? (int)(line_end(missed) - missed) : 0, missed ? missed : "",
                 got);
    free(got);
}

static void take_command(const char *command, const char *shown) {
    const char *name = command + 4; // "cat NAME"
    if (strncmp(command, "cat ", 4) == 0 && access(scratch(name), F_OK) != 0)
        write_scratch(name, shown);
    else
        run_command(command, shown);
}

static void prints_what_the_page_shows(void **state) {
    (void)state;
    copy_file("tests/data/onnx/small.onnx", scratch("model.onnx"));
    char *page = read_whole(PAGE);
    assert_non_null(page);
    int commands = 0, in_job = 0, jobs = 0;
    for (const char *line = page; line;) {
        if (strncmp(line, "## ", 3) == 0) {
            in_job = 0;
            jobs++;
        }
        if (!is_command(line)) {
            line = next_line(line);
            continue;
        }
        char command[1024];
        snprintf(command, sizeof command, "%.*s", (int)(line_end(line) - line - 6),
                 line + 6);
        char *shown = shown_output(next_line(line), &line);
        in_job += strncmp(command, "sdse ", 5) == 0;
        assert_in_range(in_job, 0, MOST_PER_JOB);
        take_command(command, shown);
        free(shown);
        commands++;
    }
    assert_true(jobs >= 3 && commands >= 9);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(prints_what_the_page_shows)};
    return cmocka_run_group_tests_name("tutorial", tests, enter_scratch, leave_scratch);
}
