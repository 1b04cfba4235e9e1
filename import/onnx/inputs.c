#include "import/onnx/inputs.h"

#include <inttypes.h>
#include <string.h>

// Text that grows up to what it has room for.
struct text {
    char at[256];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text,
                                                         const char *format, ...) {
    const size_t room = sizeof text->at - text->used;
    va_list args;
    va_start(args, format);
    const int length = vsnprintf(text->at + text->used, room, format, args);
    va_end(args);
    const size_t more = length > 0 ? (size_t)length : 0;
    text->used += more < room ? more : room - 1;
}

static const Onnx__TensorShapeProto *shape_of(const Onnx__ValueInfoProto *input) {
    const Onnx__TypeProto *type = input->type;
    return type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
                   type->tensor_type
               ? type->tensor_type->shape
               : NULL;
}

// The extent that the file says; 0: it leaves it open.
static uint64_t extent_in(const Onnx__TensorShapeProto *shape, size_t axis) {
    const Onnx__TensorShapeProto__Dimension *dim = shape->dim[axis];
    const bool said =
        dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
        dim->dim_value > 0;
    return said ? (uint64_t)dim->dim_value : 0;
}

const char *sdse_onnx_dimension_name(const Onnx__TensorShapeProto *shape, size_t axis) {
    if (!shape || axis >= shape->n_dim)
        return NULL;
    const Onnx__TensorShapeProto__Dimension *dim = shape->dim[axis];
    const bool named =
        dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM &&
        dim->dim_param && dim->dim_param[0];
    return named ? dim->dim_param : NULL;
}

static bool has_dimension(const Onnx__ValueInfoProto *input, const char *name) {
    const Onnx__TensorShapeProto *shape = shape_of(input);
    for (size_t i = 0; shape && i < shape->n_dim; i++) {
        const char *own = sdse_onnx_dimension_name(shape, i);
        if (own && strcmp(own, name) == 0)
            return true;
    }
    return false;
}

static bool is_named(const Onnx__ValueInfoProto *input, const char *name) {
    return input->name && strcmp(input->name, name) == 0;
}

// Whether what is given is the extent of a dimension: it has one number, the name is a
// dimension's, and no input of that name has one dimension or an unknown number.
static bool is_extent(const Onnx__GraphProto *graph,
                      const struct sdse_import_input *given) {
    bool dimension = false;
    if (!given->name || given->runs || given->rank != 1)
        return false;
    for (size_t i = 0; i < graph->n_input; i++) {
        const Onnx__TensorShapeProto *shape = shape_of(graph->input[i]);
        if (is_named(graph->input[i], given->name) && (!shape || shape->n_dim == 1))
            return false;
        dimension |= has_dimension(graph->input[i], given->name);
    }
    return dimension;
}

// The shape of one run of those that a given shape holds.
static struct sdse_import_input one_run(const struct sdse_import_input *given,
                                        const Onnx__TensorShapeProto *shape) {
    struct sdse_import_input run = *given;
    if (!given->runs || given->rank == 0)
        return run;
    uint64_t extent = shape && shape->n_dim > 0 ? extent_in(shape, 0) : 0;
    extent = extent ? extent : 1;
    if (run.shape[0] % extent == 0 && run.shape[0] > 0)
        run.shape[0] = extent;
    return run;
}

// What is given for an input as a whole, or NULL.
static const struct sdse_import_input *
whole_shape(const struct sdse_onnx_settings *given, const Onnx__ValueInfoProto *input) {
    for (size_t i = 0; given->options && i < given->options->input_count; i++) {
        const struct sdse_import_input *one = &given->options->inputs[i];
        if (!one->name || (is_named(input, one->name) && !given->is_extent[i]))
            return one;
    }
    return NULL;
}

// The extent of a dimension by its name; 0: not given.
static uint64_t extent_of(const struct sdse_onnx_settings *given, const char *name) {
    for (size_t i = 0; i < given->extent_count; i++)
        if (strcmp(given->extents[i].name, name) == 0)
            return given->extents[i].extent;
    return 0;
}

// The file's shape as people read it: "[batch, 3, 224, ?]".
static struct text declared_text(const Onnx__ValueInfoProto *input) {
    struct text text = {.used = 0};
    const Onnx__TensorShapeProto *shape = shape_of(input);
    if (!shape) {
        append(&text, "of unknown shape");
        return text;
    }
    for (size_t i = 0; i < shape->n_dim; i++) {
        const char *name = sdse_onnx_dimension_name(shape, i);
        append(&text, "%s", i ? ", " : "[");
        if (extent_in(shape, i))
            append(&text, "%" PRIu64, extent_in(shape, i));
        else
            append(&text, "%.40s", name ? name : "?");
    }
    append(&text, "%s", shape->n_dim ? "]" : "[]");
    return text;
}

