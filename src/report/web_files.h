// SPDX-License-Identifier: Apache-2.0
// report/web_files.h   What report.html is made of: the style and scripts of src/report/web/, the chart library and its licenses.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace qmn {

/// By file name: "report.css", "page.js", …, "d3.min.js", "plot.umd.min.js", "report_library_licenses.txt".
const std::map<std::string, std::string_view>& web_files();

}  // namespace qmn
