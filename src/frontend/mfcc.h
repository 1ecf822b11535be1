// SPDX-License-Identifier: Apache-2.0
// frontend/mfcc.h   The float reference of the front end: TensorFlow's AudioSpectrogram and Mfcc ops.
//
// Periodic Hann window; FFT of the next power of two; power spectrum in float; 40 mel bands over the square root of it, HTK mel scale
// 1127 ln(1 + f/700); natural log floored at 1e-12; DCT-II times sqrt(2/bands), the first coefficient without 1/sqrt(2).
#pragma once

#include "metadata/metadata.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace qmn {

class Mfcc {
 public:
  explicit Mfcc(const FrontEndSettings& settings);  ///< makes the tables; Error (usage) for settings without meaning
  ~Mfcc();
  Mfcc(Mfcc&&) noexcept;
  Mfcc& operator=(Mfcc&&) noexcept;

  /// Unscaled MFCC [frame][coefficient] of samples in [-1, 1). Fewer samples than a clip: zeros follow; more: cut. Thread-safe.
  std::vector<float> compute(std::span<const float> samples) const;
  /// The same times 2^-coefficient_shifts: what the network sees.
  std::vector<float> features(std::span<const float> samples) const;
  const FrontEndSettings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qmn
