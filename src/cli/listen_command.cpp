// SPDX-License-Identifier: Apache-2.0
// cli/listen_command.cpp   qmn listen: words in a recording of any length or from a microphone, by the very C of the firmware.
#include "audio/microphone.h"
#include "audio/sound_reader.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/detection_text.h"
#include "cli/listen_on_board.h"
#include "cli/listening_net.h"
#include "cli/operating_point_options.h"
#include "data/clip_files.h"
#include "stream/host_spotter.h"
#include "stream/live_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <thread>

namespace qmn::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  qmn listen kws.q.onnx long.wav            a line for each word: seconds, word, score
  qmn listen kws.q.onnx mic                 what is spoken now; Ctrl-C ends
  qmn listen firmware/ long.wav             as that firmware was exported
  qmn listen firmware/ long.wav --board mps2-an386   through the firmware on its emulated board too, and compared
  qmn listen kws.q.onnx long.wav --threshold yes=0.8,no=0.6 --smoothing 5 --rest_ms 750
  qmn listen kws.q.onnx long.wav --json     an object a line, then one of the whole
  arecord -q -f S16_LE -r 16000 -t wav | qmn listen kws.q.onnx -
On a terminal: level and a bar for each word, with a mark at its threshold; --plain prints lines there too. The time is that of the last sample
that the word was heard from. With --board the same samples stream through the firmware, block by block: each run's logits and scores, and each word's
frame and score, must equal the host's. Exit codes: 0 the end of the sound or Ctrl-C; 1 no such file, model or microphone, or a board that differs; 2 wrong usage.)";

constexpr const char* kMicrophone = "mic";
constexpr int kMostBlockMs = 50;

struct Options {
  std::string net, source, device, board;
  bool is_plain = false, is_real_time = false;
  OperatingPointOptions point;
  OutputOptions output;
};

/// Samples at the front end's rate, some at a time; none at the end.
using Samples = std::function<std::vector<std::int16_t>()>;

Samples microphone_samples(const Options& options, const FrontEndSettings& front_end, std::string& name) {
  const auto microphone = std::make_shared<Microphone>(options.device, front_end.sample_rate_hz);
  name = microphone->name();
  const int block = std::max(1, front_end.sample_rate_hz * kMostBlockMs / 1000);
  return [microphone, block] { return microphone->read(block); };
}

Samples file_samples(const Options& options, const FrontEndSettings& front_end) {
  const auto reader = std::make_shared<SoundReader>(options.source, front_end.sample_rate_hz);
  if (reader->is_converted() && !options.output.is_quiet) {
    fmt::print(stderr, "note: {} has {} channels at {} Hz, converted to mono at {} Hz\n", options.source, reader->source_channels(), reader->source_rate_hz(), front_end.sample_rate_hz);
  }
  return [reader] {
    const std::vector<float> reals = reader->read();
    std::vector<std::int16_t> samples;
    std::ranges::transform(reals, std::back_inserter(samples), to_pcm16);
    return samples;
  };
}

/// Prints what is heard as it is heard: lines, objects, or the view of a terminal.
class Display {
 public:
  Display(const Options& options, const Program& program, std::string source) : options_(options), program_(program), source_(std::move(source)) {
    if (!options.output.is_json && !options.is_plain && ::isatty(STDOUT_FILENO) == 1) view_.emplace(stdout);
  }

  void show(const Detection& detection) {
    last_ = detection;
    if (options_.output.is_json) print_json(detection_json(program_, detection));
    else if (view_) view_->print(detection_text(program_, detection));
    else fmt::print("{}\n", detection_text(program_, detection));
    std::fflush(stdout);
  }

  void update(const HostSpotter& spotter, const std::vector<std::int16_t>& samples, double seconds) {
    if (!view_ || !view_->is_due()) return;
    LiveFrame frame{.source = source_, .seconds = seconds, .level_db = level_db(samples), .bars = {}};
    const OperatingPoint& point = spotter.point();
    for (std::size_t i = 0; i < program_.metadata.labels.size(); ++i) {
      const bool is_resting = last_ && last_->word == static_cast<int>(i) && spotter.frame_count() - last_->frame <= static_cast<std::uint32_t>(point.rest_frames);
      frame.bars.push_back({.word = program_.metadata.labels[i], .score = spotter.smoothed(i) / 128, .threshold = real_score(point.thresholds[i]), .is_resting = is_resting});
    }
    view_->draw(frame);
  }

