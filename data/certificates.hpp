#pragma once

#include <optional>
#include <string>

namespace lenet::data {

/// Returns the file with the certificates of authorities: SSL_CERT_FILE, or where a distribution has it,
/// which libcurl, built for one of them, does not know of the others. Returns nullopt if there is none.
std::optional<std::string> certificate_file();

}  // namespace lenet::data
