// SPDX-License-Identifier: Apache-2.0
// fuzz/fuzz_target.cpp   libFuzzer on one reader (QMN_FUZZ_PARSE): any bytes end in what the reader makes of them, or in an Error. Behind the
// readers of models run all passes of the import; what they make is written and read again.
#include "base/error.h"
#include "data/array.h"
#include "data/csv.h"
#include "data/image.h"
#include "formats/graphdef_format.h"
#include "formats/onnx_draft.h"
#include "formats/onnx_format.h"
#include "formats/tflite_format.h"
#include "import/foreign.h"
#include "import/import.h"

#include <cstddef>
#include <cstdint>

namespace {

/// A model file of qmn itself.
[[maybe_unused]] void own(const std::string& bytes) { qmn::prepare_model(qmn::parse_onnx(bytes, "file")); }

template <auto parse>
[[maybe_unused]] void foreign(const std::string& bytes) {
  std::vector<std::string> notes;
  qmn::model_of(parse(bytes, "file", ""), notes);
}

/// Arrays, archives of them, tables, pictures: what a data set is made of.
[[maybe_unused]] void example(const std::string& bytes) {
  if (bytes.starts_with("PK")) {
    qmn::parse_npz(bytes, "file");
  } else if (bytes.starts_with("\x93NUMPY")) {
    qmn::parse_npy(bytes, "file");
  } else if (bytes.starts_with("file")) {
    qmn::parse_csv(bytes, "file");
  } else {
    for (const int channels : {1, 3}) qmn::decode_image(bytes, "file", channels);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    QMN_FUZZ_PARSE(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const qmn::Error&) {
  }
  return 0;
}
