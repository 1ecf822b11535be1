// SPDX-License-Identifier: Apache-2.0
// quantize/layer_fit.h   Remedies that work layer by layer on what is stored in place of a float weight or bias: Quantization::corrections.
// They cost nothing at run time and need no labels. The formats stay; the float parameters stay.
//
//   bias_analytic    b' = b − (ŵ − w)·E[x]: the mean error of the rounded weights is taken out of the bias (Nagel et al. 2019, section 4.2)
//   bias_empirical   b' = b − E[ŵ·x̂ + b̂ − (w·x + b)] with x̂ from the net as quantized so far: earlier layers' mean errors too
//   rounding         each weight and the bias go up or down on their grid so that E (w·x̂ + b − ŵ·x̂ − b̂)² is least: coordinate descent in closed
//                    form on layer_moments.h (as OBQ and GPTQ, Frantar et al. 2022, without their order; the aim is that of AdaRound). The
//                    target is what float weights make of the quantized input: towards w·x, the noise of x̂ would shrink the weights
#pragma once

#include "data/features.h"
#include "graph/quantization.h"

namespace qmn {

enum class LayerFit { bias_analytic, bias_empirical, rounding };
inline constexpr LayerFit kLayerFits[] = {LayerFit::bias_analytic, LayerFit::bias_empirical, LayerFit::rounding};
const char* layer_fit_name(LayerFit fit);

/// The quantization with corrections of all layers, in order of execution; earlier corrections are replaced. `quantization` is legal and
/// has a format for each value; it is stored as it will ship. Of the clips the first so many are used as a layer's size asks for.
Quantization fit_layers(LayerFit fit, const Graph& graph, Quantization quantization, const FeatureSet& clips, bool is_quiet);

}  // namespace qmn
