// SPDX-License-Identifier: Apache-2.0
// engine/module.h   What the loader and the module agree on, and the module's parts. No torch types.
#pragma once

#include "engine/engine.h"

namespace qmn {

/// The module's one exported function: `extern "C" qmn::Engine* qmn_engine_entry()`. The engine lives as long as the process.
inline constexpr const char* kEngineEntry = "qmn_engine_entry";
using EngineEntry = Engine* (*)();

std::unique_ptr<Evaluator> make_evaluator(const Graph& graph, const Quantization* quantization);
std::unique_ptr<SearchSession> make_search_session(const Graph& graph, Quantization quantization, std::span<const float> inputs, std::int64_t clip_count);
std::unique_ptr<Trainer> make_trainer(const Graph& graph, const Quantization* quantization);

}  // namespace qmn
