// SPDX-License-Identifier: Apache-2.0
// cli/form_table.h   Forms of a net (float, fake-quantized, integer, fine-tuned) on the same examples, side by side: classes by accuracy and
// agreement, values by their errors. Commands print what a table says and need not know which of the two it is.
#pragma once

#include "data/feature_set.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace qmn::cli {

class FormTable {
 public:
  virtual ~FormTable() = default;
  /// The form added first is the reference of the others.
  virtual void add(const std::string& name, std::vector<float> outputs) = 0;

  virtual std::string table() const = 0;       ///< a row for each form
  virtual std::string details() const = 0;     ///< of the last form: its confusion matrix; may be empty
  virtual std::string summary() const = 0;     ///< one line: "float 80.00 %, integer 79.88 %"
  virtual std::string comparison() const = 0;  ///< of the last form with the reference: "difference -0.12 points […], same label 97.31 %, KL 0.00213"
  virtual nlohmann::json json(std::size_t form) const = 0;  ///< figures of a form, and of its comparison
  virtual nlohmann::json pair_json() const = 0;             ///< the reference, which is float, and the last form, which is integer

  /// For rows as a DataSource gave them, with its labels. `rows` must outlive the table.
  static std::unique_ptr<FormTable> of(const FeatureSet& rows, const std::vector<std::string>& labels);
};

}  // namespace qmn::cli
