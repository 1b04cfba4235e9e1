"""python/sdse.py against the command line, on the same questions. Arguments: the program, a folder to write in."""
import json
import math
import os
import subprocess
import sys
import threading
import time

import sdse

program, folder = sys.argv[1], sys.argv[2]


def run(*words):
    done = subprocess.run([program, *words], capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def ask(*words):
    return json.loads(run(*words, "-f", "json"))


def raises(kind, call, part):
    try:
        call()
    except kind as error:
        assert part in str(error), error
        return error
    raise AssertionError(f"no {kind.__name__} that says '{part}'")


# Every layer of networks of all kinds, on machines with engines, vector units, positions: mapped and scored alike.
compared = 0
for arch, network, objective in (("eyeriss", "vgg19_cifar10", "energy"), ("tpu", "alexnet", "latency"),
                                 ("diannao", "resnet18_cifar10", "edp"), ("iso_scnn", "mlp2_mnist", "ed2p"),
                                 ("camel", "mlp1_mnist", "energy")):
    npu, net = sdse.Arch(arch), sdse.Workload(network)
    assert (npu.name, net.name) == (arch, network)
    rows = [ask("map", "-a", arch, "-w", network, "-l", layer.name, "--objective", objective)["layers"][0]
            for layer in net.layers[:7]]
    for layer, row in zip(net, rows):
        score = npu.map(layer, objective)
        assert (layer.name, layer.kind, layer.repeat) == (row["layer"], row["kind"], row["repeat"])
        assert score.energy_pj == row["energy_pj"] and score.latency_cycles == row["latency_cycles"], (arch, layer)
        assert score.status == row["status"] and score.bottleneck == row["bottleneck"], (score, row)
        assert math.isclose(sum(part["energy_pj"] for part in score.parts), score.energy_pj, rel_tol=1e-12,
                            abs_tol=1e-9)
        words = ["eval", "-a", arch, "-w", network, "-l", layer.name]
        if score.mapping:
            path = os.path.join(folder, "mapping.yaml")
            with open(path, "w") as file:
                file.write(score.mapping)
            words += ["-m", path]
        evaluated = ask(*words)
        again = npu.evaluate(layer, score.mapping or None)
        totals = evaluated["totals"]
        for field in ("energy_pj", "latency_cycles", "latency_s", "utilization", "macs", "multipliers_used",
                      "bottleneck"):
            assert getattr(again, field) == totals[field] == getattr(score, field), (arch, layer, field)
        assert layer.macs == totals["macs"] and again.status == "scored" and again.gap == 0
        assert math.isclose(npu.area_um2 / 1e6, totals["area_mm2"], rel_tol=1e-12)
        assert again.counts == evaluated["counts"] == score.counts, (arch, layer)
        compared += 1
assert compared > 24

# Layers that repeat; a memory that forgets; a search that is cut short.
for layer in sdse.Workload("kaldi_mlp"):
    assert layer.repeat == ask("map", "-a", "tpu", "-w", "kaldi_mlp", "-l", layer.name)["layers"][0]["repeat"]
assert any(layer.repeat > 1 for layer in sdse.Workload("kaldi_mlp"))
forgetful = sdse.Arch("camel", {"edram.retention_us": 0.2}).map(
    sdse.Workload("mlp2_mnist")["fc1"], "energy", seconds_limit=1)
assert any(part["component"] == "refresh" for part in forgetful.parts), forgetful.parts
assert math.isclose(sum(part["energy_pj"] for part in forgetful.parts), forgetful.energy_pj, rel_tol=1e-12)
hasty = sdse.Arch("simba").map(sdse.Workload("vgg16")["conv8"], "energy", free_bypass=True, uneven=True,
                               imperfect_percent=50, seconds_limit=0.05)
assert hasty.status != "optimal" and hasty.gap > 0, (hasty.status, hasty.gap)

# Options reach the search.
npu, net = sdse.Arch("eyeriss", {"GLB.capacity_kib": 64, "GLB.fanout.dims_y": ["P", "R", "C", "K", "G"]}), sdse.Workload("resnet50")
conv = net["layer1.0.conv2"]
assert npu.map(conv).energy_pj != sdse.Arch("eyeriss").map(conv).energy_pj
vit = sdse.Workload("vit_b16")["l0.av"]
eyeriss = sdse.Arch("eyeriss")
for options, words in (({"uneven": True}, ["--uneven"]), ({"imperfect_percent": 10}, ["--imperfect", "10"]),
                       ({"free_bypass": True}, ["--free-bypass"])):
    row = ask("map", "-a", "eyeriss", "-w", "vit_b16", "-l", "l0.av", "--objective", "latency", *words)["layers"][0]
    score = eyeriss.map(vit, "latency", **options)
    assert (score.energy_pj, score.latency_cycles) == (row["energy_pj"], row["latency_cycles"]), options
    assert eyeriss.evaluate(vit, score.mapping).energy_pj == score.energy_pj, options
front = ask("map", "-a", "eyeriss", "-w", "resnet50", "-l", "layer1.0.conv2", "--objective", "pareto")
assert [p.energy_pj for p in sdse.Arch("eyeriss").map(conv, "pareto")] == [row["energy_pj"] for row in front["points"]]

# What is wrong is typed, with its place.
bad = os.path.join(folder, "bad.yaml")
with open(bad, "w") as file:
    file.write(run("init", "arch").replace("port_bits: 256", "port_bitz: 256"))
error = raises(sdse.InputError, lambda: sdse.Arch(bad), "[unknown-key]")
with open(bad) as file:
    lines = file.read().split("\n")
line = next(i for i, text in enumerate(lines) if "port_bitz" in text)
assert error.diagnostics[0].file == bad and error.diagnostics[0].line == line + 1
assert error.diagnostics[0].column == lines[line].index("port_bitz") + 1
assert error.diagnostics[0].severity == "error" and error.diagnostics[0].check == "unknown-key"
raises(sdse.InputError, lambda: sdse.Arch("eyeris"), "neither a file nor shipped")
raises(sdse.InputError, lambda: sdse.Arch("/nowhere/x.yaml"), "[file-read]")
raises(sdse.InputError, lambda: sdse.Arch(net.path), "[file-kind]")
raises(sdse.InputError, lambda: sdse.Workload(npu.path), "[file-kind]")
raises(sdse.InputError, lambda: npu.map(conv, "speed"), "[wish]")
raises(sdse.InputError, lambda: npu.map(conv, imperfect_percent=101), "[wish]")
raises(sdse.InputError, lambda: npu.map(conv, seconds_limit=-1), "[wish]")
raises(ValueError, lambda: npu.map_network(net, "pareto"), "for fronts map() its layers")
raises(sdse.InputError, lambda: npu.evaluate(conv), "[mapping-invalid]")
raises(sdse.InputError, lambda: npu.evaluate(conv, "mapping: []"), "error")
tight = sdse.Arch("eyeriss", {"ifmap.capacity_words": 1, "psum.capacity_words": 1, "filter.capacity_words": 32,
                              "GLB.capacity_kib": 1})
raises(sdse.NoMapping, lambda: tight.map(sdse.Workload("vgg16")["conv1"]), "[no-mapping]")
big = npu.map(conv, "energy").mapping
small = sdse.Arch("eyeriss", {"GLB.capacity_kib": 8})
raises(sdse.InputError, lambda: small.evaluate(conv, big), "exceed its capacity")
raises(KeyError, lambda: net["none"], "has no layer 'none'")
no_vector = os.path.join(folder, "plain.yaml")
with open(no_vector, "w") as file:
    file.write("\n".join(line for line in run("init", "arch").splitlines() if "vector" not in line))
raises(sdse.InputError, lambda: sdse.Arch(no_vector).map(net["maxpool"]), "[vector-missing]")

# Results are read as `sdse query` reads them, and not written.
db = os.path.join(folder, "it's 100%.db")
run("sweep", "demo_archs", "-o", db, "--shard", "1/36", "-q")
with sdse.Results(db) as results:
    rows = results.view("v_point", "energy_pj > ?", (0,))
    rows = rows.to_dict("records") if sdse.pandas else rows
    wanted = ask("query", db, "SELECT * FROM v_point")["rows"]
    assert len(rows) == len(wanted) == 2
    for row, want in zip(rows, wanted):
        assert row["energy_pj"] == want["energy_pj"] and row["point_hash"] == want["point_hash"]
        assert list(row) == list(want)
    assert "v_layer" in results.views()
    raises(KeyError, lambda: results.view("v_none"), "v_point")
    raises(Exception, lambda: results.query("DELETE FROM point"), "")


class Float(float):  # as numpy.float64 is: its repr is no number of YAML
    def __repr__(self):
        return f"np.float64({float(self)!r})"


assert sdse.Arch("eyeriss", {"GLB.capacity_kib": Float(64)}).area_um2 == sdse.Arch(
    "eyeriss", {"GLB.capacity_kib": 64}).area_um2
raises(FileNotFoundError, lambda: sdse.Results(os.path.join(folder, "none.db")), "none.db")
assert not os.path.exists(os.path.join(folder, "none.db"))

# Sessions in threads of their own do not meet.
found = {}
threads = [threading.Thread(target=lambda name=name: found.update({name: sdse.Arch(name).map(
    sdse.Workload("alexnet")["conv3"], "energy").energy_pj})) for name in ("eyeriss", "tpu", "diannao")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for name, energy in found.items():
    assert energy == ask("map", "-a", name, "-w", "alexnet", "-l", "conv3", "--objective", "energy")["layers"][0]["energy_pj"]
assert len(found) == 3

# Ctrl-C ends a search.
slow = """
import os, signal, sys, threading
import sdse
npu, layer = sdse.Arch("simba"), sdse.Workload("vgg16")["conv8"]
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    npu.map(layer, "pareto", free_bypass=True, uneven=True, imperfect_percent=50)
except KeyboardInterrupt:
    sys.exit(7)
"""
begun = time.monotonic()
status = subprocess.run([sys.executable, "-c", slow], env=os.environ).returncode
assert status == 7, status
print(f"## {compared} layers mapped and scored as by the command line")
