// SPDX-License-Identifier: Apache-2.0
// fuzz/fuzz_target.cpp   libFuzzer on one reader (QMN_FUZZ_PARSE) and on all passes behind it: any bytes end in a Model or in an Error.
#include "base/error.h"
#include "formats/graphdef_format.h"
#include "formats/onnx_draft.h"
#include "formats/onnx_format.h"
#include "formats/tflite_format.h"
#include "import/foreign.h"

#include <cstddef>
#include <cstdint>

namespace {

/// A model file of qmn itself.
[[maybe_unused]] void own(const std::string& bytes) { qmn::parse_onnx(bytes, "file"); }

template <auto parse>
[[maybe_unused]] void foreign(const std::string& bytes) {
  std::vector<std::string> notes;
  qmn::model_of(parse(bytes, "file", ""), notes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    QMN_FUZZ_PARSE(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const qmn::Error&) {
  }
  return 0;
}
