// SPDX-License-Identifier: Apache-2.0
// report/report_parts.h   The parts of report_json, as the page's sections need them.
#pragma once

#include "program/program.h"
#include "report/report.h"

#include <nlohmann/json.hpp>

namespace qmn {

/// A row for each node: formats, shifts, SQNR and saturation of its output, MACs, bytes of weights and biases.
nlohmann::json layers_json(const ReportInput& input);

/// Each tensor's histogram (bins at both empty ends left out), range, format and candidate formats.
nlohmann::json tensors_json(const ReportInput& input);

/// {"steps": […], "tensors": [{"name", "first", "end", "offset", "size_bytes"}], "arena_bytes", "lower_bound_bytes"}. Step 0 is the arrival
/// of the input, then every kernel has one; a tensor lives in first <= step < end. The scratch of a kernel counts as a tensor of its step.
nlohmann::json memory_json(const Program& program, const MemoryPlan& plan);

/// [{"name", "operator", "flash_bytes", "ram_bytes", "macs"}], a kernel each; ram_bytes: of the arena in use while it runs.
nlohmann::json kernels_json(const Program& program, const MemoryPlan& plan);

/// null for infinite decibels: nothing is lost.
nlohmann::json decibels_json(double decibels);

}  // namespace qmn
