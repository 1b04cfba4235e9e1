// Runs the verbs of sdse with faults: the n-th allocation, open, read, write, sync,
// rename or look at a file fails (preload_fault.c), or the program ends there in the
// middle of a write. Whatever fails, and wherever:
//
//   * the program is never killed by a signal;
//   * exit 0 comes with the whole answer: stdout and every file as without the fault;
//   * any other exit is 3 and says on stderr what happened: memory is out, or what the
//     system says; a read that failed is never called damage, nor the input wrong;
//   * every file is as it was, or as it should become; no temporary file is left (but
//     by a program that was ended);
//   * a database keeps the points it had, and the same command continues it to what it
//     would have held.
//
//     faults [--every] [--most N] [--jobs N] [--case NAME] [--keep]
//     faults --case NAME --fault FAMILY:N:HOW
//
// Which n: a run without a fault lists the distinct call stacks of each family, and the
// first and the last call through each of them fails. Two calls through one stack are
// told apart by what the program did before only: the same line gets the failure, and
// the same lines up to main() handle it. What differs is how much is done already:
// nothing of it, at the first call; all of it, at the last. --every takes every n,
// which takes a day.
// --most: at most N places for each case and kind of failure.
//
// One file, though long: one driver; what is judged after a fault depends on all that
// was prepared before it.
#define _GNU_SOURCE // NOLINT: posix_spawn_file_actions_addchdir_np
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults.h"

extern char **environ;

enum { PATH_BYTES = 1024, FAULT_BYTES = 64, STACK_BYTES = 16 };

static char root[PATH_BYTES]; // holds start/, a work folder per job, and want.N/

// ---- files ----

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format,
                                                                    ...) {
    va_list args;
    va_start(args, format);
    fputs("faults: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

// A path; too long a one ends the program.
__attribute__((format(printf, 2, 3))) static void join(char path[PATH_BYTES],
                                                       const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(path, PATH_BYTES, format, args);
    va_end(args);
    if (length >= PATH_BYTES)
        give_up("too long a path: %s", path);
}

struct bytes {
    char *text; // with a NUL; NULL = no such file
    size_t length;
};

static struct bytes read_file(const char *path) {
    struct bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    if (!file)
        return bytes;
    char chunk[65536];
    size_t got;
    bytes.text = calloc(1, 1);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        bytes.text = realloc(bytes.text, bytes.length + got + 1);
        memcpy(bytes.text + bytes.length, chunk, got);
        bytes.length += got;
        bytes.text[bytes.length] = '\0';
    }
    fclose(file);
    return bytes;
}

static bool equal(struct bytes a, struct bytes b) {
    return (!a.text && !b.text) || (a.text && b.text && a.length == b.length &&
                                    memcmp(a.text, b.text, a.length) == 0);
}

// Calls `visit` for every file below root/folder, with its name from there.
typedef void (*visitor)(void *context, const char *folder, const char *name);
static void walk(const char *folder, const char *below, visitor visit, void *context) {
    char path[PATH_BYTES];
    join(path, "%s/%s/%s", root, folder, below);
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char name[PATH_BYTES];
        struct stat info;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        join(name, "%s%s%s", below, *below ? "/" : "", entry->d_name);
        join(path, "%s/%s/%s", root, folder, name);
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
            walk(folder, name, visit, context);
        else
            visit(context, folder, name);
    }
    if (directory)
        closedir(directory);
}

