// sdse query as people use it: on a terminal, from a pipe, over several files.
#define _GNU_SOURCE // forkpty
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "support_program.h"

static int fill_database(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    struct ran ran = run_program("sweep tests/data/cli/sweep.yaml -o @r.db -j 1");
    const bool done = ran.status == 0;
    free_ran(&ran);
    return done ? 0 : -1;
}

// ---- a terminal ----

struct terminal {
    pid_t pid;
    int fd;
    char text[1 << 16]; // what the program wrote, whole
    size_t length, seen;
};

static void start(struct terminal *terminal, unsigned short columns,
                  char *const *argv) {
    const struct winsize size = {.ws_row = 24, .ws_col = columns};
    *terminal = (struct terminal){.fd = -1};
    terminal->pid = forkpty(&terminal->fd, NULL, NULL, &size);
    assert_true(terminal->pid >= 0);
    if (terminal->pid == 0) {
        setenv("TERM", "vt100", 1);
        setenv("SDSE_HISTORY", scratch("history"), 1);
        unsetenv("COLUMNS");
        unsetenv("SDSE_COLUMNS");
        // libedit never frees the name of a function that is added to it.
        setenv("LSAN_OPTIONS", "exitcode=0", 1);
        execv(SDSE_PROGRAM, argv);
        _exit(127);
    }
}

// Reads until `words` have come after what was waited for before; NULL: until the end.
static void wait_for(struct terminal *terminal, const char *words) {
    for (;;) {
        const char *found =
            words ? strstr(terminal->text + terminal->seen, words) : NULL;
        if (found) {
            terminal->seen = (size_t)(found - terminal->text) + strlen(words);
            return;
        }
        struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
        const int patience_ms = 30000;
        const ssize_t count =
            poll(&ready, 1, patience_ms) == 1
                ? read(terminal->fd, terminal->text + terminal->length,
                       sizeof terminal->text - terminal->length - 1)
                : -1;
        if (count <= 0 && !words)
            return;
        if (count <= 0)
            fail_msg("no '%s' after:\n%s", words, terminal->text + terminal->seen);
        // Terminals of old want time, which is sent as NULs.
        const size_t end = terminal->length + (size_t)count;
        for (size_t i = terminal->length; i < end; i++)
            if (terminal->text[i])
                terminal->text[terminal->length++] = terminal->text[i];
        terminal->text[terminal->length] = '\0';
    }
}

// Whether the program reads keys, not lines: the terminal is as it wants it while it
// does, and only then.
static bool reads_keys(const struct terminal *terminal) {
    struct termios mode;
    return tcgetattr(terminal->fd, &mode) == 0 && !(mode.c_lflag & ICANON);
}

// What is typed before would be taken as lines by the terminal itself.
static void type(struct terminal *terminal, const char *keys) {
    for (int tries = 0; !reads_keys(terminal) && tries < 30000; tries++)
        poll(NULL, 0, 1);
    assert_true(reads_keys(terminal));
    assert_int_equal(write(terminal->fd, keys, strlen(keys)), strlen(keys));
}

// Ctrl-C between two readings of a key is seen at the next one: typed until it is.
static void interrupt(struct terminal *terminal, const char *prompt) {
    struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
    for (int tries = 0, came = 0; !came && tries < 60; tries++) {
        type(terminal, "\x03");
        came = poll(&ready, 1, 500);
    }
    wait_for(terminal, prompt);
}

