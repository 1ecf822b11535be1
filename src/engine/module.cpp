// SPDX-License-Identifier: Apache-2.0
// engine/module.cpp   The entry of libqmn_engine.so.
#include "engine/module.h"

#include <malloc.h>

// Of OpenBLAS, where that is the BLAS in use. Its own threads would compete with those that run batches in parallel.
extern "C" void openblas_set_num_threads(int count) __attribute__((weak));

namespace qmn {
namespace {

class TorchEngine : public Engine {
 public:
  std::unique_ptr<Evaluator> evaluator(const Graph& graph, const Quantization* quantization) override { return make_evaluator(graph, quantization); }
  std::unique_ptr<SearchSession> search_session(const Graph& graph, Quantization quantization, std::span<const float> inputs,
                                                std::int64_t clip_count) override {
    return make_search_session(graph, std::move(quantization), inputs, clip_count);
  }
  std::unique_ptr<Trainer> trainer(const Graph& graph, const Quantization* quantization) override { return make_trainer(graph, quantization); }
};

}  // namespace
}  // namespace qmn

extern "C" __attribute__((visibility("default"))) qmn::Engine* qmn_engine_entry() {
  static qmn::TorchEngine instance;
  // Activations come and go by the megabyte. Memory that goes back to the system at each turn costs more than the arithmetic on it.
  constexpr int kKeptBytes = 32 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, 16 * kKeptBytes);
  ::mallopt(M_TOP_PAD, kKeptBytes);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
  return &instance;
}
