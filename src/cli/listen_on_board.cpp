// SPDX-License-Identifier: Apache-2.0
#include "cli/listen_on_board.h"

#include "audio/sound_reader.h"
#include "base/progress.h"
#include "board/board.h"
#include "cli/command.h"
#include "cli/detection_text.h"
#include "cli/listening_net.h"
#include "data/clip_files.h"
#include "stream/host_spotter.h"

#include <algorithm>
#include <iterator>

namespace qmn::cli {
namespace {

void check(const BoardListening& options) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(options.folder, ignored)) fail_usage("--board {}: needs the folder of an export: qmn export {} -o firmware/ --board {}", options.board, options.folder, options.board);
  if (options.source == "mic") fail_usage("--board {}: hears recordings only, no mic", options.board);
  if (options.has_point) fail_usage("--board {}: the firmware has the settings that it was exported with; export it anew with others", options.board);
}

std::vector<std::int16_t> all_samples(const std::string& source, int sample_rate_hz) {
  SoundReader reader(source, sample_rate_hz);
  std::vector<std::int16_t> samples;
  for (;;) {
    const std::vector<float> part = reader.read();
    if (part.empty()) return samples;
    std::ranges::transform(part, std::back_inserter(samples), to_pcm16);
  }
}

/// What the host hears, with all runs of the network.
struct HostStream {
  std::vector<Simulator::Result> runs;
  std::vector<Detection> heard;
};

HostStream run_on_host(const ListeningNet& net, const std::vector<std::int16_t>& samples, bool is_quiet) {
  HostSpotter spotter(net.program, net.simulator, *net.point);
  HostStream stream;
  const auto block = static_cast<std::size_t>(net.program.metadata.front_end.sample_rate_hz);
  Progress progress("host, seconds", samples.size() / block, is_quiet);
  for (std::size_t at = 0; at < samples.size(); at += block) {
    const std::span part = std::span(samples).subspan(at, std::min(block, samples.size() - at));
    for (const Detection& detection : spotter.push(part, [&](std::uint32_t, const Simulator::Result& result) { stream.runs.push_back(result); })) stream.heard.push_back(detection);
    progress.update(at / block);
  }
  return stream;
}

struct Agreement {
  std::size_t equal_runs = 0;
  bool are_words_equal = false;
};

Agreement compare(const HostStream& host, const BoardStream& board) {
  Agreement agreement;
  for (std::size_t i = 0; i < std::min(host.runs.size(), board.scores.size()); ++i) {
    agreement.equal_runs += host.runs[i].scores == board.scores[i] && host.runs[i].logits == board.logits[i] ? 1 : 0;
  }
  agreement.are_words_equal = std::ranges::equal(host.heard, board.heard, [](const Detection& a, const HeardWord& b) { return a.word == b.word && a.score == b.score && a.frame == b.frame; });
  return agreement;
}

}  // namespace

void listen_on_board(const BoardListening& options) {
  check(options);
  const ListeningNet net = open_listening_net(options.folder);
  const FrontEndSettings& front_end = net.program.metadata.front_end;
  const bool is_quiet = options.output.is_quiet;
  const std::vector<std::int16_t> samples = all_samples(options.source, front_end.sample_rate_hz);
  const BuiltFirmware firmware = build_firmware(options.folder, options.board);
  const HostStream host = run_on_host(net, samples, is_quiet);
  const std::int64_t run_bytes = net.program.tensor(net.program.logits).size_bytes() + net.program.tensor(net.program.output).size_bytes();
  BoardStream board;
  {
    Progress progress(options.board + ", runs of the network", host.runs.size(), is_quiet);
    board = run_stream(firmware, options.board, samples, front_end.sample_rate_hz, [&](std::int64_t bytes) { progress.update(static_cast<std::uint64_t>(bytes / run_bytes)); });
  }
  const Agreement agreement = compare(host, board);
  const bool is_equal = agreement.are_words_equal && agreement.equal_runs == host.runs.size() && board.scores.size() == host.runs.size() && board.selftest_mismatches == 0;
  const double seconds = static_cast<double>(samples.size()) / front_end.sample_rate_hz;
  for (const HeardWord& word : board.heard) {
    const Detection detection{word.word, word.score, word.frame};
    if (options.output.is_json) print_json(detection_json(net.program, detection));
    else fmt::print("{}\n", detection_text(net.program, detection));
  }
  if (options.output.is_json) {
    print_json({{"board", options.board}, {"seconds", seconds}, {"frames", board.frames}, {"runs", board.scores.size()}, {"host_runs", host.runs.size()}, {"equal_runs", agreement.equal_runs},
                {"detections", board.heard.size()}, {"host_detections", host.heard.size()}, {"equal", is_equal}, {"selftest_mismatches", board.selftest_mismatches}, {"stack_bytes", board.stack_bytes}});
  } else {
    fmt::print("{}: {} of {} runs of the network in {:.2f} s equal the host's, logits and scores, byte for byte\n", options.board, agreement.equal_runs, host.runs.size(), seconds);
    if (agreement.are_words_equal) fmt::print("the same {} words at the same frames with the same scores\n", board.heard.size());
    else fmt::print("the words DIFFER: {} on the board, {} on the host\n", board.heard.size(), host.heard.size());
    if (board.selftest_mismatches != 0) fmt::print("self-test: FAIL, {} values differ from the known answers\n", board.selftest_mismatches);
    if (board.stack_bytes != 0) fmt::print("stack: {} bytes (painted)\n", board.stack_bytes);
  }
  if (!is_equal) throw ExitRequest{static_cast<int>(ErrorKind::data)};
}

}  // namespace qmn::cli