  void close() { view_.reset(); }

 private:
  const Options& options_;
  const Program& program_;
  std::string source_;
  std::optional<LiveView> view_;
  std::optional<Detection> last_;
};

void listen(const Options& options) {
  if (!options.board.empty()) return listen_on_board({.folder = options.net, .source = options.source, .board = options.board, .has_point = options.point.is_given(), .output = options.output});
  const bool is_microphone = options.source == kMicrophone;
  if (!options.device.empty() && !is_microphone) fail_usage("--device {}: goes with the source mic", options.device);
  const ListeningNet net = open_listening_net(options.net);
  const FrontEndSettings& front_end = net.program.metadata.front_end;
  HostSpotter spotter(net.program, net.simulator, options.point.resolve(net.program, net.point));
  std::string source = options.source;
  const Samples next = is_microphone ? microphone_samples(options, front_end, source) : file_samples(options, front_end);
  if (!options.output.is_quiet) fmt::print(stderr, "{}: {}\n", options.net, operating_point_text(spotter.point(), net.program));

  const InterruptGuard interrupt;
  Display display(options, net.program, source);
  const auto start = std::chrono::steady_clock::now();
  const auto block = static_cast<std::size_t>(std::max(1, front_end.sample_rate_hz * kMostBlockMs / 1000));
  std::int64_t sample_count = 0, detection_count = 0;
  while (!interrupt.is_interrupted()) {
    const std::vector<std::int16_t> samples = next();
    if (samples.empty()) break;
    for (std::size_t at = 0; at < samples.size() && !interrupt.is_interrupted(); at += block) {
      const std::vector<std::int16_t> part(samples.begin() + static_cast<std::ptrdiff_t>(at), samples.begin() + static_cast<std::ptrdiff_t>(std::min(samples.size(), at + block)));
      sample_count += std::ssize(part);
      const double seconds = static_cast<double>(sample_count) / front_end.sample_rate_hz;
      if (options.is_real_time && !is_microphone) std::this_thread::sleep_until(start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds)));
      for (const Detection& detection : spotter.push(part)) {
        ++detection_count;
        display.show(detection);
      }
      display.update(spotter, part, seconds);
    }
  }
  display.close();
  const double seconds = static_cast<double>(sample_count) / front_end.sample_rate_hz;
  if (options.output.is_json) {
    print_json({{"seconds", seconds}, {"frames", spotter.frame_count()}, {"runs", spotter.run_count()}, {"detections", detection_count}, {"point", operating_point_json(spotter.point(), net.program)}});
  } else if (!options.output.is_quiet) {
    fmt::print(stderr, "{} words in {:.2f} s of sound, {} runs of the network\n", detection_count, seconds, spotter.run_count());
  }
}

}  // namespace

void add_listen(CLI::App& app) {
  CLI::App* command = app.add_subcommand("listen", "Hear words in a recording or from a microphone, with the firmware's own C");
  const auto options = std::make_shared<Options>();
  command->add_option("net", options->net, "Quantized model, or a folder of qmn export")->required()->type_name("MODEL|DIR");
  command->add_option("source", options->source, "A sound file of any length, - for one from standard input, or mic")->required()->type_name("FILE|-|mic");
  command->add_option("--device", options->device, "Part of the name of the input device to record from")->type_name("NAME");
  command->add_flag("--plain", options->is_plain, "Lines, on a terminal too");
  command->add_flag("--real_time,--real-time", options->is_real_time, "Play a file at its own pace instead of as fast as possible");
  command->add_option("--board", options->board, "Of an exported folder: stream through the firmware on that board (or host: the same C compiled for this machine) and compare with the simulator");
  options->point.add(*command);
  options->output.add(*command);
  command->footer(kExamples);
  command->callback([options] { listen(*options); });
}

}  // namespace qmn::cli