// What to give: the input's whole shape, and the open extents that have names.
static void ask_for_shape(struct sdse_onnx_graph *graph,
                          const Onnx__ValueInfoProto *input,
                          const struct sdse_onnx_shape *found) {
    const Onnx__TensorShapeProto *shape = shape_of(input);
    struct text whole = {.used = 0}, names = {.used = 0}, axes = {.used = 0};
    if (!shape || shape->n_dim > SDSE_ARRAY_MAX_RANK) {
        sdse_onnx_complain(graph, "onnx-input-shape",
                           "input '%s' is %s in the file: give its full shape, as in "
                           "%s=1x3x224x224",
                           input->name, declared_text(input).at, input->name);
        return;
    }
    for (unsigned i = 0; i < shape->n_dim; i++) {
        const char *name = sdse_onnx_dimension_name(shape, i);
        const uint64_t likely = found->dim[i] ? found->dim[i] : i < 1 ? 1 : 224;
        append(&whole, "%s%" PRIu64, i ? "x" : "", likely);
        if (found->dim[i])
            continue;
        append(&axes, "%s%u", axes.used ? ", " : "", i);
        struct text known = {.used = 0};
        append(&known, ",%.40s=", name ? name : "");
        if (name && !strstr(names.at, known.at))
            append(&names, "%s%" PRIu64, known.at, likely);
    }
    sdse_onnx_complain(
        graph, "onnx-input-shape",
        "input '%s' is %s in the file, open along %s %s: give its full shape, as "
        "in %s=%s%s%s",
        input->name, declared_text(input).at, strchr(axes.at, ',') ? "axes" : "axis",
        axes.at, input->name, whole.at,
        names.used ? ", or the named extents, as in " : "",
        names.used ? names.at + 1 : "");
}

// What is given for the whole input agrees with the file, and with what is given for
// its dimensions by their names.
static bool fits(struct sdse_onnx_graph *graph, const Onnx__ValueInfoProto *input,
                 const struct sdse_onnx_settings *given,
                 const struct sdse_import_input *whole) {
    const Onnx__TensorShapeProto *shape = shape_of(input);
    if (!shape)
        return true;
    if (whole->rank != shape->n_dim) {
        sdse_onnx_complain(
            graph, "onnx-input-shape",
            "input '%s' is %s in the file: the shape given has %u extents, not "
            "%zu",
            input->name, declared_text(input).at, whole->rank, shape->n_dim);
        return false;
    }
    for (unsigned i = 0; i < whole->rank; i++) {
        const char *name = sdse_onnx_dimension_name(shape, i);
        if (extent_in(shape, i) && extent_in(shape, i) != whole->shape[i]) {
            sdse_onnx_complain(
                graph, "onnx-input-shape",
                "input '%s' is %s in the file: axis %u of the shape given is "
                "%" PRIu64,
                input->name, declared_text(input).at, i, whole->shape[i]);
            return false;
        }
        for (size_t j = 0; name && j < given->extent_count; j++) {
            const struct sdse_onnx_extent *other = &given->extents[j];
            if (!other->said || strcmp(other->name, name) != 0 ||
                other->extent == whole->shape[i])
                continue;
            sdse_onnx_complain(graph, "onnx-input-shape",
                               "input '%s', axis %u: '%s' is given as %" PRIu64
                               ", the input's shape as %" PRIu64,
                               input->name, i, name, other->extent, whole->shape[i]);
            return false;
        }
    }
    return true;
}

void sdse_onnx_input_shape(struct sdse_onnx_graph *graph,
                           const Onnx__ValueInfoProto *proto,
                           const struct sdse_onnx_settings *given,
                           struct sdse_onnx_value *value) {
    const Onnx__TypeProto *type = proto->type;
    const Onnx__TensorShapeProto *declared = shape_of(proto);
    const struct sdse_import_input *whole = whole_shape(given, proto);
    struct sdse_onnx_shape shape = {.known = true};
    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
        !type->tensor_type) {
        sdse_onnx_complain(graph, "onnx-input-shape", "input '%s' is not a tensor",
                           value->name);
        return;
    }
    bool complete = whole || (declared && declared->n_dim <= SDSE_ARRAY_MAX_RANK);
    if (whole) {
        const struct sdse_import_input run = one_run(whole, declared);
        if (!fits(graph, proto, given, &run))
            return;
        shape.rank = run.rank;
        memcpy(shape.dim, run.shape, sizeof shape.dim);
    } else if (complete) {
        shape.rank = (unsigned)declared->n_dim;
        for (unsigned i = 0; i < shape.rank; i++) {
            const char *name = sdse_onnx_dimension_name(declared, i);
            shape.dim[i] = extent_in(declared, i);
            if (shape.dim[i] == 0 && name)
                shape.dim[i] = extent_of(given, name);
            complete &= shape.dim[i] > 0;
        }
    }
    if (!complete) {
        ask_for_shape(graph, proto, &shape);
        return;
    }
    bool empty = shape.rank > SDSE_ARRAY_MAX_RANK;
    for (unsigned i = 0; i < shape.rank && !empty; i++)
        empty = shape.dim[i] == 0;
    if (empty || !sdse_onnx_shape_is_sane(shape.dim, shape.rank)) {
        sdse_onnx_complain(graph, "onnx-input-shape",
                           "input '%s': no elements, or an absurd number of them",
                           value->name);
        return;
    }
    value->shape = shape;
}

