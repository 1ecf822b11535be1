// SPDX-License-Identifier: Apache-2.0
// cli/tune_streams.h   The two streams of qmn tune: one that chooses, one that reports; made from a data set, or the user's own.
#pragma once

#include "cli/common.h"
#include "cli/listening_net.h"
#include "stream/make_stream.h"
#include "stream/scored_stream.h"

#include <string>

namespace qmn::cli {

struct StreamOptions {
  std::string audio, truth;            ///< the user's own, instead of a data set
  std::string written_folder;
  std::optional<double> minutes, word_share, noise_volume;
  DataOptions data;
  SeedOption seed;
  void add(CLI::App& command);
};

struct TuneStreams {
  ScoredStream choosing, reporting;
  std::string choosing_name, reporting_name;  ///< "validation, 60 min"
};

/// Makes or reads the streams, writes them where asked for, and scores them.
/// Error (data): what reading finds wrong, a recording too short, a truth with none of the net's words. Error (usage): flags that contradict.
TuneStreams tune_streams(const ListeningNet& net, const std::string& model_path, int interval_frames, const StreamOptions& options, bool is_quiet);

}  // namespace qmn::cli
