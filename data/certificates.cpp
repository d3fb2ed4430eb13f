#include "data/certificates.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace lenet::data {

std::optional<std::string> certificate_file() {
  if (const char* const named = std::getenv("SSL_CERT_FILE"); named && *named) return named;
  static constexpr std::array<const char*, 3> kPlaces = {
      "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Arch
      "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, Red Hat
      "/etc/ssl/ca-bundle.pem",              // SUSE
  };
  std::error_code ignored;
  for (const char* const place : kPlaces)
    if (std::filesystem::exists(place, ignored)) return place;
  return std::nullopt;
}

}  // namespace lenet::data
