// SPDX-License-Identifier: Apache-2.0
// audio/microphone_absent.cpp   In the place of microphone.cpp where PortAudio was not there at build time.
#include "audio/microphone.h"

#include "base/error.h"

namespace qmn {

struct Microphone::Impl {
  std::string name;
};

Microphone::Microphone(const std::string&, int) {
  fail_data("mic: this qmn was built without PortAudio; apt install portaudio19-dev, then configure and build again (cmake --preset release && cmake --build --preset release)");
}
Microphone::~Microphone() = default;
std::vector<std::int16_t> Microphone::read(int) { return {}; }
std::int64_t Microphone::overflow_count() const { return 0; }
const std::string& Microphone::name() const { return impl_->name; }

}  // namespace qmn
