// SPDX-License-Identifier: Apache-2.0
// engine/module.cpp   The entry of libqmn_engine.so.
#include "engine/module.h"

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
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
  return &instance;
}
