// SPDX-License-Identifier: Apache-2.0
#include "stream/make_stream.h"

#include "base/error.h"
#include "base/random.h"
#include "data/background.h"
#include "data/clip_files.h"

#include <algorithm>
#include <cmath>

namespace qmn {
namespace {

constexpr double kNoiseSeconds = 10, kMostSeconds = 24 * 3600;

void check(const StreamSettings& settings) {
  if (!(settings.seconds >= 10 && settings.seconds <= kMostSeconds)) fail_usage("--minutes {}: must be between {:.2g} and {}", settings.seconds / 60, 10.0 / 60, kMostSeconds / 60);
  if (!(settings.word_share > 0 && settings.word_share <= 1)) fail_usage("--word_share {}: must be above 0 and at most 1", settings.word_share);
  if (!(settings.noise_volume >= 0 && settings.noise_volume <= 1)) fail_usage("--noise_volume {}: must be between 0 and 1", settings.noise_volume);
}

/// Draws clips without repeating one before all were drawn.
class ClipDeck {
 public:
  explicit ClipDeck(std::vector<const Clip*> clips) : clips_(std::move(clips)) {}
  bool is_empty() const { return clips_.empty(); }
  const Clip& draw(Random& random) {
    if (next_ == 0) random.shuffle(clips_);
    const Clip& clip = *clips_[next_];
    next_ = (next_ + 1) % clips_.size();
    return clip;
  }
  void remove(const Clip& broken) {
    std::erase(clips_, &broken);
    next_ = 0;
  }

 private:
  std::vector<const Clip*> clips_;
  std::size_t next_ = 0;
};

std::vector<float> noise_of(std::size_t sample_count, const Background& background, const StreamSettings& settings, int rate, Random& random) {
  std::vector<float> noise(sample_count, 0.0f);
  const auto stretch = static_cast<std::size_t>(kNoiseSeconds * rate);
  for (std::size_t at = 0; at < sample_count; at += stretch) {
    background.mix_into(std::span(noise).subspan(at, std::min(stretch, sample_count - at)), random.uniform(0, settings.noise_volume), random);
  }
  return noise;
}

}  // namespace

MadeStream make_stream(const Dataset& dataset, Split split, const FrontEndSettings& front_end, const StreamSettings& settings) {
  check(settings);
  const int rate = front_end.sample_rate_hz;
  Random random({settings.seed, static_cast<std::uint64_t>(split), 0x57ea});
  std::vector<const Clip*> wanted, others;
  for (const Clip& clip : dataset.clips(split)) {
    if (clip.label == kUnknownIndex) others.push_back(&clip);
    else if (clip.label != kSilenceIndex) wanted.push_back(&clip);
  }
  ClipDeck wanted_deck(std::move(wanted)), other_deck(std::move(others));
  if (wanted_deck.is_empty()) fail_data("{}: no clips of the wanted words in the {} split", dataset.settings.folder.string(), split_name(split));

  const Background background(dataset.background, rate);
  std::vector<FileOutcome> outcomes;
  std::vector<float> stream = noise_of(static_cast<std::size_t>(settings.seconds * rate), background, settings, rate, random);
  MadeStream made;
  const auto pause = [&] { return static_cast<std::size_t>(random.uniform(settings.shortest_pause, settings.longest_pause) * rate); };
  for (std::size_t at = pause(); at < stream.size();) {
    ClipDeck& deck = random.uniform() < settings.word_share || other_deck.is_empty() ? wanted_deck : other_deck;
    const Clip& clip = deck.draw(random);
    const ClipFile file = read_clip_file(clip.path, rate);
    outcomes.push_back(file.outcome);
    if (file.outcome.is_broken()) {
      deck.remove(clip);
      if (wanted_deck.is_empty()) break;
      continue;
    }
    if (at + file.samples.size() > stream.size()) break;
    for (std::size_t i = 0; i < file.samples.size(); ++i) stream[at + i] += from_pcm16(file.samples[i]);
    const std::size_t end = at + file.samples.size();
    made.truth.push_back({.word = clip.path.parent_path().filename().string(), .start = static_cast<double>(at) / rate, .end = static_cast<double>(end) / rate});
    at = end + pause();
  }
  report_outcomes(outcomes, background.outcomes(), rate, dataset.settings.is_strict);
  made.samples.resize(stream.size());
  std::ranges::transform(stream, made.samples.begin(), to_pcm16);
  return made;
}

}  // namespace qmn
