// SPDX-License-Identifier: Apache-2.0
// cli/detection_text.h   A word that was heard, as a line and as an object.
#pragma once

#include "program/program.h"
#include "stream/detection.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>

namespace qmn::cli {

/// {"time": seconds, "word", "score", "frame"}
inline nlohmann::json detection_json(const Program& program, const Detection& detection) {
  return {{"time", end_of_frame(detection.frame, program.metadata.front_end)}, {"word", program.metadata.labels.at(static_cast<std::size_t>(detection.word))},
          {"score", real_score(detection.score)}, {"frame", detection.frame}};
}

/// "12.34 yes 0.91"
inline std::string detection_text(const Program& program, const Detection& detection) {
  return fmt::format("{:.2f} {} {:.2f}", end_of_frame(detection.frame, program.metadata.front_end), program.metadata.labels.at(static_cast<std::size_t>(detection.word)), real_score(detection.score));
}

}  // namespace qmn::cli
