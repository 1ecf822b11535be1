// SPDX-License-Identifier: Apache-2.0
// The stand-in of the q7 API against the numpy model on random shapes. Skipped without QMN_ORACLE, the folder of q7model.py, or without numpy.
#include "base/subprocess.h"
#include "q7_stand_in.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>

namespace qmn {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

/// The numbers up to the next "|", or to the end of the line.
std::vector<int> numbers(std::istringstream& line) {
  std::vector<int> values;
  for (std::string word; line >> word && word != "|";) values.push_back(std::stoi(word));
  return values;
}

Bytes bytes(std::istringstream& line) {
  const std::vector<int> values = numbers(line);
  return {values.begin(), values.end()};
}

Window window_of(const std::vector<int>& p) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint16_t>(p.at(i)); };
  return {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11), at(12), at(13)};
}

TEST(StandInQ7, EqualsTheNumpyModelOnRandomShapes) {
  const char* oracle = std::getenv("QMN_ORACLE");
  if (!oracle) GTEST_SKIP() << "needs QMN_ORACLE (the folder of q7model.py)";
  if (run_process({kPython, "-c", "import numpy"}).exit_code != 0) GTEST_SKIP() << "needs python3-numpy";
  const ProcessResult run = run_process({kPython, QMN_Q7_CASES, oracle});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::istringstream lines(run.out);
  int case_count = 0;
  for (std::string text; std::getline(lines, text); ++case_count) {
    SCOPED_TRACE(text.substr(0, text.find('|')));
    std::istringstream line(text);
    std::string name;
    line >> name;
    const Window w = window_of(numbers(line));
    const Bytes input = bytes(line), weights = bytes(line), bias = bytes(line), expected = bytes(line);
    Bytes output(expected.size());
    if (name == "conv") {
      output = convolve(arm_convolve_HWC_q7_basic_nonsquare, w, input, weights, bias);
      const Bytes fast = convolve(arm_convolve_HWC_q7_fast_nonsquare, w, input, weights, bias);
      EXPECT_TRUE(fast.empty() || fast == expected);
    } else if (name == "depthwise") {
      output = convolve(arm_depthwise_separable_conv_HWC_q7_nonsquare, w, input, weights, bias);
    } else if (name == "fully_connected") {
      Scratch scratch(input.size());
      arm_fully_connected_q7_opt(input.data(), weights.data(), w.in_c, w.out_c, w.bias_shift, w.out_shift, bias.data(), output.data(), scratch.data());
      EXPECT_TRUE(scratch.is_intact());
    } else {
      Bytes left = input, right = weights;
      arm_nn_mult_q7(left.data(), right.data(), output.data(), w.out_shift, static_cast<std::uint32_t>(output.size()));
    }
    EXPECT_EQ(output, expected);
  }
  EXPECT_GT(case_count, 400);
}

}  // namespace
}  // namespace qmn
