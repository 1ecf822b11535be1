// SPDX-License-Identifier: Apache-2.0
// formats/graphdef_format.h   A frozen TensorFlow GraphDef (.pb) → Draft. Untrusted bytes.
//
// Only what `output` depends on is read. A graph that starts at the bytes of a WAV file (DecodeWav → AudioSpectrogram → Mfcc) starts here
// at the Mfcc node, and the settings of the three become the front end.
#pragma once

#include "formats/draft.h"

#include <string>
#include <vector>

namespace qmn {

/// `output`: the node to read up to; empty: the one that no other node reads. Error (data), one line that opens with the file's name.
ForeignModel parse_graphdef(const std::string& bytes, const std::string& file_name, const std::string& output = {});

/// The operators that parse_graphdef translates; others stand in the draft under their own name.
std::vector<std::string> graphdef_operators();

}  // namespace qmn
