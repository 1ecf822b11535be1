// SPDX-License-Identifier: Apache-2.0
// report/html.h   One self-contained page: style, chart library, data and scripts in one file that loads nothing.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace qmn {

/// `data` goes in as one JSON block (report/report.h says what it holds). No text of it can leave the block: every "<" is written as an
/// escape of JSON. The licenses of the library come last, in an element that can be read and is not shown.
std::string report_html(const nlohmann::json& data);

}  // namespace qmn
