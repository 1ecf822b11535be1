// SPDX-License-Identifier: Apache-2.0
// report/html.cpp   The policy in the head forbids every request: what the page needs is in it.
#include "report/html.h"

#include "report/web_files.h"

#include <string_view>

namespace qmn {
namespace {

constexpr const char* kLibrary[] = {"d3.min.js", "plot.umd.min.js"};
constexpr const char* kScripts[] = {"page.js",   "summary.js", "confusion.js",   "layers.js", "tensors.js", "search.js",
                                    "memory.js", "costs.js",   "sensitivity.js", "notes.js",  "main.js"};

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>qmn report</title>
<style>
)";
constexpr std::string_view kBody = R"(</style>
</head>
<body>
<header><noscript><p>This report draws itself: it needs JavaScript (and no network).</p></noscript></header>
<main></main>
<footer><details><summary>Licenses of the chart library in this file (Observable Plot, d3)</summary><pre>)";

/// JSON in which neither "</script" nor "<!--" can occur.
std::string json_for_html(const nlohmann::json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)) {
    if (c == '<') text += "\\u003c";
    else text += c;
  }
  return text;
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<': html += "&lt;"; break;
      case '>': html += "&gt;"; break;
      case '&': html += "&amp;"; break;
      default: html += c;
    }
  }
  return html;
}

}  // namespace

std::string report_html(const nlohmann::json& data) {
  const auto& files = web_files();
  std::string html(kHead);
  html += files.at("report.css");
  html += kBody;
  html += escaped(files.at("report_library_licenses.txt"));
  html += "</pre></details></footer>\n<script type=\"application/json\" id=\"report-data\">";
  html += json_for_html(data);
  html += "</script>\n";
  for (const char* file : kLibrary) html.append("<script>\n").append(files.at(file)).append("\n</script>\n");
  html += "<script>\n'use strict';\n(() => {\n";
  for (const char* file : kScripts) html.append(files.at(file));
  html += "})();\n</script>\n</body>\n</html>\n";
  return html;
}

}  // namespace qmn
