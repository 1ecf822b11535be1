#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""zoo/README.md from measurements: each number on that page comes out of qmn --json, none is copied by hand.

  scripts/zoo.py measure DATA [--board_clips N] [MODEL…]
                                         measures models of zoo/ (all, or those named, such as gru_s) and writes zoo/figures.json, then the page;
                                         on the board every test clip, or N of them, spread evenly
  scripts/zoo.py seed FILE…              takes the float accuracy of trained models (qmn train) into zoo/seeds.json: other seeds of a zoo model
  scripts/zoo.py page                    writes zoo/README.md from both files
  scripts/zoo.py check                   exit code 1 if the page, or a model file, is not the one that the figures were measured of

QMN names the program (default build/release/bin/qmn). Measuring takes minutes a model, most of them on the emulated board.
"""
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / "zoo"
FIGURES, SEEDS, PAGE = ZOO / "figures.json", ZOO / "seeds.json", ZOO / "README.md"
BOARD = "mps2-an386"
COPIES = 10
ORDER = ["dnn", "cnn", "basic_lstm", "lstm", "gru", "crnn", "ds_cnn"]


def qmn(*arguments):
    """The JSON object that a command prints. qmn run ends with 1 where outputs differ: that is a figure too."""
    program = os.environ.get("QMN", ROOT / "build/release/bin/qmn")
    result = subprocess.run([program, *map(str, arguments), "--json"], stdout=subprocess.PIPE, text=True)
    if result.returncode != 0 and not (arguments[0] == "run" and result.stdout.startswith('{"')):
        sys.exit(f"zoo: qmn {' '.join(map(str, arguments))} failed: {result.stdout}")
    return json.loads(result.stdout)


def read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def write(path, figures):
    path.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def models():
    return sorted((path.name.removesuffix(".q.onnx") for path in ZOO.glob("*.q.onnx")), key=lambda name: (ORDER.index(name.rsplit("_", 1)[0]), name))


def activations(info):
    """How many values of the net have a format, its input among them, and which of them have 16 bits."""
    formats = {info["input"]["name"]: info["input"]["format"]} | {layer["output"]: layer["output_format"] for layer in info["layers"] if layer["output_format"]}
    return {"count": len(formats), "wide": sorted(name for name, one in formats.items() if one["total_bits"] == 16)}


def measure(data, name, board_clips):
    quantized = ZOO / f"{name}.q.onnx"
    testing = ["--data", data, "--split", "testing"]
    info = qmn("info", quantized)
    plain = qmn("eval", quantized, *testing)["splits"]["testing"]
    weights = qmn("eval", quantized, *testing, "--weights_only")["splits"]["testing"]
    paired = qmn("eval", quantized, *testing, "--copies", COPIES, "--mode", "integer")["splits"]["testing"]
    with tempfile.TemporaryDirectory() as folder:
        firmware = Path(folder) / "firmware"
        qmn("export", quantized, "-o", firmware, "--board", BOARD)
        board = qmn("run", firmware, *testing, "--limit", board_clips)
    clips = len(board["clips"])
    notes = info["metadata"]["notes"]
    return {
        "architecture": info["metadata"]["architecture"],
        "sha256": {"float": sha256(ZOO / f"{name}.onnx"), "quantized": sha256(quantized)},
        "size_info": info["metadata"]["size_info"],
        "training": notes["training"],
        "search": notes["search"],
        "parameters": info["parameters"],
        "macs": info["macs"],
        "activations": activations(info),
        "testing": {"clips": plain["clips"], "float": plain["float"]["accuracy"], "weights_only": weights["weights-only"]["accuracy"], "integer": plain["integer"]["accuracy"]},
        "paired": {key: paired["integer"][key] for key in ("difference", "difference_low", "difference_high", "agreement", "kl")} | {"clips": paired["clips"]},
        "board": {"clips": clips, "equal": board["equal"], "accuracy": board["hits"]["board"] / clips, "selftest_mismatches": board["selftest_mismatches"]}
        | {key: board[key] for key in ("instructions_per_inference", "network_flash_bytes", "arena_bytes", "static_ram_bytes", "stack_bytes")},
    }


def take_seed(path):
    metadata = qmn("info", path)["metadata"]
    training = metadata["notes"]["training"]
    figures = metadata["notes"]["figures"]  # "float: validation 90.79 %, test 85.96 % of 869 clips"
    words = figures.replace(",", "").split()
    entry = {"seed": int(training.split("seed ")[1].split(";")[0]), "training": training, "validation": float(words[2]), "test": float(words[5]), "clips": int(words[8])}
    seeds = read(SEEDS)
    name = f"{metadata['architecture']}_{size_letter(metadata)}"
    seeds[name] = sorted([other for other in seeds.get(name, []) if other["seed"] != entry["seed"]] + [entry], key=lambda one: one["seed"])
    write(SEEDS, seeds)
    print(f"{name}: seed {entry['seed']}, test {entry['test']:.2f} %")


def size_letter(metadata):
    for name, one in read(FIGURES).items():
        if one["architecture"] == metadata["architecture"] and one["size_info"] == metadata["size_info"]:
            return name.rsplit("_", 1)[1]
    return "s"


def percent(share):
    return f"{100 * share:.2f} %"


def points(share):
    return f"{100 * share:+.2f}".replace("-", "−")


def table(header, rows):
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows])


def seeds_cell(entries):
    if not entries:
        return "", ""
    accuracies = [entry["test"] for entry in entries]
    return f"{sum(accuracies) / len(accuracies):.2f} %", ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)


def recipe_text(training):
    """The steps of a description such as "recipe default; seed 1; one-cycle of 6000 steps at learning rate 0.003; …"."""
    return training.split("; ")[2]


def page():
    figures, seeds = read(FIGURES), read(SEEDS)
    names = sorted(figures, key=lambda name: (ORDER.index(figures[name]["architecture"]), name))
    accuracy, device, training = [], [], []
    for name in names:
        one = figures[name]
        test, paired, board = one["testing"], one["paired"], one["board"]
        mean, each = seeds_cell(seeds.get(name))
        on_board = percent(board["accuracy"]) + ("" if board["clips"] == test["clips"] else f" of {board['clips']}")
        accuracy.append([f"`{name}`", percent(test["float"]), percent(test["weights_only"]), percent(test["integer"]), on_board,
                         f"{points(paired['difference'])} [{points(paired['difference_low'])}, {points(paired['difference_high'])}]", percent(paired["agreement"]), f"{paired['kl']:.5f}"])
        device.append([f"`{name}`", f"{one['parameters']:,}", f"{one['macs']:,}", f"{board['instructions_per_inference']:,}", f"{board['network_flash_bytes']:,} B",
                       f"{board['arena_bytes']:,} + {board['static_ram_bytes'] - board['arena_bytes']:,} + {board['stack_bytes']:,} B", f"{board['equal']} of {board['clips']}"])
        training.append([f"`{name}`", mean, each, recipe_text(one["training"]), f"{len(one['activations']['wide'])} of {one['activations']['count']}"])
    test_clips = {one["testing"]["clips"] for one in figures.values()}
    paired_clips = {one["paired"]["clips"] for one in figures.values()}
    return PROSE.format(
        accuracy=table(["model", "float", "weights alone in 8 bits", "integer", "on the board", "integer − float, paired [95 % interval]", "same label", "KL"], accuracy),
        device=table(["model", "parameters", "MACs", "instructions, Cortex-M4", "network flash", "RAM: arena + statics + stack", "clips equal to the simulator"], device),
        training=table(["model", "float, mean of seeds", "each seed", "schedule", "16-bit activations"], training),
        test_clips=", ".join(map(str, sorted(test_clips))), paired_clips=", ".join(map(str, sorted(paired_clips))), copies=COPIES, board=BOARD)


PROSE = """# Zoo

