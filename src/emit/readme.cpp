// SPDX-License-Identifier: Apache-2.0
// emit/readme.cpp   README.md of an export: how to build it, call it, and read its results.
#include "emit/artifacts.h"
#include "emit/c_text.h"
#include "program/traits.h"

namespace qmn {
namespace {

constexpr const char* kIntroduction = R"(# Network "@PROGRAM@"

@INPUT@ → @CLASSES@ classes: @LABELS@.
Plain C11: no heap, no operating system, no C library beyond `memcpy` and `memset`. @ARENA@ bytes of static memory for all activations,
@CONSTANTS@ bytes of weights, biases and tables, @MACS@ multiply-accumulates an inference. @KERNELS@

| file | what it is |
|---|---|
| `@NET@.h` | the API, with shapes, formats and front-end settings |
| `@NET@.c` | weights, the static arena and its map, the inference as a list of kernel calls |
| `@SELFTEST@.h`, `@SELFTEST@.c` | inputs with known answers, to check the whole on the device |
@KWS_FILES@| `runtime/` | the integer kernels that this network calls |
| `weights.h` | weights and biases as `#define name {…}`, with shifts, for code that wants them so; nothing here needs it |
@FILES@| `model.onnx`, `qmn.json` | the quantized model that this was made from, and the choices of the export |

Files with an SPDX line are under Apache-2.0; the generated ones are yours.

## Call it

```c
@INCLUDE_NET@

int best_class(const @INPUT_TYPE@ features[@MACRO@_INPUT_COUNT]) {
  @INPUT_TYPE@ *input = @NET@_input();                /* its memory is reused by the run: fill it every time */
  for (int i = 0; i < @MACRO@_INPUT_COUNT; ++i) input[i] = features[i];
  @NET@_run();
  const @RESULT_TYPE@ *@RESULT@ = @NET@_@RESULT@();    /* real value: raw / 2^@MACRO@_@RESULT_MACRO@_FRAC_BITS */
  int best = 0;
  for (int i = 1; i < @MACRO@_CLASS_COUNT; ++i) {
    if (@RESULT@[i] > @RESULT@[best]) best = i;
  }
  return best;                                  /* its name: @NET@_labels[best] */
}
```
@FEATURES@
## Check it

```c
@INCLUDE_SELFTEST@

void put(char c);                               /* your UART, RTT, semihosting … */
if (@SELFTEST@(put) != 0) { /* the numbers differ from the host's: do not trust the network */ }
```
It runs the network on @VECTORS@ embedded inputs, compares every output value with the known answer and prints PASS or FAIL.
A linker with `--gc-sections` drops it where it is not called.
)";

constexpr const char* kFeatures = R"(
Input row = frame, column = coefficient. The features are TensorFlow-compatible MFCC: frames of @WINDOW@ samples every @HOP@ samples at @RATE@ Hz,
@COEFFICIENTS@ coefficients of @BANDS@ mel bands from @LOWER@ to @UPPER@ Hz. Coefficient `c` enters as
`raw = saturate(floor(mfcc[c] * 2^(@MACRO@_INPUT_FRAC_BITS - @NET@_coefficient_shifts[c]) + 0.5))`.
)";

constexpr const char* kArrays = R"(
Inputs lie height x width x channels. A number `x` of them enters as `raw = saturate(floor(@NUMBER@ * 2^@MACRO@_INPUT_FRAC_BITS + 0.5))`.
)";

constexpr const char* kKws = R"(
## From samples to words

`@KWS@.h` takes samples and calls back with words: front end, network, smoothing, a threshold for each word, a time of rest behind one. A plain superloop:

```c
#include "@KWS@.h"

static void heard(int word, int score, uint32_t frame) { /* @NET@_labels[word], score of 128 */ }

int main(void) {
  @KWS@_start(heard);
  for (;;) {
    const int16_t *block = wait_for_samples();    /* your DMA's half that is full: 16 bits, mono, @RATE@ Hz */
    @KWS@_push(block, BLOCK_SAMPLES);
  }
}
```
The buffer behind `wait_for_samples` must outlast the longest push: a frame of features every @HOP@ samples, an inference every @INTERVAL@ frames.
Under FreeRTOS or Zephyr give it a thread of its own below the audio driver's priority, fed from a queue or pipe of blocks (`xStreamBufferReceive`, `k_pipe_get`),
with a stack of the size that `qmn run` reports; call all of `@KWS@_…` and `@NET@_…` from that one thread. Thresholds may be changed between two pushes.
)";

