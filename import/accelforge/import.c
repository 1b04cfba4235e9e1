// Files of AccelForge: what they say together.
#include <math.h>
#include <string.h>

#include "import/accelforge/accelforge.h"
#include "import/accelforge/reading.h"
#include "spec/value.h"

// Whether a line at the left edge begins with a key.
static bool has_key(const char *text, const char *key) {
    const size_t length = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, length) == 0 && line[length] == ':')
            return true;
    }
    return false;
}

// Whether it comes at the beginning of some line, wherever that begins.
static bool has_inner(const char *text, const char *key) {
    const size_t length = strlen(key);
    for (const char *at = strstr(text, key); at; at = strstr(at + 1, key)) {
        const char *before = at;
        while (before > text && before[-1] == ' ')
            before--;
        if (at[length] == ':' && before > text && before[-1] == '\n')
            return true;
    }
    return false;
}

bool sdse_accelforge_is(const char *text) {
    return (has_key(text, "arch") && has_inner(text, "nodes")) ||
           (has_key(text, "workload") && has_inner(text, "einsums"));
}

static const struct sdse_node *find(struct sdse_foreign *foreign,
                                    const struct sdse_node *const *roots, size_t count,
                                    const char *key) {
    const struct sdse_node *found = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_node *own = sdse_node_get(roots[i], key);
        if (own && found)
            sdse_foreign_refuse(foreign, own->key_loc, false, "accelforge-key",
                                "a second '%s'", key);
        else if (own)
            found = own;
    }
    return found;
}

// Widths of the three tensors; those of single tensors by their names have none.
static void read_bits(struct sdse_foreign *foreign, const struct sdse_node *workload,
                      struct sdse_af_names *names) {
    static const struct {
        const char *name;
        unsigned set;
    } keys[] = {{"All", SDSE_BIT(SDSE_TENSORS) - 1},
                {"weight", SDSE_BIT(SDSE_WEIGHTS)},
                {"input", SDSE_BIT(SDSE_INPUTS)},
                {"output", SDSE_BIT(SDSE_OUTPUTS)}};
    unsigned named = 0; // tensors with a width of their own, wherever All stands
    sdse_for_each_child (item, sdse_node_get(workload, "bits_per_value")) {
        if (!item->key) {
            sdse_foreign_refuse(foreign, item->loc, false, "accelforge-width",
                                "bits_per_value: expected TENSOR: BITS");
            continue;
        }
        double bits = 0;
        unsigned set = 0;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strcmp(keys[i].name, item->key) == 0)
                set = keys[i].set;
        if (!set)
            sdse_foreign_refuse(foreign, item->key_loc, true, "accelforge-width",
                                "'%.40s' is no tensor of all layers: its width is lost",
                                item->key);
        else if (sdse_af_number(foreign, names, item, &bits)) {
            if (!(bits >= 1 && bits <= 64 && bits == floor(bits)))
                sdse_foreign_refuse(foreign, item->loc, false, "accelforge-width",
                                    "%g bits: expected 1 to 64", bits);
            else {
                const bool all = set == keys[0].set;
                for (unsigned t = 0; t < SDSE_TENSORS; t++)
                    if (set >> t & 1u && !(all && named >> t & 1u))
                        names->bits[t] = (uint64_t)bits;
                named |= all ? 0 : set;
            }
        }
    }
}

// Widths that every access of a product states, all the same, are those of all tensors.
static void read_access_bits(struct sdse_foreign *foreign,
                             const struct sdse_node *workload,
                             struct sdse_af_names *names) {
    const struct sdse_node *first = NULL;
    bool good = !sdse_node_get(workload, "bits_per_value");
    double bits = 0, own;
    sdse_for_each_child (einsum, sdse_node_get(workload, "einsums")) {
        const struct sdse_node *accesses = sdse_node_get(einsum, "tensor_accesses");
        good &= accesses != NULL;
        sdse_for_each_child (access, accesses) {
            const struct sdse_node *node = sdse_node_get(access, "bits_per_value");
            good &= node != NULL;
            if (!node || !sdse_af_number(foreign, names, node, &own))
                continue;
            bits = first ? bits : own;
            first = first ? first : node;
            good &= own == bits && own >= 1 && own <= 64 && own == floor(own);
        }
    }
    if (first && !good)
        sdse_foreign_refuse(foreign, first->key_loc, true, "accelforge-width",
                            "widths of single accesses are lost: ours are of all "
                            "layers, and all have to state the same");
    for (unsigned t = 0; first && good && t < SDSE_TENSORS; t++)
        names->bits[t] = (uint64_t)bits;
}

enum sdse_status sdse_accelforge_import(const struct sdse_node *const *roots,
                                        size_t count, bool lossy,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags, const char **arch,
                                        const char **network) {
    static const char *const keys[] = {"arch", "workload", "variables", "renames",
                                       NULL};
    struct sdse_foreign foreign = {arena, diags, lossy, false, false};
    struct sdse_af_names names = {.bits = {8, 8, 8}};
    const char *arch_text = NULL, *network_text = NULL;
    for (size_t i = 0; i < count; i++)
        sdse_foreign_keys(&foreign, roots[i], keys, "accelforge-key");
    names.variables = find(&foreign, roots, count, "variables");
    const struct sdse_node *arch_node = find(&foreign, roots, count, "arch"),
                           *workload = find(&foreign, roots, count, "workload");
    read_bits(&foreign, workload, &names);
    read_access_bits(&foreign, workload, &names);
    if (workload)
        network_text = sdse_af_network(&foreign, workload, &names);
    if (arch_node) {
        struct sdse_af_arch *read = SDSE_ARENA_NEW(arena, struct sdse_af_arch);
        if (!read)
            return SDSE_NO_MEMORY;
        sdse_af_read_arch(&foreign, arch_node, &names, read);
        arch_text = sdse_af_write_arch(&foreign, &names, read);
        foreign.out_of_memory |= !arch_text;
    }
    const enum sdse_status status = sdse_foreign_status(&foreign);
    if (status == SDSE_OK) {
        *arch = arch_text;
        *network = network_text;
    }
    return status;
}
