// SPDX-License-Identifier: Apache-2.0
// fuzz/fuzz_target.cpp   libFuzzer on the target QMN_FUZZ_TARGET: any bytes end in what the reader makes of them, or in an Error.
#include "base/error.h"
#include "targets.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const qmn::fuzz::Target& target = qmn::fuzz::target_named(QMN_FUZZ_TARGET);
  try {
    target.read(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const qmn::Error&) {
  }
  return 0;
}
