// SPDX-License-Identifier: Apache-2.0
#include "data/keyword_source.h"

#include <fmt/format.h>

namespace qmn {
namespace {

void append_listing(std::string& text, const char* kind, const std::vector<Clip>& clips, const std::filesystem::path& folder) {
  for (const Clip& clip : clips) text += fmt::format("{} {} {}\n", kind, clip.label, clip.path.lexically_relative(folder).string());
}

}  // namespace

std::string KeywordSource::listing() const {
  const DatasetSettings& data = dataset_.settings;
  std::string text = fmt::format("silence {} unknown {} seed {} strict {}\n", data.silence_percentage, data.unknown_percentage, data.seed, data.is_strict);
  append_listing(text, "training", dataset_.training, data.folder);
  append_listing(text, "unknown", dataset_.training_unknown_pool, data.folder);
  append_listing(text, "validation", dataset_.validation, data.folder);
  for (const std::filesystem::path& path : dataset_.background) text += fmt::format("background {}\n", path.lexically_relative(data.folder).string());
  return text;
}

}  // namespace qmn
