// SPDX-License-Identifier: Apache-2.0
// quantize MODEL DATA OUTPUT   Loads a float keyword model, chooses formats on recordings, and says what a device would answer to others.
#include <qmn/qmn.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>

namespace {

/// The share of clips whose largest logit is that of their label.
double accuracy(const std::vector<std::int32_t>& logits, const std::vector<int>& labels) {
  const std::size_t classes = logits.size() / labels.size();
  std::size_t right = 0;
  for (std::size_t clip = 0; clip < labels.size(); ++clip) {
    const auto first = logits.begin() + static_cast<std::ptrdiff_t>(clip * classes);
    right += std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) - first == labels[clip] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

void run(const char* model_path, const char* data_folder, const char* output_path) {
  const qmn::Model model = qmn::read_model(model_path);
  qmn::DatasetSettings data{.folder = data_folder};
  data.wanted_words.assign(model.metadata.labels.begin() + 2, model.metadata.labels.end());  // behind _silence_ and _unknown_
  const qmn::KeywordSource source(qmn::open_dataset(data));
  const qmn::FrontEndSettings& front_end = model.metadata.front_end;

  // Formats from at most 200 clips of the validation split; QuantizeSettings has the methods.
  const qmn::FeatureSet calibration = source.load(qmn::Split::validation, front_end, {.limit = 200, .is_quiet = true});
  qmn::QuantizeResult quantized = qmn::quantize_model(model, calibration, {.method = qmn::RangeMethod::mse, .bias_bits = 32, .is_quiet = true});
  for (const std::string& remark : quantized.remarks) std::printf("remark: %s\n", remark.c_str());
  qmn::write_model(quantized.model, output_path);

  // The integer program, its memory, and what it answers on the features of the device's own front end.
  const qmn::Program program = qmn::lower(quantized.model);
  const qmn::MemoryPlan plan = qmn::plan_memory(program);
  const qmn::Simulator simulator(program, plan);
  const qmn::FeatureSet test = source.load(qmn::Split::testing, quantized.model.metadata.front_end, {.has_device_features = true, .is_quiet = true});
  const qmn::TensorBytes inputs = simulator.quantize_input(test.integer_features(), test.row_count());
  const qmn::Simulator::Result result = simulator.run(inputs, test.row_count());
  const std::vector<std::int32_t> logits = qmn::raw_values(result.logits, program.tensor(program.logits).format);
  std::printf("%lld clips, integer accuracy %.2f %%, arena %lld bytes\n", static_cast<long long>(test.row_count()), 100 * accuracy(logits, test.labels),
              static_cast<long long>(plan.arena_bytes));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: quantize MODEL DATA OUTPUT\n");
    return 2;
  }
  try {
    run(argv[1], argv[2], argv[3]);
  } catch (const qmn::Error& error) {
    std::fprintf(stderr, "quantize: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "quantize: %s\n", error.what());
    return 1;
  }
  return 0;
}
