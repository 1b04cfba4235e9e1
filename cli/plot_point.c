#include "cli/plot_point.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/plain_stdout.h"
#include "costmodel/resolve.h"
#include "results/store/stored_point.h"
#include "spec/load.h"
#include "spec/tree.h"

const char *cli_picture_path(struct cli *cli, const char *folder, const char *kind,
                             const char *name, const char *type) {
    char *path = sdse_arena_printf(cli->arena, "%s/%s_%s.%s", folder, kind, name, type);
    if (path)
        cli_plain_name(path + strlen(folder) + 1, "/\\ :*?\"<>|");
    return path;
}

// The accelerator as the database has it.
static enum sdse_status load_arch(struct cli *cli,
                                  const struct sdse_stored_point *point,
                                  struct sdse_arch **arch) {
    struct sdse_node *root = NULL;
    const char *text = sdse_arena_strdup(cli->arena, point->arch_text);
    enum sdse_status status =
        text ? sdse_tree_parse_memory(cli->arena, point->arch_name, text, strlen(text),
                                      &cli->diags, &root)
             : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = sdse_arch_from_tree(cli->arena, root, NULL, 0, &cli->diags, arch);
    return status == SDSE_OK ? sdse_arch_resolve_costs(*arch, cli->arena, &cli->diags)
                             : status;
}

// "resnet50 on eyeriss, raw GLB.capacity_kib=64"
static const char *owner_of(struct cli *cli, const struct sdse_stored_point *point) {
    const char *text =
        sdse_arena_printf(cli->arena, "%s on %s, %s", point->workload_name,
                          point->arch_name, point->form_name);
    for (size_t i = 0; text && i < point->parameter_count; i++)
        text = sdse_arena_printf(cli->arena, "%s %s=%s", text,
                                 point->parameters[i].path, point->parameters[i].value);
    return text;
}

// Kinds that need nothing but the database.
static enum sdse_status draw_layers(struct cli *cli, struct sdse_reader *reader,
                                    const struct cli_point_plot *plot, int64_t id,
                                    const char *picture, bool *drawn) {
    static const struct {
        const char *kind;
        enum sdse_status (*draw)(struct sdse_reader *, const struct sdse_layers_plot *,
                                 struct sdse_arena *, struct sdse_diags *);
    } kinds[] = {{"layers", sdse_plot_layers},
                 {"bottleneck", sdse_plot_bottleneck},
                 {"utilisation", sdse_plot_utilisation},
                 {"words", sdse_plot_words}};
    const struct sdse_layers_plot layers = {.point_id = id,
                                            .label = plot->label,
                                            .facet = plot->facet,
                                            .theme = plot->theme,
                                            .picture = picture,
                                            .rules = &cli->outputs};
    for (int i = 0; i < CLI_COUNT_OF(kinds); i++) {
        if (strcmp(plot->kind, kinds[i].kind) != 0)
            continue;
        *drawn = true;
        return kinds[i].draw(reader, &layers, cli->arena, &cli->diags);
    }
    return SDSE_OK;
}

// Kinds that need the accelerator.
static enum sdse_status draw_with_arch(struct cli *cli, struct sdse_reader *reader,
                                       const struct cli_point_plot *plot, int64_t id,
                                       const char *picture) {
    struct sdse_stored_point point;
    struct sdse_arch *arch = NULL;
    enum sdse_status status =
        sdse_stored_point_load(reader, id, cli->arena, &cli->diags, &point);
    if (status == SDSE_OK)
        status = load_arch(cli, &point, &arch);
    if (status != SDSE_OK)
        return status;
    const char *owner = owner_of(cli, &point);
    if (!owner)
        return SDSE_NO_MEMORY;
    if (strcmp(plot->kind, "roofline") == 0) {
        const struct sdse_roofline_plot roofline = {.point_id = id,
                                                    .arch = arch,
                                                    .owner = owner,
                                                    .colour = plot->colour,
                                                    .shape = plot->shape,
                                                    .facet = plot->facet,
                                                    .label = plot->label,
                                                    .log = plot->log,
                                                    .theme = plot->theme,
                                                    .picture = picture,
                                                    .rules = &cli->outputs};
        return sdse_plot_roofline(reader, &roofline, cli->arena, &cli->diags);
    }
    const struct sdse_mapping_plot mapping = {.point_id = id,
                                              .arch = arch,
                                              .owner = owner,
                                              .layer = plot->layer,
                                              .theme = plot->theme,
                                              .picture = picture,
                                              .rules = &cli->outputs};
    return strcmp(plot->kind, "mapping") == 0
               ? sdse_plot_mapping(reader, &mapping, cli->arena, &cli->diags)
               : sdse_plot_gantt(reader, &mapping, cli->arena, &cli->diags);
}

enum sdse_status cli_plot_point(struct cli *cli, struct sdse_reader *reader,
                                const struct cli_point_plot *plot) {
    int64_t id = 0;
    enum sdse_status status =
        sdse_stored_point_find(reader, plot->point, &cli->diags, &id);
    if (status != SDSE_OK)
        return status;
    const bool mapping = strcmp(plot->kind, "mapping") == 0,
               of_layer = mapping || strcmp(plot->kind, "gantt") == 0;
    const char *name =
        of_layer ? sdse_arena_printf(cli->arena, "%" PRId64 "_%s", id, plot->layer)
                 : sdse_arena_printf(cli->arena, "%" PRId64, id);
    const char *picture = name ? cli_picture_path(cli, plot->folder, plot->kind, name,
                                                  mapping ? "svg" : plot->type)
                               : NULL;
    if (!picture)
        return SDSE_NO_MEMORY;
    bool drawn = false;
    status = draw_layers(cli, reader, plot, id, picture, &drawn);
    if (!drawn)
        status = draw_with_arch(cli, reader, plot, id, picture);
    if (status == SDSE_OK)
        puts(picture);
    return status;
}