static void remove_all(const char *path) {
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory))) {
        char name[PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        join(name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0)
            remove_all(name);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static void copy_one(void *context, const char *folder, const char *name) {
    char from[PATH_BYTES], to[PATH_BYTES];
    join(from, "%s/%s/%s", root, folder, name);
    join(to, "%s/%s/%s", root, (const char *)context, name);
    for (char *c = to + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        mkdir(to, 0777);
        *c = '/';
    }
    const struct bytes bytes = read_file(from);
    struct stat info;
    const int file = stat(from, &info) == 0 ? creat(to, info.st_mode & 0777) : -1;
    if (file < 0 || write(file, bytes.text, bytes.length) != (ssize_t)bytes.length)
        give_up("cannot write %s", to);
    close(file);
    free(bytes.text);
}

// root/to becomes a copy of root/from.
static void copy_folder(const char *from, const char *to) {
    char path[PATH_BYTES];
    join(path, "%s/%s", root, to);
    remove_all(path);
    mkdir(path, 0777);
    walk(from, "", copy_one, (void *)(uintptr_t)to);
}

// ---- programs ----

struct ran {
    int status; // exit status, or 128 + the signal
    struct bytes out, err;
};

static void free_ran(struct ran *ran) {
    free(ran->out.text);
    free(ran->err.text);
}

// Runs sdse in root/folder. `fault` is SDSE_FAULT, or NULL; `path` is where the stack
// of the call that failed goes, or without a fault those of all calls; or NULL.
static struct ran run_sdse(const char *folder, const char *const *words,
                           const char *fault, const char *path) {
    char where[PATH_BYTES], out[PATH_BYTES], err[PATH_BYTES];
    join(where, "%s/%s", root, folder);
    join(out, "%s.out", where);
    join(err, "%s.err", where);
    const char *argv[FAULT_MOST_WORDS + 2] = {"sdse"};
    for (int i = 0; words[i]; i++)
        argv[i + 1] = words[i];
    if (fault)
        setenv("SDSE_FAULT", fault, 1);
    if (path)
        setenv(fault ? "SDSE_FAULT_HIT" : "SDSE_FAULT_STACKS", path, 1);
    if (fault || path)
        setenv("LD_PRELOAD", SDSE_PRELOAD, 1);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, where);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT | O_TRUNC,
                                     0666);
    posix_spawn_file_actions_addopen(&actions, 2, err, O_WRONLY | O_CREAT | O_TRUNC,
                                     0666);
    pid_t child;
    const int error = posix_spawn(&child, SDSE_PROGRAM, &actions, NULL,
                                  (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    unsetenv("LD_PRELOAD");
    unsetenv("SDSE_FAULT");
    unsetenv("SDSE_FAULT_STACKS");
    unsetenv("SDSE_FAULT_HIT");
    int status = 0;
    if (error || waitpid(child, &status, 0) != child)
        give_up("cannot run %s", SDSE_PROGRAM);
    return (struct ran){WIFEXITED(status) ? WEXITSTATUS(status)
                                          : 128 + WTERMSIG(status),
                        read_file(out), read_file(err)};
}

// ---- one fault ----

// What a job works on: a case, its answer without a fault, and where.
struct trial {
    const struct fault_case *one;
    const char *work;      // folder of the job
    char want[PATH_BYTES]; // folder with the files as they should become
    struct ran answer;     // without a fault
    struct bytes exported; // of the database, without a fault
    struct bytes stored;   // the same, before; NULL = there is none yet
    char fault[FAULT_BYTES];
    const char *stack; // of the call that is to fail; NULL: any
    struct ran ran;
    bool killed;  // the fault is to end the program
    bool changed; // files of the work folder are no longer those of start/
    bool wrong;
    long strays; // faults that met another stack than the listed one
};

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

// Blanks what differs from run to run.
static void blank(const char *pattern, struct bytes bytes) {
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

static struct bytes export_of(const char *folder, const char *database,
                              struct ran *ran) {
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
    struct ran after;
    trial->changed = true;
    if (trial->stored.text) {
        const struct bytes is = export_of(trial->work, database, &after);
        if (after.status != 0)
            complain(trial, "the database cannot be read any more");
        else
            judge_kept(trial, trial->stored.text, is.text);
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

// Runs the case with one fault, and judges. True if all is well.
static bool run_trial(struct trial *trial) {
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
    walk(trial->work, "", judge_file, trial);
    walk("start", "", judge_missing, trial);
    walk(trial->want, "", judge_missing, trial);
    if (trial->one->database)
        judge_database(trial);
    // The frames, for addr2line.
    if (trial->wrong && hit.text)
        printf("    stack: %s", hit.text);
    free(hit.text);
    free_ran(&trial->ran);
    return !trial->wrong;
}

// ---- all of them ----

static const struct {
    const char *family, *how;
    bool stays;
} kinds[] = {
    {"memory", "enomem", false}, {"memory", "enomem", true}, {"open", "eio", false},
    {"open", "enomem", false},   {"read", "eio", false},     {"read", "short", false},
    {"write", "eio", false},     {"write", "enospc", true},  {"write", "short", false},
    {"write", "torn", false},    {"sync", "eio", false},     {"sync", "gone", false},
    {"name", "eio", false},      {"name", "gone", false},    {"look", "eio", false},
    {"lock", "eio", false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct options {
    long most, jobs;
    const char *only, *fault;
    bool keep, every;
};

// A call that is to fail: the n-th of its family.
struct place {
    long n;
    const char *stack; // STACK_BYTES characters, in the text of the list; NULL: any
};
struct places {
    struct place *place; // by n, each once
    long count, stacks;  // stacks: how many distinct ones
};

static int by_number(const void *a, const void *b) {
    const long x = ((const struct place *)a)->n, y = ((const struct place *)b)->n;
    return (x > y) - (x < y);
}

// The first and the last call through every stack of a family, or all calls.
static struct places places_of(const char *family, const char *list, bool every) {
    struct places places = {NULL, 0, 0};
    const size_t length = strlen(family);
    long calls = 0;
    for (const char *line = list; *line; line = strchr(line, '\n') + 1) {
        long first, last;
        int end;
        if (strncmp(line, family, length) != 0 ||
            sscanf(line + length, " %ld %ld %n", &first, &last, &end) != 2)
            continue;
        const char *stack = line + length + end;
        places.place =
            realloc(places.place, (size_t)(places.count + 2) * sizeof *places.place);
        places.place[places.count++] = (struct place){first, stack};
        if (last > first)
            places.place[places.count++] = (struct place){last, stack};
        places.stacks++;
        calls = last > calls ? last : calls;
    }
    if (every) {
        places.place =
            realloc(places.place, (size_t)(calls + 1) * sizeof *places.place);
        for (places.count = 0; places.count < calls; places.count++)
            places.place[places.count] = (struct place){places.count + 1, NULL};
    }
    if (places.count)
        qsort(places.place, (size_t)places.count, sizeof *places.place, by_number);
    return places;
}

// Runs the case without a fault: its answer, and the stacks of the calls that it makes.
static struct bytes prepare(struct trial *trial, int number) {
    const struct fault_case *one = trial->one;
    char list[PATH_BYTES], path[PATH_BYTES];
    join(trial->want, "want.%d.%s", number, trial->work);
    join(list, "%s/%s.stacks", root, trial->work);
    copy_folder("start", trial->want);
    struct ran ran;
    trial->exported = trial->stored = (struct bytes){NULL, 0};
    if (one->database)
        join(path, "%s/%s/%s", root, trial->want, one->database);
    if (one->database && access(path, F_OK) == 0)
        trial->stored = export_of(trial->want, one->database, &ran);
    trial->answer = run_sdse(trial->want, one->words, NULL, list);
    if (trial->answer.status != one->exit)
        give_up("%s: exit %d without a fault: %s", one->name, trial->answer.status,
                trial->answer.err.text);
    blank(one->varies, trial->answer.out);
    if (one->database) {
        trial->exported = export_of(trial->want, one->database, &ran);
        if (!trial->exported.text)
            give_up("%s: no export", one->name);
    }
    const struct bytes stacks = read_file(list);
    if (!stacks.text)
        give_up("%s: no stacks", one->name);
    return stacks;
}

struct counts {
    long faults, wrong, strays;
    long stacks; // of all cases and families
};

// The share of job `job`: every jobs-th fault of every case.
static struct counts run_job(const struct options *options, long job) {
    struct counts counts = {0};
    char work[PATH_BYTES];
    long turn = 0;
    join(work, "work%ld", job);
    for (int c = 0; c < fault_case_count; c++) {
        struct trial trial = {.one = &fault_cases[c], .work = work, .changed = true};
        if (options->only && strcmp(options->only, trial.one->name) != 0)
            continue;
        const struct bytes list = prepare(&trial, c);
        if (options->fault) {
            snprintf(trial.fault, sizeof trial.fault, "%s", options->fault);
            counts.faults++;
            counts.wrong += !run_trial(&trial);
        }
        for (int k = 0; k < KINDS && !options->fault; k++) {
            const struct places places =
                places_of(kinds[k].family, list.text, options->every);
            const long most = options->most && options->most < places.count
                                  ? options->most
                                  : places.count;
            // Evenly spread, from another place in each case and kind.
            for (long i = 0; i < most; i++) {
                if (turn++ % options->jobs != job)
                    continue;
                const long n =
                    (i * places.count + (7 * c + 3 * k) % places.count) / most;
                const struct place *place = &places.place[n % places.count];
                trial.stack = place->stack;
                snprintf(trial.fault, sizeof trial.fault, "%s:%ld%s:%s",
                         kinds[k].family, place->n, kinds[k].stays ? "+" : "",
                         kinds[k].how);
                counts.faults++;
                counts.wrong += !run_trial(&trial);
            }
            // A family has several kinds.
            if (k == 0 || strcmp(kinds[k].family, kinds[k - 1].family) != 0)
                counts.stacks += job == 0 ? places.stacks : 0;
            free(places.place);
        }
        counts.strays += trial.strays;
        free_ran(&trial.answer);
        free(trial.exported.text);
        free(trial.stored.text);
        free(list.text);
        fflush(stdout);
    }
    return counts;
}

// Jobs are processes: the environment and files are theirs.
static struct counts run_jobs(const struct options *options) {
    struct counts counts = {0};
    int ends[2];
    fflush(stdout);
    if (pipe(ends) != 0)
        give_up("no pipe");
    for (long job = 0; job < options->jobs; job++) {
        if (fork() != 0)
            continue;
        const struct counts share = run_job(options, job);
        const bool sent = write(ends[1], &share, sizeof share) == sizeof share;
        fflush(stdout);
        _exit(sent ? 0 : 2);
    }
    close(ends[1]);
    struct counts share;
    long arrived = 0;
    while (read(ends[0], &share, sizeof share) == sizeof share) {
        counts.faults += share.faults;
        counts.wrong += share.wrong;
        counts.strays += share.strays;
        counts.stacks += share.stacks;
        arrived++;
    }
    while (wait(NULL) > 0)
        continue;
    if (arrived != options->jobs)
        give_up("a job did not end well");
    return counts;
}

static void set_up(void) {
    char path[PATH_BYTES];
    join(path, "%s/start", root);
    if (symlink(SDSE_FAULT_DATA, path) != 0)
        give_up("no %s", path);
    copy_folder("start", "made");
    unlink(path);
    for (int i = 0; i < fault_setup_count; i++) {
        struct ran ran = run_sdse("made", fault_setup[i], NULL, NULL);
        if (ran.status != 0)
            give_up("setup %d: exit %d: %s", i, ran.status, ran.err.text);
        free_ran(&ran);
    }
    copy_folder("made", "start");
}

int main(int argc, char **argv) {
    struct options options = {.jobs = 2};
    for (int i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (strcmp(argv[i], "--keep") == 0)
            options.keep = true;
        else if (strcmp(argv[i], "--every") == 0)
            options.every = true;
        else if (more && strcmp(argv[i], "--most") == 0)
            options.most = atol(argv[++i]);
        else if (more && strcmp(argv[i], "--jobs") == 0)
            options.jobs = atol(argv[++i]);
        else if (more && strcmp(argv[i], "--case") == 0)
            options.only = argv[++i];
        else if (more && strcmp(argv[i], "--fault") == 0)
            options.fault = argv[++i];
        else
            give_up("unknown option %s", argv[i]);
    }
    if (options.fault || options.jobs < 1)
        options.jobs = 1;
    // Where syncing costs nothing.
    join(root, "%s/sdse-faults-XXXXXX",
         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(root))
        give_up("no folder %s", root);
    // The gnuplot of the tests, which is a script.
    const char *path = getenv("PATH");
    char extended[PATH_BYTES];
    join(extended, "%s:%s", SDSE_FAULT_DATA, path ? path : "");
    setenv("PATH", extended, 1);
    setenv("TZ", "UTC", 1);
    set_up();
    const struct counts counts = run_jobs(&options);
    printf("## faults: %ld in %d command lines, %ld wrong\n", counts.faults,
           options.only ? 1 : fault_case_count, counts.wrong);
    printf("%ld distinct call stacks; %ld faults met another one\n", counts.stacks,
           counts.strays);
    if (options.keep)
        printf("kept: %s\n", root);
    else
        remove_all(root);
    return counts.wrong ? 1 : 0;
}