*Written by `scripts/zoo.py` from `figures.json` (measured by qmn) and `seeds.json` (what `qmn train` reported); not edited by hand.*

The nets of *Hello Edge* (Zhang et al. 2017) in size S, trained by this project on a twentieth of Google Speech Commands (CC BY 4.0; [Warden 2018](https://arxiv.org/abs/1804.03209)): about 3990 training, 540 validation and 870 test clips
of separate speakers. Expect less than published figures, which had twenty times the data. Twelve classes: `_silence_`, `_unknown_`, yes, no, up, down, left, right, on, off, stop, go.
`*.onnx` is the float model, `*.q.onnx` the same with its formats (QDQ), by `qmn quantize` without flags.

## Accuracy

{accuracy}

Float to board: the {test_clips} test clips of the data set's split as they are. Paired: {paired_clips} disturbed copies, {copies} of each test clip, float against integer on the same copies, 95 % bootstrap interval clustered by clip, in points; so are
"same label" and KL. No search and no choice of a checkpoint has seen any of them. "Weights alone": by the classic rule, activations in float.

## On an emulated Cortex-M4

{device}

By `qmn run` on {board}: test clips, logits and scores compared byte for byte. Network flash: code, weights and tables of the net, without start-up code.

## Training

{training}

Test accuracies in float of several seeds; the model in this folder has seed 1. Checkpoints were chosen on validation. `qmn info MODEL` prints all settings that made a model, and every format. 16-bit activations: those that recipe auto widened
to bring the loss that it expects inside 0.1 points. With `speech_commands` the unpacked data set, ARCH and N steps as above:

```
qmn train --arch ARCH --size s --data speech_commands -o ARCH_s.onnx --seed 1 --steps N
qmn quantize ARCH_s.onnx --data speech_commands -o ARCH_s.q.onnx
scripts/zoo.py measure speech_commands      # this page
```

The float arithmetic of a training depends on the version of the engine and its libraries, so that a repeated training gives a model of like accuracy, not the same bits. Everything from `qmn quantize` on repeats.
"""


def check():
    wrong = [] if PAGE.exists() and PAGE.read_text() == page() else ["README.md is not what figures.json and seeds.json say: scripts/zoo.py page"]
    figures = read(FIGURES)
    for name in models():
        if name not in figures:
            wrong.append(f"{name} was never measured: scripts/zoo.py measure DATA {name}")
            continue
        for kind, path in (("float", ZOO / f"{name}.onnx"), ("quantized", ZOO / f"{name}.q.onnx")):
            if sha256(path) != figures[name]["sha256"][kind]:
                wrong.append(f"{path.name} has changed since it was measured: scripts/zoo.py measure DATA {name}")
    wrong += [f"{name} has figures, but no model" for name in figures if not (ZOO / f"{name}.q.onnx").exists()]
    for line in wrong:
        print(f"zoo: {line}", file=sys.stderr)
    return 1 if wrong else 0


def main(arguments):
    command, *rest = arguments or ["help"]
    if command == "measure" and rest:
        data, *names = rest
        board_clips = 0  # all
        if names[:1] == ["--board_clips"]:
            board_clips, names = int(names[1]), names[2:]
        for name in names or models():
            print(f"zoo: {name}", flush=True)
            measured = measure(data, name, board_clips)
            write(FIGURES, read(FIGURES) | {name: measured})
        PAGE.write_text(page())
    elif command == "seed" and rest:
        for path in rest:
            take_seed(Path(path))
    elif command == "page" and not rest:
        PAGE.write_text(page())
    elif command == "check" and not rest:
        return check()
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
