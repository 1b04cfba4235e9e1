"""How large should the global buffer be? Energy and latency of a network over buffer sizes, with what each part takes.

The task of ZigZag's notebooks on memory hierarchies: one accelerator, one network, a memory's size varied, the best
mapping of every layer for each size, totals and their breakdown.

    python3 python/examples/buffer_sizes.py
"""
import sdse

net = sdse.Workload("alexnet")
rows = []
for kib in (32, 64, 100, 200, 400):
    npu = sdse.Arch("eyeriss", {"GLB.capacity_kib": kib})
    layers = npu.map_network(net, objective="energy")
    row = {"GLB_kib": kib, "area_mm2": round(npu.area_um2 / 1e6, 3),
           "energy_mj": sum(layer["energy_pj"] for layer in layers) / 1e9,
           "latency_ms": sum(layer["latency_s"] for layer in layers) * 1e3}
    for component in ("DRAM", "GLB", "MAC"):
        row[component + "_mj"] = sum(part["energy_pj"] * layer["repeat"] for layer in layers
                                     for part in layer["score"].parts if part["component"] == component) / 1e9
    rows.append(row)

print(sdse.frame(rows))
best = min(rows, key=lambda row: row["energy_mj"])
print(f"least energy: {best['GLB_kib']} KiB, {best['energy_mj']:.4f} mJ")

# What must hold: the space of a larger buffer has all mappings of a smaller one, so DRAM is asked for no more.
assert all(a["DRAM_mj"] >= b["DRAM_mj"] * 0.999 for a, b in zip(rows, rows[1:]))
assert len({round(row["MAC_mj"], 9) for row in rows}) == 1
