// libsdse: the SmartDeal design-space explorer as a library. One header for all that a
// program needs; each part's own header says what its functions compute, in which
// units, and who owns what. Nothing here prints, exits or keeps global state.
#ifndef SDSE_H
#define SDSE_H

// Ground: diagnostics with a place, arenas, statuses, hashes, threads.
#include "base/arena.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/status.h"
#include "base/units.h"

// Descriptions: YAML in, validated structs out, and back to text.
#include "spec/load.h"
#include "spec/show.h"
#include "spec/tree.h"
#include "spec/write.h"

// The weight form: decompose, measure, pack, rebuild, run.
#include "smartdeal/decompose.h"
#include "smartdeal/forward.h"
#include "smartdeal/manifest.h"
#include "smartdeal/measure.h"
#include "smartdeal/npy.h"
#include "smartdeal/pack.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/stored.h"
#include "smartdeal/synthetic.h"

// Training of the weight form: blocks, bucket switching, storage, small networks.
#include "smartdeal/train/bucket.h"
#include "smartdeal/train/layout.h"
#include "smartdeal/train/start.h"
#include "smartdeal/train/train.h"

// Sparse and bit-serial engines: exact counts on tensors, expectations without.
#include "engines/cartesian.h"
#include "engines/compressed.h"
#include "engines/digits.h"
#include "engines/gate.h"
#include "engines/gather.h"
#include "engines/selector.h"
#include "engines/serial.h"
#include "engines/skip.h"
#include "engines/structured.h"

#include "engines/expect/cartesian.h"
#include "engines/expect/compressed.h"
#include "engines/expect/gate.h"
#include "engines/expect/gather.h"
#include "engines/expect/selector.h"
#include "engines/expect/serial.h"
#include "engines/expect/skip.h"
#include "engines/expect/structured.h"

// The cost model: resolve an accelerator's costs, score a mapping, explain it.
#include "costmodel/evaluate.h"
#include "costmodel/explain.h"
#include "costmodel/resolve.h"
#include "costmodel/technology.h"

// Other tools' files, and language models by their configuration.
#include "export/timeloop/timeloop.h"
#include "export/zigzag/zigzag.h"
#include "import/accelforge/accelforge.h"
#include "import/forward/outputs.h"
#include "import/forward/trace.h"
#include "import/language/language.h"
#include "import/maestro/maestro.h"
#include "import/onnx/onnx.h"
#include "import/scalesim/scalesim.h"
#include "import/tensors/roles.h"
#include "import/tensors/tensors.h"
#include "import/tflite/tflite.h"
#include "import/timeloop/timeloop.h"
#include "import/write.h"
#include "import/write_tensors.h"
#include "import/zigzag/zigzag.h"

// Exploration: the proved optimal mapping of a layer, and of a network whose layers
// hand tensors over or take turns; the sweep of a whole space.
#include "dse/estimate/estimate.h"
#include "dse/fusion/fusion.h"
#include "dse/hint.h"
#include "dse/map.h"
#include "dse/network/network_front.h"
#include "dse/residency/residency.h"
#include "dse/schedule/schedule.h"
#include "dse/search/search.h"
#include "dse/sweep/sweep.h"

// The same for other languages: opaque handles and structs of plain fields.
#include "dse/session/session.h"

// Published figures beside ours.
#include "dse/validation/validate.h"

// Results: one SQLite file, fronts, tables, plots.
#include "results/look/export.h"
#include "results/look/pareto.h"
#include "results/look/plot/plot.h"
#include "results/look/query.h"
#include "results/store/store.h"

#endif
