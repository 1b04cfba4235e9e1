// Models in several safetensors files, with an index of them
// (model.safetensors.index.json):
//
//     {"metadata": {...}, "weight_map": {"conv1.weight":
//     "model-00001-of-00002.safetensors"}}
#include <stdlib.h>
#include <string.h>

#include "base/errno_text.h"
#include "base/inside.h"
#include "import/tensors/json.h"
#include "import/tensors/list.h"

struct shards {
    const struct sdse_blob *index;
    const char *folder;
    bool follow_links;
    struct sdse_tensors *list;
    struct sdse_diags *diags;
    size_t count;
    const char **file; // each once, sorted
};

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_name(const void *a, const void *b) {
    const struct sdse_stored_tensor *x = a, *y = b;
    return strcmp(x->name, y->name);
}

// The files that the map names, each once.
static enum sdse_status gather_files(struct shards *s, json_t *map) {
    const char *name;
    json_t *value;
    s->file = SDSE_ARENA_ARRAY(s->list->arena, const char *, json_object_size(map) + 1);
    if (!s->file)
        return SDSE_NO_MEMORY;
    json_object_foreach(map, name, value) {
        const char *file = json_string_value(value);
        if (!file || !sdse_name_is_inside(file))
            return sdse_tensors_refuse(s->diags, s->index->name, "tensors-shard",
                                       "tensor '%s': its file '%s' is not below the "
                                       "folder of the index",
                                       name, file ? file : "");
        s->file[s->count++] = file;
    }
    size_t kept = 0;
    if (s->count)
        qsort(s->file, s->count, sizeof *s->file, by_text);
    for (size_t i = 0; i < s->count; i++)
        if (!kept || strcmp(s->file[kept - 1], s->file[i]) != 0)
            s->file[kept++] = s->file[i];
    s->count = kept;
    return SDSE_OK;
}

static enum sdse_status list_shard(struct shards *s, const char *name) {
    struct sdse_blob blob;
    bool inside = true;
    const char *path = sdse_arena_printf(s->list->arena, "%s/%s", s->folder, name);
    if (!path)
        return SDSE_NO_MEMORY;
    const int error =
        s->follow_links ? 0 : sdse_path_stays_inside(s->folder, path, &inside);
    if (error && sdse_errno_status(error) != SDSE_INVALID)
        return sdse_diag_errno(s->diags, (struct sdse_loc){.file = path},
                               "tensors-open", NULL, error);
    if (!inside)
        return sdse_tensors_refuse(s->diags, s->index->name, "tensors-shard",
                                   "'%s' leads out of the folder by a link; "
                                   "--follow-links permits it",
                                   name);
    const enum sdse_status status = sdse_blob_of_file(path, &blob, s->diags);
    if (status != SDSE_OK)
        return status;
    struct sdse_blob *own = sdse_tensors_blob(s->list, &blob);
    return own ? sdse_safetensors_list(own, s->list, s->diags) : SDSE_NO_MEMORY;
}

// Every tensor of the map is in the file that it says, and no other is anywhere.
static enum sdse_status check_map(struct shards *s, json_t *map) {
    enum sdse_status worst = SDSE_OK;
    size_t found = 0;
    if (s->list->count)
        qsort(s->list->tensor, s->list->count, sizeof *s->list->tensor, by_name);
    for (size_t i = 0; i < s->list->count; i++) {
        const struct sdse_stored_tensor *tensor = &s->list->tensor[i];
        const char *file = json_string_value(json_object_get(map, tensor->name));
        const size_t folder = strlen(s->folder) + 1;
        if (file && strcmp(file, tensor->blob->name + folder) == 0)
            found++;
        else
            worst = sdse_tensors_refuse(s->diags, tensor->blob->name, "tensors-shard",
                                        "tensor '%s' is not where the index has it: %s",
                                        tensor->name,
                                        file ? file : "it has none of that name");
    }
    if (worst == SDSE_OK && found != json_object_size(map))
        worst = sdse_tensors_refuse(s->diags, s->index->name, "tensors-shard",
                                    "%zu tensors of the index are in none of its files",
                                    json_object_size(map) - found);
    return worst;
}

enum sdse_status sdse_shards_list(const struct sdse_blob *blob, bool follow_links,
                                  struct sdse_tensors *list, struct sdse_diags *diags) {
    struct shards shards = {
        .index = blob, .follow_links = follow_links, .list = list, .diags = diags};
    const char *slash = strrchr(blob->name, '/');
    shards.folder =
        slash ? sdse_arena_copy(list->arena, blob->name, (size_t)(slash - blob->name))
              : ".";
    if (blob->length > SDSE_TENSORS_LONGEST)
        return sdse_tensors_refuse(diags, blob->name, "tensors-header",
                                   "an index of more than %d bytes",
                                   SDSE_TENSORS_LONGEST);
    char *text = malloc((size_t)blob->length + 1);
    json_t *root = NULL;
    enum sdse_status status = text && shards.folder ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = sdse_blob_take(blob, 0, text, (size_t)blob->length, diags);
    if (status == SDSE_OK)
        status =
            sdse_json_parse(text, (size_t)blob->length, blob->name, true, &root, diags);
    free(text);
    json_t *map = json_object_get(root, "weight_map");
    if (status == SDSE_OK && !json_is_object(map))
        status = sdse_tensors_refuse(diags, blob->name, "tensors-header",
                                     "no weight_map says which file has which tensor");
    if (status == SDSE_OK)
        status = gather_files(&shards, map);
    for (size_t i = 0; i < shards.count && status == SDSE_OK; i++)
        status = list_shard(&shards, shards.file[i]);
    if (status == SDSE_OK)
        status = check_map(&shards, map);
    json_decref(root);
    return status;
}