static int end(struct terminal *terminal) {
    int status;
    wait_for(terminal, NULL);
    assert_int_equal(waitpid(terminal->pid, &status, 0), terminal->pid);
    close(terminal->fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct terminal terminal;

static void the_shell_completes_and_remembers(void **state) {
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", scratch("r.db"));
    char *argv[] = {(char[]){"sdse"}, (char[]){"query"}, path, NULL};
    start(&terminal, 80, argv);
    wait_for(&terminal, "sdse> ");
    // One candidate is written out, several up to where they differ.
    type(&terminal, "SELECT count(*) AS n FROM v_param\t");
    wait_for(&terminal, "eter ");
    type(&terminal, ";\n");
    wait_for(&terminal, "n\r\n");
    wait_for(&terminal, "16\r\n");
    wait_for(&terminal, "sdse> ");
    type(&terminal, "SELECT latency_\t\t");
    wait_for(&terminal, "latency_cycles  latency_s");
    type(&terminal, "s > 0 AS p\n"); // goes on in the next line
    wait_for(&terminal, "...> ");
    type(&terminal, "FROM v_point LIMIT 1;\n");
    wait_for(&terminal, "p\r\n");
    wait_for(&terminal, "1\r\n");
    // Errors are said, and the shell goes on.
    type(&terminal, "SELECT nowhere FROM v_point;\n");
    wait_for(&terminal, "no such column: nowhere; there are ");
    type(&terminal, ".vie\t\n");
    wait_for(&terminal, "v_energy");
    type(&terminal, ".fromat\n");
    wait_for(&terminal, "no command '.fromat'; there are '.format'");
    type(&terminal, ".format csv\nSELECT 1 AS a, 2 AS b;\n");
    wait_for(&terminal, "a,b\r\n1,2\r\n");
    // Ctrl-C drops a line, and the statement it was part of.
    type(&terminal, "SELECT\n");
    wait_for(&terminal, "...> ");
    interrupt(&terminal, "sdse> ");
    type(&terminal, "SELECT 5 AS five;\n");
    wait_for(&terminal, "five\r\n5\r\n");
    type(&terminal, ".quit\n");
    assert_int_equal(end(&terminal), 0);
    char *history = read_whole(scratch("history"));
    assert_non_null(strstr(history, "v_parameter"));
    free(history);
    // The next shell has it: up, up is the statement before .quit.
    start(&terminal, 80, argv);
    wait_for(&terminal, "sdse> ");
    type(&terminal, "\x1b[A\x1b[A\n");
    wait_for(&terminal, "five");
    wait_for(&terminal, "5\r\n");
    type(&terminal, "\x04");
    assert_int_equal(end(&terminal), 0);
}

// No line is wider than the terminal; what never changes is said once.
static void tables_know_the_terminal(void **state) {
    (void)state;
    char path[256], sql[] = "SELECT * FROM v_point ORDER BY point_id";
    snprintf(path, sizeof path, "%s", scratch("r.db"));
    char *argv[] = {(char[]){"sdse"}, (char[]){"query"}, path, sql, NULL};
    for (unsigned short columns = 40; columns <= 200; columns += 80) {
        start(&terminal, columns, argv);
        assert_int_equal(end(&terminal), 0);
        assert_non_null(strstr(terminal.text, "workload=tiny"));
        for (char *line = terminal.text, *stop; *line; line = stop + 2) {
            stop = strstr(line, "\r\n");
            size_t width = 0;
            for (const char *c = line; c < stop; c++)
                width += ((unsigned char)*c & 0xc0) != 0x80;
            assert_true(width <= columns);
        }
    }
}

// Pipes get the same bytes whatever the terminal; SDSE_COLUMNS asks for a width.
static void pipes_are_not_terminals(void **state) {
    (void)state;
    const char *line = "query @r.db SELECT~*~FROM~v_point";
    char *const narrow[] = {"COLUMNS=30", NULL}, *const asked[] = {"SDSE_COLUMNS=30",
                                                                   NULL};
    struct ran plain = run_program(line);
    struct ran with = run_program_to(line, scratch("narrow"), narrow);
    char *text = read_whole(scratch("narrow"));
    assert_string_equal(plain.out, text);
    free_ran(&with);
    free(text);
    with = run_program_to(line, scratch("asked"), asked);
    text = read_whole(scratch("asked"));
    assert_non_null(strstr(text, "all: "));
    assert_string_not_equal(plain.out, text);
    free_ran(&plain);
    free_ran(&with);
    free(text);
}

// ---- a pipe ----

// Runs `sdse query r.db ARGUMENT` with SQL on its standard input; the caller frees.
static char *piped(const char *sql, const char *argument, int *status) {
    write_scratch("in.sql", sql);
    char command[1024];
    snprintf(command, sizeof command, "%s query %s %s <%s >%s 2>&1", SDSE_PROGRAM,
             scratch("r.db"), argument, scratch("in.sql"), scratch("piped"));
    const int ended = system(command);
    *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    return read_whole(scratch("piped"));
}

static void statements_come_from_a_pipe(void **state) {
    (void)state;
    static const struct {
        const char *sql, *argument, *said;
        int status;
    } cases[] = {
        {"SELECT 1 AS a;\n-- no; end\nSELECT ';' AS b", "-f csv", "a\n1\nb\n;\n", 0},
        {"SELECT 1 AS a;\n.format md\nSELECT 2 AS b;\n.quit\nnonsense", "- -f csv",
         "a\n1\n| b |\n|--:|\n| 2 |\n", 0},
        // Places are those of the whole text, and nothing runs after an error.
        {"SELECT 1 AS a;\n\n SELECT 2; SELECT x;\nSELECT 3;", "-f csv",
         "query:3:19: error: no such column: x [query-sql]\na\n1\n2\n2\n", 1},
        {"", "- -f csv", "", 0},
        {"-- only words\n", "- -f csv", "", 0},
        {"-- x\n.format csv\n/* y; */ SELECT 1 AS a;\n-- done\n", "-", "a\n1\n", 0},
        {"SELECT 7 AS seven", "'SELECT 8 AS eight' -f csv", "eight\n8\n", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status;
        char *text = piped(cases[i].sql, cases[i].argument, &status);
        assert_string_equal(text, cases[i].said);
        assert_int_equal(status, cases[i].status);
        free(text);
    }
    int status;
    char *text = piped(" \n", "", &status); // nothing asked: what there is
    assert_non_null(strstr(text, "v_parameter"));
    assert_int_equal(status, 0);
    free(text);
}

static void further_files_are_attached(void **state) {
    (void)state;
    struct ran copied = run_program("sweep tests/data/cli/sweep.yaml -o @o.db -j 1");
    free_ran(&copied);
    char line[1024];
    snprintf(
        line, sizeof line,
        "query @r.db --attach old=%s,next=%s -f csv "
        "SELECT~count(*)~AS~n~FROM~v_point~JOIN~old.v_point~o~USING(point_hash)~JOIN"
        "~next.v_point~USING(point_hash)~WHERE~o.area_mm2~>~0",
        scratch("o.db"), scratch("r.db"));
    struct ran ran = run_program(line);
    assert_string_equal(ran.err, "");
    assert_string_equal(ran.out, "n\n8\n");
    free_ran(&ran);
    snprintf(line, sizeof line, "query @r.db --attach old=%s DELETE~FROM~old.point",
             scratch("o.db"));
    ran = run_program(line);
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "[query-read-only]"));
    free_ran(&ran);
    golden_err("query_attach_form", 2, "query @r.db --attach old SELECT~1");
    golden_err("query_attach_none", 1, "query @r.db --attach old=none.db SELECT~1");
    golden_err("query_attach_kind", 1,
               "query @r.db --attach old=tests/data/cli/net.yaml SELECT~1");
    golden_err("query_attach_name", 1,
               "query @r.db --attach main=tests/data/cli/net.yaml SELECT~1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shell_completes_and_remembers),
        cmocka_unit_test(tables_know_the_terminal),
        cmocka_unit_test(pipes_are_not_terminals),
        cmocka_unit_test(statements_come_from_a_pipe),
        cmocka_unit_test(further_files_are_attached),
    };
    return cmocka_run_group_tests(tests, fill_database, leave_scratch);
}
