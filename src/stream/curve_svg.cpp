// SPDX-License-Identifier: Apache-2.0
#include "stream/curve_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace qmn {
namespace {

constexpr double kWidth = 860, kHeight = 500, kLeft = 60, kRight = 700, kTop = 50, kBottom = 440;
constexpr std::array kColors{"#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0"};  // Observable's ten

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

struct Axes {
  double most = 1;
  double x(double rate) const { return kLeft + (kRight - kLeft) * std::log1p(std::min(rate, most)) / std::log1p(most); }
  double y(double recall) const { return kBottom - (kBottom - kTop) * recall; }
};

std::string text(double x, double y, const char* anchor, const std::string& content, const std::string& color = "#333") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"{}\">{}</text>\n", x, y, anchor, color, escaped(content));
}

std::string grid(const Axes& axes) {
  std::string out;
  for (int i = 0; i <= 10; i += 2) {
    out += fmt::format("<path d=\"M{:.1f},{:.1f}H{:.1f}\" stroke=\"#ddd\"/>\n", kLeft, axes.y(i / 10.0), kRight) + text(kLeft - 8, axes.y(i / 10.0) + 4, "end", fmt::format("{} %", 10 * i));
  }
  for (const double rate : {0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0}) {
    if (rate > axes.most) break;
    out += fmt::format("<path d=\"M{:.1f},{:.1f}V{:.1f}\" stroke=\"#ddd\"/>\n", axes.x(rate), kTop, kBottom) + text(axes.x(rate), kBottom + 18, "middle", fmt::format("{:g}", rate));
  }
  return out + text((kLeft + kRight) / 2, kBottom + 42, "middle", "false accepts an hour") + text(kLeft - 40, kTop - 12, "start", "recall");
}

/// Thresholds from the highest to the lowest: rates rise.
std::string line_of(const NamedCurve& named, double hours, const Axes& axes, const char* color) {
  std::string path;
  double best = 0;
  for (int threshold = static_cast<int>(named.curve.size()); threshold >= 1; --threshold) {
    const Tally& tally = named.curve[static_cast<std::size_t>(threshold) - 1];
    const double rate = tally.false_accepts / hours;
    if (rate > axes.most || tally.recall() < best) continue;
    best = tally.recall();
    path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", axes.x(rate), axes.y(best));
  }
  std::string out = path.empty() ? "" : fmt::format("<path d=\"{}H{:.1f}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", path, kRight, color);
  if (named.threshold == 0) return out;
  const Tally& chosen = named.curve[static_cast<std::size_t>(named.threshold) - 1];
  return out + fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\" stroke=\"white\"/>\n", axes.x(chosen.false_accepts / hours), axes.y(chosen.recall()), color);
}

}  // namespace

std::string curves_svg(const std::vector<NamedCurve>& curves, double hours, double most, const std::string& title) {
  const Axes axes{.most = most};
  std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n", kWidth, kHeight);
  out += text(kLeft, 20, "start", title) + grid(axes);
  // Names stand beside the plot in the order of the recall that their lines end with.
  std::vector<std::size_t> order(curves.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return recall_at(curves[a].curve, most, hours) > recall_at(curves[b].curve, most, hours); });
  double next = kTop;
  for (const std::size_t i : order) {
    const char* color = kColors[i % kColors.size()];
    const double end = recall_at(curves[i].curve, most, hours);
    next = std::max(next, axes.y(end));
    out += line_of(curves[i], hours, axes, color) + text(kRight + 8, next + 4, "start", fmt::format("{} {:.1f} %", curves[i].name, 100 * end), color);
    next += 16;
  }
  return out + "</svg>\n";
}

}  // namespace qmn
