#define _GNU_SOURCE // NOLINT: strcasestr
#include "trial.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *fault_of(const struct trial *trial) { return trial->fault; }

__attribute__((format(printf, 2, 3))) static void complain(struct trial *trial,
                                                           const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("%s %s: ", trial->one->name, fault_of(trial));
    vprintf(format, args);
    printf(" (exit %d)\n", trial->ran.status);
    va_end(args);
    if (!trial->wrong && trial->ran.err.text && *trial->ran.err.text)
        printf("    stderr: %.300s\n", trial->ran.err.text);
    trial->wrong = true;
}

void blank(const char *pattern, struct bytes bytes) {
    regex_t regex;
    regmatch_t match;
    if (!pattern || !bytes.text)
        return;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE) != 0)
        give_up("bad pattern %s", pattern);
    char *at = bytes.text;
    // Numbers of another length would move what follows: one blank, the rest cut out.
    while (*at && regexec(&regex, at, 1, &match, 0) == 0) {
        char *start = at + match.rm_so, *end = at + match.rm_eo;
        *start = '~';
        memmove(start + 1, end, strlen(end) + 1);
        at = start + 1;
    }
    regfree(&regex);
}

static bool same_text(struct bytes a, struct bytes b) {
    return a.text && b.text && strcmp(a.text, b.text) == 0;
}

// Whether `text` has any of the words, case ignored.
static const char *has_any(const char *text, const char *const *words) {
    for (; *words; words++)
        if (strcasestr(text, *words))
            return *words;
    return NULL;
}

static void judge_reason(struct trial *trial) {
    static const char *const memory[] = {"out of memory", "cannot allocate memory",
                                         NULL};
    static const char *const input[] = {"input/output error", "disk i/o error", NULL};
    static const char *const space[] = {"no space left", "disk is full", NULL};
    static const char *const blame[] = {
        "damage",         "corrupt",      "malformed",  "cut off", "not a sqlite",
        "not a database", "no such file", "is invalid", NULL};
    const char *text = trial->ran.err.text, *fault = trial->fault;
    if (!*text) {
        complain(trial, "nothing on stderr");
        return;
    }
    const bool is_memory = strncmp(fault, "memory", 6) == 0 || strstr(fault, "enomem");
    const char *const *wanted = is_memory                 ? memory
                                : strstr(fault, "enospc") ? space
                                                          : input;
    // SQLite forgets why it could not open a file beside the database.
    static const char *const beside[] = {"readonly database", "-wal or -shm",
                                         "locking protocol", NULL};
    const bool forgotten =
        (strncmp(fault, "open", 4) == 0 || strncmp(fault, "lock", 4) == 0) &&
        has_any(text, beside);
    if (!forgotten && !has_any(text, wanted))
        complain(trial, "the reason is not said (%s)", wanted[0]);
    const char *blamed = has_any(text, blame);
    if (blamed)
        complain(trial, "says '%s'", blamed);
    // Beside a mistake of the input it may be 1.
    if (trial->ran.status != 3 && (trial->ran.status != 1 || trial->one->exit != 1))
        complain(trial, "is not 3, a fault of the system");
}

static bool is_database(const struct trial *trial, const char *name) {
    const char *database = trial->one->database;
    return database && strncmp(name, database, strlen(database)) == 0;
}

// A file of the work folder: as before, or as it should become.
static void judge_file(void *context, const char *folder, const char *name) {
    struct trial *trial = context;
    char path[PATH_BYTES];
    if (is_database(trial, name)) {
        trial->changed = true;
        return;
    }
    // SQLite makes these beside a database that is read.
    const size_t length = strlen(name);
    if (length > 7 && (strcmp(name + length - 4, "-wal") == 0 ||
                       strcmp(name + length - 4, "-shm") == 0)) {
        trial->changed = true;
        return;
    }
    if (strstr(name, ".sdse-")) {
        trial->changed = true;
        // What cannot be removed is left.
        if (!trial->killed && strncmp(trial->fault, "name", 4) != 0)
            complain(trial, "left %s", name);
        return;
    }
    join(path, "%s/%s/%s", root, folder, name);
    const struct bytes is = read_file(path);
    join(path, "%s/start/%s", root, name);
    const struct bytes was = read_file(path);
    trial->changed |= !equal(is, was);
    join(path, "%s/%s/%s", root, trial->want, name);
    const struct bytes wanted = read_file(path);
    if (trial->ran.status == 0 ? !equal(is, wanted)
                               : !equal(is, was) && !equal(is, wanted))
        complain(trial, "%s is %s", name,
                 !was.text && !wanted.text ? "one file too many"
                                           : "neither as before nor as it should be");
    free(is.text);
    free(was.text);
    free(wanted.text);
}