constexpr const char* kMveKernels = R"(The kernels use Helium, the vectors
of Cortex-M55: name the core to the compiler (`-mcpu=cortex-m55 -mfloat-abi=hard`; `softfp` will do), and give access to CP10 and CP11 at start-up. On any other machine than an Arm core they compute the same in C.)";
constexpr const char* kDspKernels = R"(The kernels use the DSP extension
of Cortex-M4, M7 and M33: name the core to the compiler (`-mcpu=cortex-m4`). On any other machine than an Arm core they compute the same in C.)";
constexpr const char* kInPlaceKernels = R"(The kernels work in place,
in plain C for any core: they take half of the reference's RAM and more instructions.)";
constexpr const char* kCmsisNnKernels = R"(Layers run in @API@,
where it gives the numbers of this tool's own kernels, which run the rest. It is not part of this folder: see below.)";
constexpr const char* kCmsisNn = R"(
## CMSIS-NN

An installed copy: @API@, compiled for the core@COMPILED@. Tell CMake its headers and its library, here or in the environment:
`-DCMSIS_NN_INCLUDE_DIR="folder;folder" -DCMSIS_NN_LIBRARY=libcmsis-nn.a`; without CMake, add the folders and the library yourself@DEFINE@.
)";
constexpr const char* kRefKernels = R"(The kernels are
plain C for any core; `qmn export --core` chooses faster ones for cores that have the instructions.)";

constexpr const char* kBoard = R"(
## Build and run on the emulated board @BOARD@

Debian packages: `cmake gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm`.
```
cmake -B build/@BOARD@ -DCMAKE_TOOLCHAIN_FILE=boards/@BOARD@/toolchain.cmake
cmake --build build/@BOARD@
qemu-system-arm -M @BOARD@ -icount shift=0 -semihosting-config enable=on,target=native -nographic -monitor none -serial none \
  -kernel build/@BOARD@/firmware.elf
```
The firmware runs the self-test, then every input of `inputs.bin` (raw, @MACRO@_INPUT_BYTES each) in the working folder, if there is one, and writes
`outputs.bin`: logits@AND_SCORES@ of each.@CLIPS@ Its last lines report executed instructions and stack. `qmn run . clip.wav` does all of this from sound files and
compares the outputs with the host. Without the toolchain file the same program builds for this machine, as `build/firmware`.
Target `firmware_trace` also writes every tensor of every inference to `traces.bin`.

## On your own board

Take everything but `boards/`. With CMake: `add_subdirectory` and link `@NET@`; else compile these as C11, with `.` and `runtime/` as include folders:
)";

constexpr const char* kClips = R"( Or every clip of `clips.bin` (@MACRO@_CLIP_SAMPLES samples of 16 bits each), which go through
the front end; then the features stand in front of the logits. Or all samples of `stream.bin`: then each run of the network leaves its logits and scores,
and `words.bin` holds word, score and frame of each word that was heard, int32.)";

constexpr const char* kNoBoard = R"(
## Add it to your project

With CMake: `add_subdirectory` and link `@NET@`; else compile these as C11, with `.` and `runtime/` as include folders:
)";

/// "(x - mean) * scale", of each channel where they differ.
std::string scaled_number(const ArraySettings& array) {
  const auto text = [](const std::vector<double>& numbers) { return numbers.size() == 1 ? fmt::format("{}", numbers[0]) : fmt::format("[{}][channel]", fmt::join(numbers, ", ")); };
  const std::string centered = array.mean.empty() ? "x" : fmt::format("(x - {})", text(array.mean));
  return array.scale.empty() ? centered : fmt::format("{} * {}", centered, text(array.scale));
}

std::string source_list(const std::vector<std::string>& sources) { return fmt::format("```\n{}\n```\n", fmt::join(sources, "\n")); }

}  // namespace

