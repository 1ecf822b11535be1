// SPDX-License-Identifier: Apache-2.0
// import/advice.h   What would help with an operator that cannot be imported.
#pragma once

#include <string>

namespace qmn {

/// "not supported; …", for the operator of a draft.
std::string advice_for(const std::string& op);

}  // namespace qmn
