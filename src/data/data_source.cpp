// SPDX-License-Identifier: Apache-2.0
#include "data/data_source.h"

namespace qmn {

std::string DataSource::row_name(const FeatureSet& rows, std::int64_t row) const {
  const std::filesystem::path& file = rows.paths[static_cast<std::size_t>(row)];
  if (file.empty()) return kSilenceLabel;
  const std::filesystem::path relative = file.lexically_relative(path());
  const bool is_below = !relative.empty() && *relative.begin() != ".." && relative != ".";
  return (is_below ? relative : file.filename()).string();
}

}  // namespace qmn
