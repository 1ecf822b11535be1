// SPDX-License-Identifier: Apache-2.0
#include "simulate/x86_kernel.h"

#include "simulate/x86.h"

namespace qmn {

std::unique_ptr<const X86Kernel> make_x86_kernel([[maybe_unused]] const Program& program, [[maybe_unused]] const Kernel& kernel) {
#if QMN_HAS_X86
  if (!has_avx2()) return nullptr;
  return std::visit(
      [&](const auto& k) -> std::unique_ptr<const X86Kernel> {
        if constexpr (requires { make_x86(program, k); }) return make_x86(program, k);
        else return nullptr;
      },
      kernel);
#else
  return nullptr;
#endif
}

}  // namespace qmn
