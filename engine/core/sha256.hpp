#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace lenet {

/// Computes SHA-256 (FIPS 180-4) incrementally, with OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::span<const std::byte> bytes);
  /// Returns the digest of all bytes as 64 lower-case hexadecimal digits. Call it once, at the end.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace lenet
