"""A mapping written by hand, changed, and compared with the proved optimum and the front.

The task of AccelForge's notebooks on mappings: score a loop nest, see what each memory reads and writes, move a loop,
then ask how far that is from the best.

    python3 python/examples/mapping_by_hand.py
"""
import sdse

npu = sdse.Arch("eyeriss")
layer = sdse.Workload("resnet50")["layer1.0.conv2"]

by_hand = """
mapping:
  - {level: DRAM, temporal: P56 K4, keeps: [weights, inputs, outputs]}
  - {level: bases, keeps: [weights]}
  - {level: GLB, temporal: C16 Q56, spatial_x: K2, spatial_y: C4 R3, keeps: [inputs, outputs]}
  - {level: ifmap, keeps: [inputs]}
  - {level: filter, keeps: [weights]}
  - {level: psum, temporal: K8 C1 S3, keeps: [outputs]}
"""
first = npu.evaluate(layer, by_hand)
moved = npu.evaluate(layer, by_hand.replace("P56 K4", "K4 P56"))  # filters outside rows
best = npu.map(layer, objective="energy")
front = npu.map(layer, objective="pareto")

print(sdse.frame([{"mapping": name, "energy_uj": score.energy_pj / 1e6, "cycles": score.latency_cycles,
                   "utilization": score.utilization, "set_by": score.bottleneck}
                  for name, score in (("by hand", first), ("filters outside", moved), ("least energy", best))]))
print(sdse.frame(first.counts))
print(f"{len(front)} mappings on the front, {front[0].energy_pj / 1e6:.6g} uJ to {front[-1].latency_cycles} cycles")
print(best.mapping)

# What must hold.
inputs = [next(row for row in score.counts if row["level"] == "DRAM" and row["part"] == "inputs")["reads_words"]
          for score in (first, moved)]
assert inputs[0] == 64 * 56 * 56  # filters inside rows: each input is read once
assert inputs[1] > inputs[0]      # rows inside filters: again for every group of filters
assert best.energy_pj <= min(first.energy_pj, moved.energy_pj) and best.status == "optimal"
assert front[0].energy_pj == best.energy_pj
assert all(a.energy_pj < b.energy_pj and a.latency_cycles > b.latency_cycles for a, b in zip(front, front[1:]))
try:  # more multipliers than there are
    npu.evaluate(layer, by_hand.replace("spatial_x: K2", "spatial_x: K32").replace("K4", "K1").replace("K8", "K2"))
except sdse.InputError as error:
    print("refused:", error)
else:
    raise AssertionError("a mapping beyond the fan-out was scored")
