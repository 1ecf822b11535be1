// SPDX-License-Identifier: Apache-2.0
// models/models.cpp   The registry: one row an architecture, with the sizes of Zhang et al., "Hello Edge" (2017).
#include "models/models.h"

#include "base/error.h"
#include "models/architectures.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace qmn {
namespace {

constexpr const char* kSizes[] = {"s", "m", "l"};

struct Published {
  std::vector<int> size_info;
  int hop_samples;  ///< at 16 kHz
};

struct Architecture {
  const char* name;
  std::array<Published, 3> sizes;  ///< as kSizes
  void (*check_size)(const std::vector<int>&);
  Graph (*build)(const std::vector<int>&, const FrontEndSettings&, int, std::uint64_t);
};

constexpr int kHop20Ms = 320, kHop40Ms = 640;

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> rows{
      {"dnn", {{{{144, 144, 144}, kHop40Ms}, {{256, 256, 256}, kHop40Ms}, {{436, 436, 436}, kHop40Ms}}}, check_dnn_size, build_dnn},
      {"cnn",
       {{{{28, 10, 4, 1, 1, 30, 10, 4, 2, 1, 16, 128}, kHop20Ms},
         {{64, 10, 4, 1, 1, 48, 10, 4, 2, 1, 16, 128}, kHop20Ms},
         {{60, 10, 4, 1, 1, 76, 10, 4, 2, 1, 58, 128}, kHop20Ms}}},
       check_cnn_size,
       build_cnn},
      {"basic_lstm", {{{{118}, kHop20Ms}, {{214}, kHop20Ms}, {{344}, kHop20Ms}}}, check_basic_lstm_size, build_basic_lstm},
      {"lstm", {{{{98, 144}, kHop40Ms}, {{130, 280}, kHop20Ms}, {{188, 500}, kHop20Ms}}}, check_lstm_size, build_lstm},
      {"gru", {{{{1, 154}, kHop40Ms}, {{1, 250}, kHop20Ms}, {{1, 400}, kHop20Ms}}}, check_gru_size, build_gru},
      {"crnn",
       {{{{48, 10, 4, 2, 2, 2, 60, 84}, kHop20Ms}, {{128, 10, 4, 2, 2, 2, 76, 164}, kHop20Ms}, {{100, 10, 4, 2, 1, 2, 136, 188}, kHop20Ms}}},
       check_crnn_size,
       build_crnn},
      {"ds_cnn",
       {{{{5, 64, 10, 4, 2, 2, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1, 64, 3, 3, 1, 1}, kHop20Ms},
         {{5, 172, 10, 4, 2, 1, 172, 3, 3, 2, 2, 172, 3, 3, 1, 1, 172, 3, 3, 1, 1, 172, 3, 3, 1, 1}, kHop20Ms},
         {{6, 276, 10, 4, 2, 1, 276, 3, 3, 2, 2, 276, 3, 3, 1, 1, 276, 3, 3, 1, 1, 276, 3, 3, 1, 1, 276, 3, 3, 1, 1}, kHop20Ms}}},
       check_ds_cnn_size,
       build_ds_cnn},
  };
  return rows;
}

const Architecture& find_architecture(const std::string& name) {
  for (const Architecture& row : architectures()) {
    if (name == row.name) return row;
  }
  fail_usage("unknown architecture '{}': there are {}", name, fmt::join(architecture_names(), ", "));
}

/// Far above any net for a microcontroller; keeps a typing error from asking for gigabytes.
constexpr int kMaxSizeNumber = 4096;
constexpr std::size_t kMaxSizeCount = 256;
constexpr int kMaxLabels = 4096;

void check_numbers(const std::string& architecture, const std::vector<int>& size_info) {
  if (size_info.size() > kMaxSizeCount)
    fail_usage("--model_size_info of {}: {} numbers (at most {})", architecture, size_info.size(), kMaxSizeCount);
  for (int number : size_info) {
    if (number < 1 || number > kMaxSizeNumber) {
      fail_usage("--model_size_info of {}: {} is not between 1 and {} (in {})", architecture, number, kMaxSizeNumber,
                 fmt::join(size_info, " "));
    }
  }
}

}  // namespace

std::vector<std::string> architecture_names() {
  std::vector<std::string> names;
  for (const Architecture& row : architectures()) names.emplace_back(row.name);
  return names;
}

namespace {

const Published& find_published(const std::string& architecture, const std::string& size) {
  const Architecture& row = find_architecture(architecture);
  const auto found = std::ranges::find(kSizes, size);
  if (found == std::end(kSizes)) fail_usage("unknown size '{}' of {}: there are s, m, l; or give --model_size_info", size, architecture);
  return row.sizes[static_cast<std::size_t>(found - std::begin(kSizes))];
}

}  // namespace

std::vector<int> published_size_info(const std::string& architecture, const std::string& size) { return find_published(architecture, size).size_info; }

FrontEndSettings published_front_end(const std::string& architecture, const std::string& size) {
  FrontEndSettings settings;
  settings.hop_samples = find_published(architecture, size).hop_samples;
  return settings;
}

Graph build_model(const std::string& architecture, const std::vector<int>& size_info, const FrontEndSettings& front_end, int label_count,
                  std::uint64_t seed) {
  const Architecture& row = find_architecture(architecture);
  check_numbers(architecture, size_info);
  row.check_size(size_info);
  check_front_end(front_end);
  if (label_count < 2 || label_count > kMaxLabels) fail_usage("{} labels: a classifier has 2 to {}", label_count, kMaxLabels);
  try {
    return row.build(size_info, front_end, label_count, seed);
  } catch (const Error& error) {
    fail_usage("--model_size_info {} of {} with {} frames of {} coefficients: {}", fmt::join(size_info, " "), architecture,
               front_end.frame_count(), front_end.coefficient_count, error.what());
  }
}

}  // namespace qmn