std::string readme_text(const Program& program, const MemoryPlan& plan, const std::vector<std::string>& sources, const EmitOptions& options, const NetNames& names) {
  std::int64_t macs = 0;
  for (const Kernel& kernel : program.kernels) macs += mac_count(program, kernel);
  const FrontEndSettings& front_end = program.metadata.front_end;
  const bool has_board = options.board != "none";
  const bool has_fast_core = (options.core.empty() ? core_of_board(options.board) : core_named(options.core)).variant != KernelVariant::ref;
  const char* const kernels = plan.variant == KernelVariant::mve ? kMveKernels : plan.variant == KernelVariant::ref ? kRefKernels : has_fast_core ? kDspKernels : kInPlaceKernels;
  const std::map<std::string, std::string> front_end_values{{"WINDOW", std::to_string(front_end.window_samples)},
                                                            {"HOP", std::to_string(front_end.hop_samples)},
                                                            {"RATE", std::to_string(front_end.sample_rate_hz)},
                                                            {"COEFFICIENTS", std::to_string(front_end.coefficient_count)},
                                                            {"BANDS", std::to_string(front_end.mel_bands)},
                                                            {"LOWER", fmt::format("{:g}", front_end.lower_hz)},
                                                            {"UPPER", fmt::format("{:g}", front_end.upper_hz)},
                                                            {"NET", names.net},
                                                            {"MACRO", names.macro}};
  const bool is_q7 = plan.variant == KernelVariant::cmsis_nn_q7;
  const std::map<std::string, std::string> library{{"API", is_q7 ? "the q7 API of CMSIS-NN (CMSIS 5.9.0)" : "CMSIS-NN"},
                                                   {"COMPILED", is_q7 ? "" : " with `CMSIS_NN_USE_SINGLE_ROUNDING`"},
                                                   {"DEFINE", is_q7 ? "" : fmt::format(", and define the same macro. The first run asks the library for its rounding: `{}_library_faults()`", names.net)}};
  const std::string text = fill_template(
      kIntroduction, {{"PROGRAM", program.name},
                      {"INPUT", tensor_text(program.tensor(program.input))},
                      {"CLASSES", std::to_string(program.tensor(program.logits).value_count())},
                      {"INPUT_TYPE", value_type(program.tensor(program.input))},
                      {"RESULT_TYPE", value_type(program.tensor(has_scores(program) ? program.output : program.logits))},
                      {"LABELS", fmt::format("{}", fmt::join(class_labels(program), ", "))},
                      {"ARENA", std::to_string(plan.arena_bytes)},
                      {"CONSTANTS", std::to_string(constant_bytes(program, plan.variant))},
                      {"KERNELS", is_cmsis_nn(plan.variant) ? fill_template(kCmsisNnKernels, library) : kernels},
                      {"MACS", std::to_string(macs)},
                      {"NET", names.net},
                      {"MACRO", names.macro},
                      {"SELFTEST", names.selftest},
                      {"INCLUDE_NET", fmt::format("#include \"{}.h\"", names.net)},
                      {"INCLUDE_SELFTEST", fmt::format("#include \"{}.h\"", names.selftest)},
                      {"RESULT", has_scores(program) ? "scores" : "logits"},
                      {"RESULT_MACRO", has_scores(program) ? "SCORES" : "LOGITS"},
                      {"FILES", has_board ? "| `boards/` | start-up code, linker script and main program of a firmware |\n" : ""},
                      {"KWS_FILES", hears_sound(program) ? fmt::format("| `{0}.h`, `{0}.c` | from samples to words: front end, network, decision |\n", names.kws) : ""},
                      {"FEATURES", has_front_end(program) ? fill_template(kFeatures, front_end_values)
                                                          : fill_template(kArrays, {{"NUMBER", scaled_number(program.metadata.array_input)}, {"MACRO", names.macro}})},
                      {"VECTORS", std::to_string(options.known_answers.size())}});
  const std::string listening = !hears_sound(program) ? "" : fill_template(kKws, {{"KWS", names.kws},
                                                                                    {"NET", names.net},
                                                                                    {"RATE", std::to_string(front_end.sample_rate_hz)},
                                                                                    {"HOP", std::to_string(front_end.hop_samples)},
                                                                                    {"INTERVAL", std::to_string(options.point.interval_frames)}});
  return text + listening + (is_cmsis_nn(plan.variant) ? fill_template(kCmsisNn, library) : "") +
         fill_template(has_board ? kBoard : kNoBoard, {{"BOARD", options.board},
                                                       {"MACRO", names.macro},
                                                       {"NET", names.net},
                                                       {"CLIPS", hears_sound(program) ? fill_template(kClips, {{"MACRO", names.macro}}) : ""},
                                                       {"AND_SCORES", has_scores(program) ? " and scores" : ""}}) +
         source_list(sources);
}

}  // namespace qmn
