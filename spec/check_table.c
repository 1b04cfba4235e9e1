// The table of spec/checks.h, put together from the lists.
#include "spec/check_list.h"

#define ROW_ARCH(name, severity, needs, function, what) \
    {name, SDSE_CHECK_ARCH, SDSE_##severity, needs, sdse_check_##function, what},
#define ROW_WORKLOAD(name, severity, needs, function, what) \
    {name, SDSE_CHECK_WORKLOAD, SDSE_##severity, needs, sdse_check_##function, what},
#define ROW_MAPPING(name, severity, needs, function, what) \
    {name, SDSE_CHECK_MAPPING, SDSE_##severity, needs, sdse_check_##function, what},
#define ROW_SWEEP(name, severity, needs, function, what) \
    {name, SDSE_CHECK_SWEEP, SDSE_##severity, needs, sdse_check_##function, what},
#define ROW_VALIDATION(name, severity, needs, function, what) \
    {name, SDSE_CHECK_VALIDATION, SDSE_##severity, needs, sdse_check_##function, what},
#define READER(name, kind, what) {name, kind, SDSE_ERROR, {NULL}, NULL, what},
#define WARNING_READER(name, kind, what) {name, kind, SDSE_WARNING, {NULL}, NULL, what},

// clang-format off
static const struct sdse_check table[] = {
    READER("file-read", SDSE_CHECK_FILE, "a file that cannot be read")
    READER("yaml-size", SDSE_CHECK_FILE, "a file beyond 16 MiB")
    READER("yaml-nodes", SDSE_CHECK_FILE, "more than a million values")
    READER("yaml-depth", SDSE_CHECK_FILE, "nesting beyond 64 levels")
    READER("yaml-encoding", SDSE_CHECK_FILE, "text that is not UTF-8")
    READER("yaml-nul", SDSE_CHECK_FILE, "a NUL inside a string")
    READER("yaml-syntax", SDSE_CHECK_FILE, "text that is not YAML")
    READER("yaml-empty", SDSE_CHECK_FILE, "a file without content")
    READER("yaml-documents", SDSE_CHECK_FILE, "a second document")
    READER("yaml-duplicate-key", SDSE_CHECK_FILE, "a key written twice")
    READER("yaml-alias", SDSE_CHECK_FILE, "an anchor or alias")
    READER("yaml-tag", SDSE_CHECK_FILE, "a tag")
    READER("yaml-key", SDSE_CHECK_FILE, "a key that is a list or mapping")
    READER("wrong-type", SDSE_CHECK_FILE, "a value of another type")
    READER("out-of-range", SDSE_CHECK_FILE, "a number outside its range")
    READER("unknown-word", SDSE_CHECK_FILE, "a word that is not a choice")
    READER("unknown-key", SDSE_CHECK_FILE, "a key the format does not have")
    READER("unit-suffix", SDSE_CHECK_FILE, "a known key with another unit")
    READER("missing-key", SDSE_CHECK_FILE, "a required key that is absent")
    READER("unknown-path", SDSE_CHECK_ARCH, "a source or override path to nowhere")
    READER("override-value", SDSE_CHECK_ARCH, "an override value that is not YAML")
    READER("level-empty", SDSE_CHECK_ARCH, "a level without memory, or with both forms")
    READER("too-many-levels", SDSE_CHECK_ARCH, "more memories than the model holds")
    READER("keeps-twice", SDSE_CHECK_ARCH, "keeps at the level and in its memory")
    READER("network-tensor", SDSE_CHECK_ARCH, "sharing that a tensor cannot have")
    READER("unknown-level", SDSE_CHECK_ARCH, "a name that is no level")
    READER("unknown-dimension", SDSE_CHECK_ARCH, "a letter that is no dimension")
    READER("order-twice", SDSE_CHECK_ARCH, "a dimension twice in one order of loops")
    READER("engine-twice", SDSE_CHECK_ARCH, "two engines of a kind")
    READER("memory-class", SDSE_CHECK_ARCH, "a key that memories of this class lack")
    READER("retention-ladder", SDSE_CHECK_ARCH,
           "retention at a temperature outside its ladder, or said twice")
    READER("constraint-empty", SDSE_CHECK_ARCH, "a constraint that restricts nothing")
    READER("key-kind", SDSE_CHECK_WORKLOAD, "a key that layers of this kind lack")
    READER("weights-file", SDSE_CHECK_WORKLOAD, "a file that is not below this one's folder")
    READER("family-keys", SDSE_CHECK_WORKLOAD, "choices of a family that contradict each other")
    READER("shared-block", SDSE_CHECK_WORKLOAD, "a site of a shared block that has no map, or none at all; an edge from a site past its block")
    READER("family-widths", SDSE_CHECK_WORKLOAD, "choices that are no slices of the widest one")
    READER("training-keys", SDSE_CHECK_WORKLOAD, "keys of training that contradict each other")
    READER("training-mark", SDSE_CHECK_WORKLOAD, "shares of training without mark")
    READER("training-frozen", SDSE_CHECK_WORKLOAD, "a frozen prefix that is none, or all")
    READER("training-kind", SDSE_CHECK_WORKLOAD, "a layer whose gradients are not modelled")
    READER("groups-divide", SDSE_CHECK_WORKLOAD, "groups that do not divide channels")
    READER("kernel-fits", SDSE_CHECK_WORKLOAD, "a kernel larger than the padded input")
    READER("heads-divide", SDSE_CHECK_WORKLOAD, "kv_heads that do not divide heads")
    READER("broadcast-fits", SDSE_CHECK_WORKLOAD, "a map that does not repeat over the layer's")
    READER("deconv-output", SDSE_CHECK_WORKLOAD, "a transposed convolution without outputs")
    WARNING_READER("depth-unrolled", SDSE_CHECK_WORKLOAD, "depth windows that share slices")
    READER("activations-mark", SDSE_CHECK_WORKLOAD,
           "activations without mark, or inputs of what was not measured")
    READER("edge-unknown", SDSE_CHECK_WORKLOAD, "an edge from or to a layer that there is not")
    READER("edge-cycle", SDSE_CHECK_WORKLOAD, "an edge to a layer that stands before its maker")
    READER("edge-repeat", SDSE_CHECK_WORKLOAD, "an edge of a layer that is executed several times")
    READER("edge-shape", SDSE_CHECK_WORKLOAD, "outputs of another shape than the inputs that they are")
    READER("edge-twice", SDSE_CHECK_WORKLOAD, "more edges into a layer than the maps it reads")
    READER("edge-fused", SDSE_CHECK_WORKLOAD, "an edge into a fused layer")
    READER("edge-kind", SDSE_CHECK_WORKLOAD, "an edge that is what its layer does not read, or with keys of another kind")
    READER("edge-free", SDSE_CHECK_WORKLOAD, "a function on the way that does not say that it costs nothing")
    READER("edge-bits", SDSE_CHECK_WORKLOAD, "an edge to weights that are said to be of another width")
    READER("edge-density", SDSE_CHECK_WORKLOAD, "ends of an edge that say other densities of the same words")
    READER("loop-syntax", SDSE_CHECK_MAPPING, "loops that cannot be read")
    READER("loop-twice", SDSE_CHECK_MAPPING, "a dimension twice in one list of loops")
    READER("level-order", SDSE_CHECK_MAPPING, "levels out of order or twice")
    READER("place-shares", SDSE_CHECK_MAPPING, "a place in a memory that may hold nothing between layers")
    READER("place-tensor", SDSE_CHECK_MAPPING, "inputs or weights in two places, weights that no layer puts out")
    READER("place-operands", SDSE_CHECK_MAPPING, "more operands held than the layer reads")
    READER("place-room", SDSE_CHECK_MAPPING, "inputs held, but not how much; tiles that do not fit beside what is held")
    READER("place-reach", SDSE_CHECK_MAPPING, "a place that the layer's vector unit does not reach")
    READER("place-taken", SDSE_CHECK_MAPPING, "places where none are taken")
    READER("streamed", SDSE_CHECK_MAPPING, "loops for a layer that only moves words, or none for another")
    READER("outputs-inputs", SDSE_CHECK_SWEEP, "a model without inputs to run it on")
    READER("copies-resident", SDSE_CHECK_SWEEP, "tensors that are moved, where none may stay between layers")
    READER("fuse-resident", SDSE_CHECK_SWEEP, "layers that take turns, where no tensor may stay between layers")
    READER("fuse-tiles", SDSE_CHECK_SWEEP, "tiles, columns of tiles, or overlap, of layers that take no turns")
    READER("overlap-bypass", SDSE_CHECK_SWEEP, "nests that overlap with tensors that may pass by the memory where they wait")
    READER("override-empty", SDSE_CHECK_SWEEP, "an override without value")
    READER("form-contradiction", SDSE_CHECK_SWEEP, "keys of a weight form that exclude each other")
    READER("search-objectives", SDSE_CHECK_SWEEP, "fewer than two objectives of a search, or one twice")
    READER("search-reference", SDSE_CHECK_SWEEP, "a reference that has not one value for each objective")
    READER("search-population", SDSE_CHECK_SWEEP, "a population without nsga2, or of more than the evaluations")
    READER("search-time-limit", SDSE_CHECK_SWEEP, "a search by nsga2 with a mapper that time ends")
    READER("case-unknown", SDSE_CHECK_VALIDATION, "a name that is no case")
    READER("case-form", SDSE_CHECK_VALIDATION, "several weight forms, or one without declared densities")
    READER("quantity-filter", SDSE_CHECK_VALIDATION, "a choice that the quantity does not have")
    READER("quantity-unit", SDSE_CHECK_VALIDATION, "a unit that the quantity does not have")
    READER("published-range", SDSE_CHECK_VALIDATION, "a range that is not [low, high]")
    READER("calibrated-constant", SDSE_CHECK_VALIDATION, "calibrated, but not which constant")
    SDSE_ARCH_CHECKS(ROW_ARCH)
    SDSE_WORKLOAD_CHECKS(ROW_WORKLOAD)
    SDSE_MAPPING_CHECKS(ROW_MAPPING)
    SDSE_SWEEP_CHECKS(ROW_SWEEP)
    SDSE_VALIDATION_CHECKS(ROW_VALIDATION)
};
// clang-format on

const struct sdse_check *sdse_check_table(size_t *count) {
    *count = sizeof table / sizeof *table;
    return table;
}
