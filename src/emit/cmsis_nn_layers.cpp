// SPDX-License-Identifier: Apache-2.0
#include "emit/cmsis_nn_layers.h"

#include "emit/cmsis_nn_q7_layers.h"
#include "emit/cmsis_nn_s8_layers.h"
#include "program/cmsis_nn.h"
#include "program/traits.h"

#include <fmt/ranges.h>

#include <set>

namespace qmn {
namespace {

constexpr int kSmallestTellingShift = 2;  ///< a smaller one rounds the same way in all builds of the library

/// The shifts of layers that run in CMSIS-NN.
std::set<int> shifts_of(const Program& program, KernelVariant variant) {
  std::set<int> shifts;
  for_each_kernel(program.kernels, [&](const Kernel& kernel, std::int64_t) {
    if (traits_of(program, kernel, variant).variant != variant) return;
    std::visit(
        [&](const auto& k) {
          if constexpr (requires { k.epilogue; }) {
            shifts.insert(k.epilogue.out_shift);
            shifts.insert(k.epilogue.out_shifts.begin(), k.epilogue.out_shifts.end());
          } else if constexpr (requires { k.out_shift; }) {
            shifts.insert(k.out_shift);
          }
        },
        kernel);
  });
  shifts.erase(shifts.begin(), shifts.lower_bound(kSmallestTellingShift));
  if (shifts.empty()) shifts.insert(kSmallestTellingShift);
  return shifts;
}

// Accumulators a quarter and three quarters between two outputs, and ties, on both sides of 0: each comes out otherwise where a library
// halves first and rounds twice.
constexpr const char* kRoundingCheck = R"(  static const uint8_t shifts[@COUNT@] = {@SHIFTS@};
  static const int8_t expected[4] = {0, 0, -1, 1}, zeros[4] = {0, 0, 0, 0};
  static const cmsis_nn_fc_params layer = {.input_offset = 0, .filter_offset = 0, .output_offset = 0, .activation = {.min = -128, .max = 127}};
  static const cmsis_nn_dims one = {.n = 1, .h = 1, .w = 1, .c = 1}, matrix = {.n = 1, .h = 1, .w = 1, .c = 4}, four = {.n = 1, .h = 1, .w = 1, .c = 4};
  int32_t faults = 0;
  for (int32_t i = 0; i < @COUNT@; ++i) {
    const int32_t half = (int32_t)1 << (shifts[i] - 1);
    const int32_t accumulators[4] = {half - 1, -half, -half - 1, 3 * half - 1};
    int8_t rounded[4] = {0, 0, 0, 0};
    (void)arm_fully_connected_s8(&(const cmsis_nn_context){.buf = (void *)accumulators, .size = sizeof accumulators}, &layer,
                                 &(const cmsis_nn_per_tensor_quant_params){.multiplier = INT32_C(@MULTIPLIER@), .shift = 1 - shifts[i]}, &one, zeros, &matrix,
                                 zeros, &four, accumulators, &four, rounded);
    for (int32_t k = 0; k < 4; ++k) faults += rounded[k] != expected[k];
  }
)";

}  // namespace

void write_cmsis_nn_multipliers(LayerText& text) {
  const int count = cmsis_nn_multiplier_count(text.program, text.plan.variant);
  if (count == 0) return;
  const std::vector<std::int32_t> multipliers(static_cast<std::size_t>(count), kCmsisNnMultiplier);
  text.definitions.line("/* CMSIS-NN multiplies by m * 2^(s - 31): m = 2^30 leaves s - 1 places to the left. */");
  text.definitions.open("static const int32_t {}[{}] = {{", text.identifiers.unique(kMultipliersName), multipliers.size());
  text.definitions.numbers(std::span<const std::int32_t>(multipliers), multipliers.size(), "");
  text.definitions.close("};");
  text.definitions.line();
}

std::string write_cmsis_nn_layer(LayerText& text, const Kernel& kernel) {
  if (text.plan.variant != KernelVariant::cmsis_nn_q7) {
    const std::string wanted = s8::write_layer(text, kernel);
    return wanted.empty() ? "" : fmt::format("{} > {}", wanted, cmsis_nn_scratch_bytes(text.program, kernel, text.plan.variant));
  }
  q7::write_layer(text, kernel);
  return "";
}

std::string cmsis_nn_check_text(const Program& program, KernelVariant variant, const std::string& function, const std::vector<std::string>& checks) {
  const std::set<int> shifts = shifts_of(program, variant);
  std::string text = fmt::format("int32_t {}(void) {{\n", function);
  text += fill_template(kRoundingCheck, {{"COUNT", std::to_string(shifts.size())}, {"SHIFTS", fmt::format("{}", fmt::join(shifts, ", "))}, {"MULTIPLIER", std::to_string(kCmsisNnMultiplier)}});
  for (const std::string& check : checks) text += fmt::format("  faults += {};\n", check);
  return text + "  return faults;\n}\n";
}

}  // namespace qmn
