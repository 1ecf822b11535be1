// SPDX-License-Identifier: Apache-2.0
#include "cli/form_table.h"

#include "base/check.h"
#include "cli/evaluation.h"
#include "quantize/divergence.h"
#include "quantize/value_metrics.h"
#include "report/table.h"

#include <fmt/ranges.h>

#include <cmath>
#include <optional>

namespace qmn::cli {
namespace {

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

class ClassForms : public FormTable {
 public:
  ClassForms(const FeatureSet& rows, const std::vector<std::string>& labels) : rows_(rows), labels_(labels), has_labels_(rows.has_labels()) {}

  void add(const std::string& name, std::vector<float> outputs) override {
    Form form{name, confusion(outputs, rows_.labels, labels_), {}};
    if (forms_.empty()) reference_ = std::move(outputs);
    else form.comparison = compare(reference_, outputs, rows_, labels_.size());
    forms_.push_back(std::move(form));
  }

  std::string table() const override {
    Table table({"form", "accuracy", "difference", "95 % interval", "same label", "KL"});
    for (const Form& form : forms_) {
      const std::string accuracy = has_labels_ ? percent(form.matrix.accuracy()) : "-";
      if (!form.comparison) {
        table.add_row({form.name, accuracy});
        continue;
      }
      const PairedDifference& difference = form.comparison->difference;
      table.add_row({form.name, accuracy, has_labels_ ? fmt::format("{:+.2f}", 100 * difference.mean) : "-",
                     has_labels_ ? fmt::format("[{:+.2f}, {:+.2f}]", 100 * difference.low, 100 * difference.high) : "-", percent(form.comparison->agreement),
                     fmt::format("{:.5f}", form.comparison->kl)});
    }
    return table.text();
  }

  std::string details() const override {
    if (!has_labels_) return "no example has a label: no accuracy\n";
    const Form& last = forms_.back();
    return fmt::format("{} accuracy {}\n{}", last.name, percent(last.matrix.accuracy()), confusion_text(last.matrix));
  }

  std::string summary() const override {
    std::vector<std::string> parts;
    for (const Form& form : forms_) parts.push_back(has_labels_ ? fmt::format("{} {}", form.name, percent(form.matrix.accuracy())) : form.name);
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  std::string comparison() const override {
    const Comparison& last = forms_.back().comparison.value();
    return has_labels_ ? comparison_text(last) : fmt::format("same label {:.2f} %, KL {:.5f}", 100 * last.agreement, last.kl);
  }

  nlohmann::json json(std::size_t index) const override {
    const Form& form = forms_.at(index);
    nlohmann::json json = confusion_json(form.matrix);
    if (form.comparison) json.update(comparison_json(*form.comparison));
    return json;
  }

  nlohmann::json pair_json() const override {
    const Comparison& last = forms_.back().comparison.value();
    return {{"float_accuracy", last.difference.reference_accuracy}, {"integer_accuracy", last.difference.other_accuracy}, {"comparison", comparison_json(last)}};
  }

 private:
  struct Form {
    std::string name;
    ConfusionMatrix matrix;
    std::optional<Comparison> comparison;  // with the first
  };
  const FeatureSet& rows_;
  std::vector<std::string> labels_;
  bool has_labels_;
  std::vector<float> reference_;
  std::vector<Form> forms_;
};

class ValueForms : public FormTable {
 public:
  explicit ValueForms(const FeatureSet& rows) : rows_(rows) {}

  void add(const std::string& name, std::vector<float> outputs) override {
    Form form{.name = name, .error = {}, .auc = anomaly_auc(outputs, rows_), .distance = {}, .noise = {}};
    if (const std::vector<double> errors = squared_errors(outputs, rows_); !errors.empty()) {
      double sum = 0;
      for (const double error : errors) sum += error;
      form.error = sum / static_cast<double>(errors.size());
    }
    if (forms_.empty()) {
      reference_ = std::move(outputs);
    } else {
      form.distance = mean_squared_error(reference_, outputs);
      form.noise = Divergence(OutputKind::values, reference_, rows_.labels.size()).mean(reference_, outputs);
    }
    forms_.push_back(std::move(form));
  }

  std::string table() const override {
    Table table({"form", "squared error", "AUC", "to the first: squared", "SQNR dB"});
    const auto text = [](const std::optional<double>& number) { return number ? fmt::format("{:.5g}", *number) : "-"; };
    for (const Form& form : forms_) {
      table.add_row({form.name, text(form.error), form.auc ? fmt::format("{:.4f}", *form.auc) : "-", text(form.distance), form.noise ? decibel_text(*form.noise) : "-"});
    }
    return table.text();
  }

  std::string details() const override { return forms_.size() == 1 ? table() : ""; }

  std::string summary() const override {
    std::vector<std::string> parts;
    for (const Form& form : forms_) {
      std::string part = form.name;
      if (form.error) part += fmt::format(" squared error {:.5g}", *form.error);
      if (form.auc) part += fmt::format("{} AUC {:.4f}", form.error ? "," : "", *form.auc);
      parts.push_back(std::move(part));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
  }

  std::string comparison() const override {
    const Form& last = forms_.back();
    return fmt::format("SQNR {} dB, squared distance {:.5g}", decibel_text(last.noise.value()), last.distance.value());
  }

  nlohmann::json json(std::size_t index) const override {
    const Form& form = forms_.at(index);
    nlohmann::json json{{"rows", rows_.row_count()}};
    if (form.error) json["squared_error"] = *form.error;
    if (form.auc) json["auc"] = *form.auc;
    if (form.noise) json.update({{"squared_distance", *form.distance}, {"noise", *form.noise}, {"sqnr_db", *form.noise > 0 ? nlohmann::json(decibels(*form.noise)) : nlohmann::json()}});
    return json;
  }

  nlohmann::json pair_json() const override { return {{"float", json(0)}, {"integer", json(forms_.size() - 1)}}; }

 private:
  struct Form {
    std::string name;
    std::optional<double> error, auc;       // to what the outputs should be
    std::optional<double> distance, noise;  // to the first form
  };
  static std::string decibel_text(double noise) { return noise > 0 ? fmt::format("{:.1f}", decibels(noise)) : "exact"; }

  const FeatureSet& rows_;
  std::vector<float> reference_;
  std::vector<Form> forms_;
};

}  // namespace

std::unique_ptr<FormTable> FormTable::of(const FeatureSet& rows, const std::vector<std::string>& labels) {
  if (rows.outputs == OutputKind::values) return std::make_unique<ValueForms>(rows);
  return std::make_unique<ClassForms>(rows, labels);
}

}  // namespace qmn::cli
