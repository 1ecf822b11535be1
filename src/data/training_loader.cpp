// SPDX-License-Identifier: Apache-2.0
// data/training_loader.cpp   Batches of disturbed training clips, made ahead by worker threads.
//
// Training runs in epochs over slots: one for each clip of a wanted word, and as many for unknown words and silence as their percentages ask
// for. A permutation that depends on (seed, epoch) orders the slots; what fills an unknown or silence slot, and how an example is disturbed, depends
// on (seed, step, place in the batch). So a batch needs nothing of the batches before it.
#include "data/features.h"

#include "base/check.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "data/augment.h"
#include "data/background.h"
#include "data/clip_files.h"
#include "data/epoch_order.h"
#include "frontend/mfcc.h"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

namespace qmn {
namespace {

constexpr std::uint64_t kExamplePurpose = 22;  // keeps its random numbers apart from those of the order of examples

constexpr std::int64_t kBatchesAhead = 4;
constexpr unsigned kMaxWorkers = 8;

/// A training clip, decoded.
struct Example {
  std::vector<std::int16_t> samples;
  int label;
};

std::size_t share_of(std::size_t wanted_count, double percentage) {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(wanted_count) * percentage / 100.0));
}

}  // namespace

struct TrainingLoader::Impl {
  Impl(const Dataset& dataset, const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size, std::uint64_t seed, std::int64_t first_step)
      : mfcc(front_end), augment(augment), background(dataset.background, front_end.sample_rate_hz), batch_size(batch_size), seed(seed), next_given(first_step), next_made(first_step) {
    check_augment(augment);
    QMN_CHECK(batch_size > 0 && first_step >= 0, "a batch has examples and steps count from 0");
    read_clips(dataset);
    unknown_slots = unknown.empty() ? 0 : share_of(wanted.size(), dataset.settings.unknown_percentage);
    silence_slots = share_of(wanted.size(), dataset.settings.silence_percentage);
    order = std::make_unique<EpochOrder>(wanted.size() + unknown_slots + silence_slots, seed);
    const unsigned worker_count = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxWorkers);
    for (unsigned i = 0; i < worker_count; ++i) workers.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      is_stopping = true;
    }
    has_room.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  void read_clips(const Dataset& dataset) {
    std::vector<const Clip*> clips;
    for (const Clip& clip : dataset.training) {
      if (clip.label > kUnknownIndex) clips.push_back(&clip);
    }
    for (const Clip& clip : dataset.training_unknown_pool) clips.push_back(&clip);
    std::vector<ClipFile> files(clips.size());
    parallel_for(clips.size(), [&](std::size_t i) { files[i] = read_clip_file(clips[i]->path, mfcc.settings().sample_rate_hz); });
    std::vector<FileOutcome> outcomes;
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (!files[i].outcome.is_broken()) {
        auto& list = clips[i]->label > kUnknownIndex ? wanted : unknown;
        list.push_back({.samples = std::move(files[i].samples), .label = clips[i]->label});
      }
      outcomes.push_back(std::move(files[i].outcome));
    }
    report_outcomes(outcomes, background.outcomes(), mfcc.settings().sample_rate_hz, dataset.settings.is_strict);
    if (wanted.empty()) fail_data("{}: no clip of the wanted words can be read for training", dataset.settings.folder.string());
  }

  /// What fills a slot, before it is disturbed.
  int fill_slot(std::size_t slot, Random& random, std::vector<std::int16_t>& made, std::span<const std::int16_t>& samples) const {
    if (slot < wanted.size()) {
      samples = wanted[slot].samples;
      return wanted[slot].label;
    }
    if (slot < wanted.size() + unknown_slots) {
      samples = unknown[random.uniform_int(unknown.size())].samples;
      return kUnknownIndex;
    }
    made.assign(static_cast<std::size_t>(mfcc.settings().clip_samples), 0);
    if (random.uniform_int(kDigitalSilenceEvery) != 0) {
      const std::vector<float> noise = background.silence(made.size(), 0.0, random);
      std::transform(noise.begin(), noise.end(), made.begin(), to_pcm16);
    }
    samples = made;
    return kSilenceIndex;
  }

  Batch make_batch(std::int64_t step) {
    const FrontEndSettings& front_end = mfcc.settings();
    Batch batch;
    batch.features.reserve(static_cast<std::size_t>(batch_size) * static_cast<std::size_t>(front_end.feature_count()));
    std::vector<std::int16_t> made;
    for (int place = 0; place < batch_size; ++place) {
      const std::uint64_t draw = static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(batch_size) + static_cast<std::uint64_t>(place);
      Random random({seed, kExamplePurpose, static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(place)});
      std::span<const std::int16_t> samples;
      batch.labels.push_back(fill_slot(order->slot(draw), random, made, samples));
      std::vector<float> clip = augment_clip(samples, static_cast<std::size_t>(front_end.clip_samples), front_end.sample_rate_hz, augment, background, random);
      round_to_pcm16(clip);
      std::vector<float> features = mfcc.features(clip);
      mask_features(features, static_cast<std::size_t>(front_end.coefficient_count), augment, random);
      batch.features.insert(batch.features.end(), features.begin(), features.end());
    }
    return batch;
  }

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      has_room.wait(lock, [this] { return is_stopping || next_made < next_given + kBatchesAhead; });
      if (is_stopping) return;
      const std::int64_t step = next_made++;
      lock.unlock();
      Batch batch;
      std::exception_ptr error;
      try {
        batch = make_batch(step);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && !failure) failure = error;
      ready.emplace(step, std::move(batch));
      has_batch.notify_all();
    }
  }

  Batch take() {
    std::unique_lock lock(mutex);
    has_batch.wait(lock, [this] { return failure || ready.contains(next_given); });
    if (failure) std::rethrow_exception(failure);
    Batch batch = std::move(ready.extract(next_given).mapped());
    ++next_given;
    has_room.notify_all();
    return batch;
  }

  Mfcc mfcc;
  AugmentSettings augment;
  Background background;
  int batch_size;
  std::uint64_t seed;
  std::vector<Example> wanted, unknown;
  std::size_t unknown_slots = 0, silence_slots = 0;
  std::unique_ptr<EpochOrder> order;

  std::mutex mutex;  // of everything below
  std::condition_variable has_room, has_batch;
  std::int64_t next_given, next_made;
  std::map<std::int64_t, Batch> ready;
  std::exception_ptr failure;
  bool is_stopping = false;
  std::vector<std::thread> workers;
};

TrainingLoader::TrainingLoader(const Dataset& dataset, const FrontEndSettings& front_end, const AugmentSettings& augment, int batch_size,
                               std::uint64_t seed, std::int64_t first_step)
    : impl_(std::make_unique<Impl>(dataset, front_end, augment, batch_size, seed, first_step)) {}
TrainingLoader::~TrainingLoader() = default;

Batch TrainingLoader::next() { return impl_->take(); }

}  // namespace qmn