// The names that something could have been given for.
static void complain_of_name(struct sdse_onnx_graph *graph, const char *given) {
    const Onnx__GraphProto *proto = graph->proto;
    struct text inputs = {.used = 0}, names = {.used = 0};
    for (size_t i = 0; i < proto->n_input && inputs.used + 1 < sizeof inputs.at; i++) {
        append(&inputs, "%s'%.40s'", i ? ", " : "",
               proto->input[i]->name ? proto->input[i]->name : "");
        const Onnx__TensorShapeProto *shape = shape_of(proto->input[i]);
        for (size_t d = 0; shape && d < shape->n_dim; d++) {
            const char *name = sdse_onnx_dimension_name(shape, d);
            struct text quoted = {.used = 0};
            append(&quoted, "'%.40s'", name ? name : "");
            if (name && !strstr(names.at, quoted.at))
                append(&names, "%s%s", names.used ? ", " : "", quoted.at);
        }
    }
    sdse_onnx_complain(
        graph, "onnx-input-name",
        "a shape is given for '%.100s', which the model does not have: its inputs "
        "are %s%s%s%s",
        given, inputs.used ? inputs.at : "none",
        names.used ? " (and their open extents " : "", names.at, names.used ? ")" : "");
}

// The names that dimensions of an input have, with what its given shape makes of them.
static void add_extents(struct sdse_onnx_settings *given,
                        const struct sdse_import_input *whole,
                        const Onnx__ValueInfoProto *input) {
    const Onnx__TensorShapeProto *shape = shape_of(input);
    if (!shape || shape->n_dim != whole->rank)
        return;
    const struct sdse_import_input run = one_run(whole, shape);
    for (unsigned d = 0; d < run.rank; d++) {
        const char *name = sdse_onnx_dimension_name(shape, d);
        if (name)
            given->extents[given->extent_count++] =
                (struct sdse_onnx_extent){name, run.shape[d], false};
    }
}

static struct text given_text(const struct sdse_import_input *given) {
    struct text text = {.used = 0};
    for (unsigned i = 0; i < given->rank; i++)
        append(&text, "%s%" PRIu64, i ? "x" : "", given->shape[i]);
    return text;
}

// What is given twice must be the same.
static void complain_of_second(struct sdse_onnx_graph *graph,
                               const struct sdse_onnx_settings *given, size_t i) {
    const struct sdse_import_input *inputs = given->options->inputs, *one = &inputs[i];
    for (size_t j = 0; one->name && j < i; j++) {
        const struct sdse_import_input *other = &inputs[j];
        if (!other->name || strcmp(other->name, one->name) != 0 ||
            given->is_extent[i] != given->is_extent[j])
            continue;
        const struct text first = given_text(other), second = given_text(one);
        if (strcmp(first.at, second.at) != 0)
            sdse_onnx_complain(graph, "onnx-input-shape",
                               "'%.100s' is given twice, as %s and as %s", one->name,
                               first.at, second.at);
        return;
    }
}

bool sdse_onnx_settings_read(struct sdse_onnx_graph *graph,
                             const struct sdse_import_options *options,
                             struct sdse_onnx_settings *out) {
    const Onnx__GraphProto *proto = graph->proto;
    const size_t count = options ? options->input_count : 0;
    *out = (struct sdse_onnx_settings){
        .options = options,
        .is_extent = SDSE_ARENA_ARRAY(graph->arena, bool, count + 1),
        .extents = SDSE_ARENA_ARRAY(graph->arena, struct sdse_onnx_extent,
                                    count * SDSE_ARRAY_MAX_RANK + 1),
    };
    if (!out->is_extent || !out->extents)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_import_input *one = &options->inputs[i];
        out->is_extent[i] = is_extent(proto, one);
        if (out->is_extent[i])
            out->extents[out->extent_count++] =
                (struct sdse_onnx_extent){one->name, one->shape[0], true};
    }
    for (size_t i = 0; i < count; i++) {
        const struct sdse_import_input *one = &options->inputs[i];
        bool found = out->is_extent[i];
        complain_of_second(graph, out, i);
        for (size_t j = 0; j < proto->n_input && !found; j++) {
            found = !one->name || is_named(proto->input[j], one->name);
            if (found)
                add_extents(out, one, proto->input[j]);
        }
        if (!found)
            complain_of_name(graph, one->name ? one->name : "");
    }
    return true;
}
