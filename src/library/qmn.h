// SPDX-License-Identifier: Apache-2.0
// library/qmn.h   All that a program which links libqmn includes: models in and out, examples, formats, integers, C.
//
//   read_model → quantize_model or quantize_by_recipe → write_model
//                         → lower → plan_memory → Simulator            what the device computes, on the host
//                                               → emit_project         C for the device
// Errors are qmn::Error, one line each. libtorch is loaded by the first call that needs it (engine/engine.h).
#pragma once

#include "base/error.h"
#include "data/example_source.h"
#include "data/keyword_source.h"
#include "emit/emit.h"
#include "formats/onnx_format.h"
#include "import/import.h"
#include "lower/lower.h"
#include "plan/plan.h"
#include "quantize/evaluate.h"
#include "quantize/quantize.h"
#include "quantize/recipe.h"
#include "simulate/simulate.h"
