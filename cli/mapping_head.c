#include "cli/mapping_head.h"

#include <string.h>

#include "cli/problem.h"
#include "results/look/table.h"
#include "spec/value.h"
#include "spec/write.h"

static void print_key(FILE *out, const char *key, const char *value) {
    fprintf(out, "%s: ", key);
    sdse_table_json_string(value, out);
    fputc('\n', out);
}

void cli_print_mapping_head(FILE *out, const char *arch, const char *workload,
                            const char *form, const char *layer) {
    print_key(out, "arch", arch);
    print_key(out, "workload", workload);
    print_key(out, "form", form);
    if (layer)
        print_key(out, "layer", layer);
}

const char *cli_mapping_layer(const struct sdse_node *root) {
    const struct sdse_node *named = sdse_node_get(root, "layer");
    return named && named->kind == SDSE_NODE_SCALAR ? named->text : NULL;
}

static void compare_name(struct cli *cli, const struct sdse_node *node,
                         const char *what, const char *name) {
    const char *said;
    if (node && sdse_read_text(node, &cli->diags, &said) && strcmp(said, name) != 0)
        sdse_diag_add(&cli->diags, SDSE_WARNING, node->loc, "mapping-for",
                      "this is a mapping for %s '%.60s', not for '%.60s'", what, said,
                      name);
}

// Every setting of the one form that a text means. NULL: it means none or several,
// after a diagnostic if there is one, or memory is out, noted.
static const char *settings_of(struct cli *cli, const char *text,
                               struct sdse_diags *diags) {
    struct sdse_sweep sweep;
    if (!cli_read_forms(cli, text, diags, &sweep) || sweep.form_count != 1)
        return NULL;
    const char *settings = sdse_form_setting_text(cli->arena, &sweep.forms[0].setting);
    if (!settings)
        cli_note(cli, SDSE_NO_MEMORY);
    return settings;
}

static void compare_form(struct cli *cli, const struct sdse_node *node,
                         const char *form) {
    const char *said;
    struct sdse_diags diags;
    if (!node || !sdse_read_text(node, &cli->diags, &said))
        return;
    sdse_diags_init(&diags, cli->arena);
    const char *is = settings_of(cli, form, &diags),
               *was = settings_of(cli, said, &diags);
    if (!was && !cli->fault)
        sdse_diag_add(&cli->diags, SDSE_ERROR, node->loc,
                      diags.first ? diags.first->check : "mapping-for",
                      "form '%.60s': %s", said,
                      diags.first ? diags.first->message : "one form is needed");
    else if (is && was && strcmp(is, was) != 0)
        sdse_diag_add(&cli->diags, SDSE_WARNING, node->loc, "mapping-for",
                      "this is a mapping for weights in the form '%.200s' (--form), "
                      "not '%.200s'",
                      said, form);
}

bool cli_compare_mapping_head(struct cli *cli, const struct sdse_node *root,
                              const struct sdse_arch *arch,
                              const struct sdse_workload *workload, const char *form) {
    const size_t errors = cli->diags.errors;
    compare_name(cli, sdse_node_get(root, "arch"), "accelerator", arch->name);
    if (workload)
        compare_name(cli, sdse_node_get(root, "workload"), "network", workload->name);
    if (form)
        compare_form(cli, sdse_node_get(root, "form"), form);
    return cli->diags.errors == errors;
}
