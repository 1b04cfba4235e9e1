#include "support_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PATH_BYTES = 512, MOST_WORDS = 48 };

static char folder[PATH_BYTES];
static unsigned goldens_written;

static void empty_folder(const char *path) {
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char name[2 * PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0) {
            empty_folder(name);
            rmdir(name);
        }
    }
    if (directory)
        closedir(directory);
}

int enter_scratch(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sdse-cli-XXXXXX");
    return mkdtemp(folder) && chdir(SDSE_SOURCE_DIR) == 0 ? 0 : -1;
}

int leave_scratch(void **state) {
    (void)state;
    empty_folder(folder);
    const int removed = rmdir(folder);
    if (goldens_written) {
        fprintf(stderr, "%u golden files were written, nothing was compared\n",
                goldens_written);
        // Not left to cmocka, which does not fail when a group's end does.
        exit(EXIT_FAILURE);
    }
    return removed;
}

const char *scratch(const char *name) {
    static char paths[8][2 * PATH_BYTES];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

// The words of a line; `text` is their storage.
static void split(const char *line, char *text, size_t bytes, char **words) {
    size_t length = 0, count = 0;
    words[count++] = text;
    length += (size_t)snprintf(text, bytes, "sdse") + 1;
    while (*line) {
        assert_true(count + 1 < MOST_WORDS);
        char *word = text + length;
        words[count++] = word;
        if (*line == '@') {
            length += (size_t)snprintf(word, bytes - length, "%s/", folder);
            line++;
        }
        for (; *line && *line != ' '; line++) {
            assert_true(length + 2 < bytes);
            text[length++] = *line == '~' ? ' ' : *line;
        }
        text[length++] = '\0';
        line += *line == ' ';
    }
    words[count] = NULL;
}

static pid_t spawn(const char *line, const char *out, const char *err,
                   char *const *environment) {
    char text[8 * PATH_BYTES], *words[MOST_WORDS];
    split(line, text, sizeof text, words);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, flags, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err, flags, 0600);
    pid_t pid = -1;
    const int failed = posix_spawn(&pid, SDSE_PROGRAM, &actions, NULL, words,
                                   environment ? environment : environ);
    posix_spawn_file_actions_destroy(&actions);
    assert_int_equal(failed, 0);
    return pid;
}

pid_t start_program(const char *line) {
    return spawn(line, scratch(".shown"), scratch(".started"), NULL);
}

// Whether a running process catches the signal; false too when it has ended.
static bool catches(pid_t pid, int signal_number) {
    char path[64], line[128];
    uint64_t caught = 0;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "SigCgt: %" SCNx64, &caught) == 1)
            break;
    if (file)
        fclose(file);
    return caught >> (signal_number - 1) & 1;
}

bool comes_to(pid_t pid, int signal_number, bool caught) {
    for (int i = 0; i < 100000; i++) {
        if (catches(pid, signal_number) == caught)
            return true;
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    return false;
}

char *read_whole(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long bytes = ftell(file);
    rewind(file);
    char *text = calloc((size_t)bytes + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)bytes, file), bytes);
    fclose(file);
    return text;
}

struct ran run_program_to(const char *line, const char *path,
                          char *const *environment) {
    const char *err = scratch(".stderr");
    int status = 0;
    const pid_t pid = spawn(line, path, err, environment);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    struct ran ran = {.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                      .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    ran.out = strncmp(path, "/dev/", 5) == 0 ? NULL : read_whole(path);
    ran.err = read_whole(err);
    return ran;
}

struct ran run_program(const char *line) {
    return run_program_to(line, scratch(".stdout"), NULL);
}

void free_ran(struct ran *ran) {
    free(ran->out);
    free(ran->err);
}

char *run_text(int status, const char *line) {
    struct ran ran = run_program(line);
    if (ran.status != status)
        fail_msg("sdse %s: exit status %d, not %d (signal %d)\n%s%s", line, ran.status,
                 status, ran.signal, ran.out, ran.err);
    char *text = status ? ran.err : ran.out;
    free(status ? ran.out : ran.err);
    return text;
}

void run_says(int status, const char *line, const char *part) {
    char *text = run_text(status, line);
    if (!strstr(text, part))
        fail_msg("sdse %s: no '%s' in\n%s", line, part, text);
    free(text);
}

void run_alike(const char *line, const char *other) {
    char *one = run_text(0, line), *two = run_text(0, other);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

size_t list_verbs(char names[MOST_VERBS][VERB_BYTES]) {
    struct ran ran = run_program("--help");
    assert_int_equal(ran.status, 0);
    size_t count = 0;
    for (const char *line = ran.out; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (sscanf(line, "  %31[a-z-] ", names[count]) == 1 &&
            strncmp(line, "  ", 2) == 0)
            assert_true(++count < MOST_VERBS);
    }
    free_ran(&ran);
    assert_true(count > 20);
    return count;
}

// The scratch folder's name is new every time: '@' stands for it in golden files.
static void hide_folder(char *text) {
    for (char *at; (at = strstr(text, folder));) {
        const size_t length = strlen(folder);
        *at = '@';
        memmove(at + 1, at + length, strlen(at + length) + 1);
    }
}

void write_scratch(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

void golden_text(const char *name, char *text) {
    char path[PATH_BYTES];
    hide_folder(text);
    snprintf(path, sizeof path, "tests/cli/golden/%s.txt", name);
    if (getenv("SDSE_WRITE_GOLDEN")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
        goldens_written++;
        return;
    }
    char *expected = read_whole(path);
    if (!expected)
        fail_msg("%s is missing: write it with SDSE_WRITE_GOLDEN=1", path);
    if (strcmp(expected, text) != 0)
        fail_msg("differs from %s:\n%s", path, text);
    free(expected);
}

static void golden(const char *name, int status, const char *line, bool err) {
    struct ran ran = run_program(line);
    if (ran.status != status)
        fail_msg("sdse %s: exit status %d, not %d (signal %d)\n%s", line, ran.status,
                 status, ran.signal, ran.err);
    golden_text(name, err ? ran.err : ran.out);
    const char *silent = err ? ran.out : ran.err;
    if (*silent)
        fail_msg("sdse %s: unexpected on the other stream:\n%s", line, silent);
    free_ran(&ran);
}

void golden_out(const char *name, int status, const char *line) {
    golden(name, status, line, false);
}

void golden_err(const char *name, int status, const char *line) {
    golden(name, status, line, true);
}
