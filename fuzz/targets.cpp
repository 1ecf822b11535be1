// SPDX-License-Identifier: Apache-2.0
#include "targets.h"

#include "audio/wav.h"
#include "base/check.h"
#include "base/config.h"
#include "data/array.h"
#include "data/csv.h"
#include "data/image.h"
#include "data/scan.h"
#include "formats/graphdef_format.h"
#include "formats/onnx_draft.h"
#include "formats/onnx_format.h"
#include "formats/tflite_format.h"
#include "import/foreign.h"
#include "import/import.h"

#include <algorithm>

namespace qmn::fuzz {
namespace {

constexpr const char* kName = "file";

/// Behind the readers of foreign models run all passes of the import.
template <auto parse>
void foreign_model(const std::string& bytes) {
  std::vector<std::string> notes;
  model_of(parse(bytes, kName, ""), notes);
}

/// A model file of qmn itself, prepared as every command does it.
void own_model(const std::string& bytes) { prepare_model(parse_onnx(bytes, kName)); }

void image(const std::string& bytes) {
  for (const int channels : {1, 3}) decode_image(bytes, kName, channels);
}

/// At the file's own rate mostly, else resampled; a second at most.
void wav(const std::string& bytes) { decode_audio(bytes, kName, 16000, 1.0); }

void split_lists(const std::string& bytes) {
  const std::size_t middle = bytes.size() / 2;
  SplitLists lists;
  add_split_list(bytes.substr(0, middle), kName, Split::validation, lists);
  add_split_list(bytes.substr(middle), kName, Split::testing, lists);
}

constexpr Target kTargets[] = {
    {"own_onnx", own_model},
    {"onnx", foreign_model<parse_onnx_draft>},
    {"graphdef", foreign_model<parse_graphdef>},
    {"tflite", foreign_model<parse_tflite>},
    {"npy", [](const std::string& bytes) { parse_npy(bytes, kName); }},
    {"npz", [](const std::string& bytes) { parse_npz(bytes, kName); }},
    {"csv", [](const std::string& bytes) { parse_csv(bytes, kName); }},
    {"image", image},
    {"wav", wav},
    {"split_lists", split_lists},
    {"config", [](const std::string& bytes) { read_config(bytes, kName); }},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target& target_named(std::string_view name) {
  const auto found = std::ranges::find_if(kTargets, [&](const Target& target) { return target.name == name; });
  QMN_CHECK(found != std::end(kTargets), "a fuzz target of that name");
  return *found;
}

}  // namespace qmn::fuzz
