// SPDX-License-Identifier: Apache-2.0
// weights.h of published models that were imported, against the classic formula written out in numpy on the very graph (tests/import/pb_weights.py).
// Skipped without QMN_MODELS and QMN_ORACLE.
#include "base/file.h"
#include "base/subprocess.h"
#include "emit/emit.h"
#include "import/foreign.h"
#include "import/import.h"
#include "quantize/quantize.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace qmn {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

class PublishedWeights : public ::testing::TestWithParam<const char*> {};

TEST_P(PublishedWeights, HeaderEqualsTheFormulaInNumpyValueByValue) {
  const char *models = std::getenv("QMN_MODELS"), *oracle = std::getenv("QMN_ORACLE");
  if (models == nullptr || oracle == nullptr || !fs::is_directory(models) || !fs::is_directory(oracle)) GTEST_SKIP() << "QMN_MODELS or QMN_ORACLE names no folder";
  if (run_process({kPython, "-c", "import numpy"}).exit_code != 0) GTEST_SKIP() << "no numpy for " << kPython << " (apt install python3-numpy)";
  const fs::path path = fs::path(models) / GetParam();
  Model model = prepare_model(import_file(path).model);
  model.quantization = quantize_parameters(model.graph, 8);
  const TemporaryFolder folder;
  write_file_atomic(folder.path() / "weights.h", emit_weights_header(model));
  const ProcessResult check = run_process({kPython, QMN_PB_WEIGHTS, oracle, path.string(), (folder.path() / "weights.h").string()});
  EXPECT_EQ(check.exit_code, 0) << check.out << check.err;
  EXPECT_NE(check.out.find("values equal"), std::string::npos) << check.out;
}

INSTANTIATE_TEST_SUITE_P(Models, PublishedWeights, ::testing::Values("DNN_S.pb", "DS_CNN_S.pb"),
                         [](const auto& test) { return std::string(test.param).substr(0, std::string_view(test.param).find('.')); });

}  // namespace
}  // namespace qmn
