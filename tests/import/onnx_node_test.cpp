// SPDX-License-Identifier: Apache-2.0
// The backend node tests that python3-onnx ships, for every operator that an import understands: each is computed right, or refused with a
// reason. Prints how many were run, passed and refused. Skipped without python3-onnx.
//   build/release/bin/qmn_import_test --gtest_filter='OnnxNodeTests.*'
#include "base/error.h"
#include "base/subprocess.h"
#include "import/foreign.h"
#include "import/import.h"
#include "import/numbers_file.h"
#include "import/operators.h"
#include "support/reference_interpreter.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

namespace qmn {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

struct Counts {
  int run = 0, passed = 0;
  std::map<std::string, std::vector<std::string>> refused;  ///< by reason, without the names of the case
};

/// The message after the file's name.
std::string reason(const std::string& message) {
  const std::size_t at = message.find(".onnx: ");
  return at == std::string::npos ? message : message.substr(at + 7);
}

/// Runs the clips one by one, as a Graph does, and compares. The first difference comes back; empty when there is none.
std::string difference(const Model& model, const std::vector<float>& in, const std::vector<float>& expected, double tolerance) {
  const auto clip_size = static_cast<std::size_t>(element_count(model.graph.shape(model.graph.input)));
  if (in.size() % clip_size != 0) return fmt::format("{} numbers for an input of {}", in.size(), clip_size);
  std::vector<double> got;
  for (std::size_t i = 0; i < in.size(); i += clip_size) {
    const reference::Reals out = reference::run(model.graph, std::span(in).subspan(i, clip_size));
    got.insert(got.end(), out.begin(), out.end());
  }
  if (got.size() != expected.size()) return fmt::format("{} numbers instead of {}", got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double right = static_cast<double>(expected[i]);
    if (!(std::abs(got[i] - right) <= tolerance * std::max(1.0, std::abs(right)))) return fmt::format("number {} is {} instead of {}", i, got[i], right);
  }
  return {};
}

TEST(OnnxNodeTests, EveryCaseIsComputedRightOrRefusedWithAReason) {
  if (run_process({kPython, "-c", "import onnx"}).exit_code != 0) GTEST_SKIP() << "no onnx for " << kPython << " (apt install python3-onnx)";
  const TemporaryFolder folder;
  std::vector<std::string> command{kPython, QMN_ONNX_NODE_CASES, folder.path().string()};
  for (const std::string& op : understood_operators()) command.push_back(op);
  for (const char* op : {"Constant", "GRU", "LSTM", "Scan"}) command.emplace_back(op);
  const ProcessResult made = run_process(command);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  Counts all;
  std::map<std::string, std::pair<int, int>> by_operator;  // run, passed
  std::ifstream listing(folder.path() / "cases.txt");
  for (std::string name, op, batch; listing >> name >> op >> batch;) {
    ++all.run;
    ++by_operator[op].first;
    const std::filesystem::path path = folder.path() / (name + ".onnx");
    Model model;
    try {
      Imported imported = import_file(path);
      const bool has_clips_first = op == "LSTM" || op == "GRU";  // however the case has them, onnx_node_cases.py wrote them so
      if (!has_clips_first && std::any_of(imported.notes.begin(), imported.notes.end(), [](const std::string& note) { return note.find("is stored as") != std::string::npos; })) {
        all.refused["imported, with a note: the input or output is stored in another order than the file's"].push_back(name);
        continue;
      }
      model = prepare_model(std::move(imported.model));
    } catch (const Error& error) {
      all.refused[reason(error.what())].push_back(name);
      continue;
    }
    // A cast to half precision is left out of a float net: what remains is its rounding, 2^-11.
    const double tolerance = name.find("FLOAT16") != std::string::npos ? 5e-4 : 1e-4;
    const std::string wrong = difference(model, read_numbers(folder.path() / (name + ".in")), read_numbers(folder.path() / (name + ".out")), tolerance);
    EXPECT_EQ(wrong, "") << name;
    if (wrong.empty()) {
      ++all.passed;
      ++by_operator[op].second;
    }
  }
  int refused = 0;
  for (const auto& [why, names] : all.refused) {
    refused += static_cast<int>(names.size());
    std::printf("refused %2zu: %s  [%s%s]\n", names.size(), why.substr(0, 200).c_str(), names[0].c_str(), names.size() > 1 ? ", …" : "");
  }
  for (const auto& [op, counts] : by_operator) std::printf("%-20s %3d run, %3d passed\n", op.c_str(), counts.first, counts.second);
  const int wrong = all.run - all.passed - refused;
  std::printf("ONNX node tests: %d run, %d passed, %d refused, %d wrong\n", all.run, all.passed, refused, wrong);
  EXPECT_GT(all.passed, 100);
}

}  // namespace
}  // namespace qmn
