// SPDX-License-Identifier: Apache-2.0
// simulate/x86.h   Whether kernels for AVX2 can be compiled, and whether this processor runs them.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define QMN_HAS_X86 1
#define QMN_AVX2 __attribute__((target("avx2")))
#define QMN_AVX2_INLINE __attribute__((target("avx2"), always_inline)) inline
#include <immintrin.h>
#else
#define QMN_HAS_X86 0
#endif

namespace qmn {

inline bool has_avx2() {
#if QMN_HAS_X86
  return __builtin_cpu_supports("avx2") != 0;
#else
  return false;
#endif
}

}  // namespace qmn
