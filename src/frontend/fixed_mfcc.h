// SPDX-License-Identifier: Apache-2.0
// frontend/fixed_mfcc.h   The front end of the device on the host: tables from their formulas, and the very C of runtime/qmn_mfcc.c.
//
// Twin of the float reference (frontend/mfcc.h): same settings, features equal to the device's byte for byte.
#pragma once

#include "metadata/metadata.h"

#include "qmn_mfcc.h"

#include <cstdint>
#include <span>
#include <vector>

namespace qmn {

/// The tables of one model's settings.
struct MfccTables {
  std::vector<std::int16_t> window;
  std::vector<std::int32_t> twiddles;
  std::vector<std::uint16_t> falling;
  std::vector<std::int16_t> segments;
  std::vector<std::int16_t> dct;
  std::vector<std::int8_t> feature_frac_bits;
  qmn_mfcc scalars{};  ///< all but the pointers

  std::int64_t size_bytes() const;
};

/// Error (usage), naming the flag: settings without meaning, or a window of fewer than 5 or more than 8192 samples.
MfccTables make_mfcc_tables(const FrontEndSettings& settings);

/// Whether make_mfcc_tables takes the settings.
bool has_fixed_form(const FrontEndSettings& settings);

/// From each feature to the network's input with `input_frac_bits`: right shifts for qmn_mfcc_quantize_s8 and _s16. Shifts beyond their limits
/// give the same results as the limits. `coefficient_shifts`: empty, or one for each.
std::vector<std::int8_t> input_shifts(const MfccTables& tables, const std::vector<int>& coefficient_shifts, int input_frac_bits);

class FixedMfcc {
 public:
  explicit FixedMfcc(const FrontEndSettings& settings);
  FixedMfcc(const FixedMfcc&) = delete;
  FixedMfcc& operator=(const FixedMfcc&) = delete;

  /// int16 features [frame][coefficient], before the model's scaling. Fewer samples than a clip: zeros follow; more: cut. Thread-safe.
  std::vector<std::int16_t> compute(std::span<const std::int16_t> samples) const;
  /// The same as reals with the model's scaling, exactly: raw * 2^-(feature_frac_bits + coefficient_shift). What the network sees.
  std::vector<float> features(std::span<const std::int16_t> samples) const;

  const FrontEndSettings& settings() const { return settings_; }
  const MfccTables& tables() const { return tables_; }
  const qmn_mfcc& c_struct() const { return mfcc_; }

 private:
  FrontEndSettings settings_;
  MfccTables tables_;
  qmn_mfcc mfcc_;
};

}  // namespace qmn
