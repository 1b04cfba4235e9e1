#include "cli/mapping_line.h"

#include <inttypes.h>

#include "base/text.h"
#include "cli/mapping_head.h"
#include "spec/place.h"

static void print_loops(FILE *out, const char *before, const struct sdse_loops *loops,
                        const char *after) {
    bool any = false;
    for (unsigned i = 0; i < loops->count; i++) {
        if (loops->loop[i].factor == 1)
            continue;
        fprintf(out, "%s%c%" PRIu64, any ? " " : before,
                sdse_dim_letters[loops->loop[i].dim], loops->loop[i].factor);
        any = true;
    }
    if (any)
        fputs(after, out);
}

static bool has_loops(const struct sdse_mapping_level *level) {
    const struct sdse_loops *loops[] = {&level->temporal, &level->spatial[0],
                                        &level->spatial[1]};
    for (int kind = 0; kind < 3; kind++)
        for (unsigned i = 0; i < loops[kind]->count; i++)
            if (loops[kind]->loop[i].factor > 1)
                return true;
    return false;
}

static const char *make_line(struct sdse_arena *arena, const struct sdse_arch *arch,
                             const struct sdse_mapping *mapping) {
    if (mapping->streamed)
        return "streamed";
    struct sdse_text text;
    if (!sdse_text_begin(&text))
        return NULL;
    bool any = false;
    for (unsigned l = 0; l < mapping->level_count; l++) {
        const struct sdse_mapping_level *level = &mapping->level[l];
        if (!has_loops(level))
            continue;
        fprintf(text.out, "%s%s", any ? " | " : "", arch->level[l].name);
        print_loops(text.out, " ", &level->temporal, "");
        print_loops(text.out, " X(", &level->spatial[0], ")");
        print_loops(text.out, " Y(", &level->spatial[1], ")");
        any = true;
    }
    return sdse_text_end(&text, arena);
}

const char *cli_mapping_line(struct cli *cli, const struct sdse_arch *arch,
                             const struct sdse_mapping *mapping) {
    const char *line = make_line(cli->arena, arch, mapping);
    if (!line)
        cli_note(cli, SDSE_NO_MEMORY);
    return line;
}

const struct sdse_output_kind cli_mapping_kind = {"a mapping written by sdse map",
                                                  {"# sdse map "}};

enum sdse_status cli_write_mapping(struct cli *cli, const char *path, const char *note,
                                   const struct cli_costed *costed,
                                   const struct sdse_mapping *mapping) {
    const char *text =
        sdse_placed_mapping_text(cli->arena, costed->arch, &costed->layer->nest,
                                 mapping, costed->layer->residence);
    if (!text)
        return SDSE_NO_MEMORY;
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &cli_mapping_kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    fprintf(output.file, "# %s\n", note);
    cli_print_mapping_head(output.file, costed->arch->name, costed->workload->name,
                           costed->form, costed->layer->name);
    fputs(text, output.file);
    return sdse_output_close(&output, SDSE_OK, &cli->diags);
}

enum sdse_status cli_write_network_mapping(struct cli *cli, const char *path,
                                           const char *note, const char *arch,
                                           const char *workload, const char *form,
                                           const char *text) {
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &cli_mapping_kind, &cli->outputs, &cli->diags);
    if (status != SDSE_OK)
        return status;
    fprintf(output.file, "# %s\n", note);
    cli_print_mapping_head(output.file, arch, workload, form, NULL);
    fputs(text, output.file);
    return sdse_output_close(&output, SDSE_OK, &cli->diags);
}