// A file that was there, or should have come.
static void judge_missing(void *context, const char *folder, const char *name) {
    struct trial *trial = context;
    char path[PATH_BYTES];
    const bool before = strcmp(folder, "start") == 0;
    join(path, "%s/%s/%s", root, trial->work, name);
    const bool missing = access(path, F_OK) != 0;
    trial->changed |= missing && before;
    if (missing && (before || trial->ran.status == 0) && !is_database(trial, name))
        complain(trial, "%s is gone", name);
}

struct bytes export_of(const char *folder, const char *database, struct ran *ran) {
    const char *const words[] = {"export", database, NULL};
    *ran = run_sdse(folder, words, NULL, NULL);
    free(ran->err.text);
    ran->err.text = NULL;
    return ran->out;
}

// The points that were there are there.
static void judge_kept(struct trial *trial, const char *before, const char *after) {
    for (const char *line = before; *line;) {
        const char *end = strchr(line, '\n');
        char text[4096];
        if (!end)
            break;
        const int length = (int)(end - line);
        snprintf(text, sizeof text, "%.*s", length, line);
        if (strncmp(line, "{\"table\":\"point\"", 16) == 0 && !strstr(after, text))
            complain(trial, "a stored point is lost");
        line = end + 1;
    }
}

// After a failure: what was stored is there, and the same command completes it.
static void judge_database(struct trial *trial) {
    const char *database = trial->one->database;
    const bool drops = strcmp(trial->one->words[0], "prune") == 0; // points
    struct ran after;
    trial->changed = true;
    if (trial->stored.text) {
        const struct bytes is = export_of(trial->work, database, &after);
        if (after.status != 0)
            complain(trial, "the database cannot be read any more");
        else if (!drops)
            judge_kept(trial, trial->stored.text, is.text);
        else if (!equal(is, trial->stored) && !equal(is, trial->exported))
            complain(trial, "%s is neither as before nor as it should be", database);
        free(is.text);
    }
    struct ran again = run_sdse(trial->work, trial->one->words, NULL, NULL);
    if (again.status != trial->one->exit)
        complain(trial, "cannot be continued: %d %.200s", again.status, again.err.text);
    free_ran(&again);
    const struct bytes done = export_of(trial->work, database, &after);
    if (!equal(done, trial->exported))
        complain(trial, "continued, %s is not what it would have been", database);
    free(done.text);
}

// The program's own frames of the call that failed, the innermost first.
static void print_frames(const char *hit) {
    printf("    addr2line -fe sdse");
    for (const char *at = hit; (at = strstr(at, "sdse(+"));) {
        at += strlen("sdse(+");
        printf(" %.*s", (int)strcspn(at, ")"), at);
    }
    putchar('\n');
}

bool run_trial(struct trial *trial) {
    trial->wrong = false;
    const size_t length = strlen(trial->fault);
    trial->killed = strcmp(trial->fault + length - 4, "torn") == 0 ||
                    strcmp(trial->fault + length - 4, "gone") == 0;
    if (trial->changed)
        copy_folder("start", trial->work);
    trial->changed = false;
    char hit_path[PATH_BYTES];
    join(hit_path, "%s/%s.hit", root, trial->work);
    unlink(hit_path);
    trial->ran = run_sdse(trial->work, trial->one->words, trial->fault, hit_path);
    const struct bytes hit = read_file(hit_path);
    if (trial->stack &&
        (!hit.text || strncmp(hit.text, trial->stack, STACK_BYTES) != 0))
        trial->strays++;
    blank(trial->one->varies, trial->ran.out);
    const int status = trial->ran.status;
    const bool complete = status == trial->one->exit &&
                          same_text(trial->ran.out, trial->answer.out) &&
                          same_text(trial->ran.err, trial->answer.err);
    if (status > 128 && !(trial->killed && status == 137))
        complain(trial, "killed by signal %d", status - 128);
    else if (status == 0 && !same_text(trial->ran.out, trial->answer.out))
        complain(trial, "exit 0 without the whole answer");
    else if (status != 0 && status <= 128 && !complete)
        judge_reason(trial);
    if (complete && hit.text && strncmp(trial->fault, "close", 5) == 0)
        complain(trial, "what could not be closed is not said");
    // What a database could not sync it says, or has elsewhere (its log).
    if (complete && hit.text && !trial->killed && !trial->one->database &&
        strncmp(trial->fault, "sync", 4) == 0)
        complain(trial, "what could not be synced is not said");
    walk(trial->work, "", judge_file, trial);
    walk("start", "", judge_missing, trial);
    walk(trial->want, "", judge_missing, trial);
    if (trial->one->database)
        judge_database(trial);
    if (trial->wrong && hit.text)
        print_frames(hit.text);
    free(hit.text);
    free_ran(&trial->ran);
    return !trial->wrong;
}
