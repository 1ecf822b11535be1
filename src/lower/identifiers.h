// SPDX-License-Identifier: Apache-2.0
// lower/identifiers.h   Names of graph values and nodes → C identifiers.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace qmn {

/// Letters, digits and single underscores, no leading digit or underscore, no C keyword: "conv1/weights:0" gives "conv1_weights_0".
/// `fallback` when nothing is left.
std::string c_identifier(std::string_view name, std::string_view fallback);

/// Hands out identifiers, each once. Case is ignored when names are compared, since macros are made of them in capitals.
class Identifiers {
 public:
  /// c_identifier, with _2, _3, … behind a name that is taken.
  std::string take(std::string_view name, std::string_view fallback);

 private:
  std::set<std::string> taken_;  ///< in capitals
};

}  // namespace qmn
