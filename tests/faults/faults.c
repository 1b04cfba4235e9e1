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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trial.h"

static const struct {
    const char *family, *how;
    bool stays;
} kinds[] = {
    {"memory", "enomem", false}, {"memory", "enomem", true}, {"open", "eio", false},
    {"open", "enomem", false},   {"read", "eio", false},     {"read", "short", false},
    {"write", "eio", false},     {"write", "enospc", true},  {"write", "short", false},
    {"write", "torn", false},    {"sync", "eio", false},     {"sync", "gone", false},
    {"name", "eio", false},      {"name", "gone", false},    {"look", "eio", false},
    {"lock", "eio", false},      {"close", "eio", false},
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
        if (!options->most && !options->fault) // takes long: how far it is
            printf("%s: %ld faults so far in job %ld\n", trial.one->name, counts.faults,
                   job);
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
    make_root();
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
