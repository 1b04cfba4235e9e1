#include "cli/compare_sides.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/selection.h"

// Digits alone are a point's number, whatever files there are.
static bool is_file(const char *word) {
    struct stat status;
    const size_t length = strlen(word);
    if (strspn(word, "0123456789") == length)
        return false;
    if (length > 3 && strcmp(word + length - 3, ".db") == 0)
        return true;
    return stat(word, &status) == 0 && S_ISREG(status.st_mode);
}

// A.db P Q | A.db B.db [P [Q]] | A.db P B.db Q; what is wrong has been said.
static bool accept_operands(struct cli *cli, const struct cli_args *args,
                            struct cli_sides *sides) {
    int files = 0, points = 0;
    for (int i = 0; i < args->operand_count; i++) {
        const char *word = args->operands[i];
        const bool file = i == 0 || is_file(word);
        int *count = file ? &files : &points;
        if (*count == SDSE_SIDES) {
            cli_error(cli, "two are compared, '%s' is one more %s", word,
                      file ? "file" : "point");
            return false;
        }
        (file ? sides->file : sides->point)[(*count)++] = word;
    }
    if (files == 1)
        sides->file[SDSE_B] = sides->file[SDSE_A];
    if (files == 1 && points == 1) {
        cli_error(cli, "point %s beside which? Name a second point or file",
                  sides->point[SDSE_A]);
        return false;
    }
    if (points == 1) // one name in both files
        sides->point[SDSE_B] = sides->point[SDSE_A];
    return true;
}

// "NAME@2" -> "NAME" and 2.
static void split_version(char *name, struct sdse_filter *filter) {
    char *at = strrchr(name, '@');
    filter->sweep = name;
    if (!at || at == name || !at[1] || strspn(at + 1, "0123456789") != strlen(at + 1))
        return;
    *at = '\0';
    filter->sweep_version = strtoull(at + 1, NULL, 10);
}

// "A,B" are the sweeps of the two sides; one name is that of both.
static bool accept_sweeps(struct cli *cli, const char *text, struct cli_sides *sides) {
    char *words = sdse_arena_strdup(cli->arena, text);
    char *again = sdse_arena_strdup(cli->arena, text);
    if (!words || !again) {
        cli_note(cli, SDSE_NO_MEMORY);
        return false;
    }
    char *comma = strchr(words, ',');
    if (comma && (comma == words || !comma[1] || strchr(comma + 1, ','))) {
        cli_error(cli, "--sweep: expected NAME or NAME,NAME; got '%s'", text);
        return false;
    }
    if (comma)
        *comma = '\0';
    split_version(words, &sides->filter[SDSE_A]);
    split_version(comma ? comma + 1 : again, &sides->filter[SDSE_B]);
    return true;
}

static bool accept_selection(struct cli *cli, const struct cli_args *args,
                             const struct cli_option *options, int first,
                             struct cli_sides *sides) {
    const char *const *value = args->value + first;
    for (int i = 0; sides->point[SDSE_A] && i < CLI_SELECT_OPTIONS; i++) {
        if (value[i]) {
            cli_error(cli, "--%s chooses among points, and both are named already",
                      options[first + i].name);
            return false;
        }
    }
    if (!cli_parse_selection(cli, args, first, &sides->filter[SDSE_A]))
        return false;
    sides->filter[SDSE_B] = sides->filter[SDSE_A];
    const char *sweep = value[CLI_SELECT_SWEEP];
    if (sweep && !accept_sweeps(cli, sweep, sides))
        return false;
    const struct sdse_filter *a = &sides->filter[SDSE_A], *b = &sides->filter[SDSE_B];
    const bool one_file = sides->file[SDSE_A] == sides->file[SDSE_B];
    const bool one_sweep = !sweep || (strcmp(a->sweep, b->sweep) == 0 &&
                                      a->sweep_version == b->sweep_version);
    if (!sides->point[SDSE_A] && one_file && one_sweep) {
        cli_error(cli,
                  "%s beside what? Name two points, a second file, or two sweeps "
                  "(--sweep NAME,NAME; versions of one are NAME@1,NAME@2)",
                  sides->file[SDSE_A]);
        return false;
    }
    return true;
}

bool cli_accept_sides(struct cli *cli, const struct cli_args *args,
                      const struct cli_option *options, int first,
                      struct cli_sides *sides) {
    *sides = (struct cli_sides){.file = {NULL, NULL}};
    return accept_operands(cli, args, sides) &&
           accept_selection(cli, args, options, first, sides);
}
