// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include "base/check.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace qmn {
namespace {

std::string digest_hex(std::string_view bytes, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  QMN_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, kind, nullptr) == 1, "OpenSSL refused a digest");
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

std::string sha1_hex(std::string_view bytes) { return digest_hex(bytes, EVP_sha1()); }
std::string sha256_hex(std::string_view bytes) { return digest_hex(bytes, EVP_sha256()); }

}  // namespace qmn
