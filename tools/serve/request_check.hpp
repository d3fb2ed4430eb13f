#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/serve/host_names.hpp"

namespace lenet::serve {

/// Limits on the size of a body, by its type.
inline constexpr std::uint64_t kMaxPictureBody = std::uint64_t{16} << 20;
inline constexpr std::uint64_t kMaxJsonBody = std::uint64_t{64} << 10;

inline constexpr std::string_view kPredictPath = "/predict";
inline constexpr std::string_view kHealthPath = "/health";

/// Parts of a request's head that decide whether its body is read. Headers that must not be repeated have all
/// their values here.
struct RequestHead {
  std::string method;
  std::string path;
  std::vector<std::string> hosts;
  std::vector<std::string> lengths;  ///< Content-Length
  std::vector<std::string> types;    ///< Content-Type
  bool has_transfer_encoding = false;
  bool has_content_encoding = false;
};

/// A request that is not answered: its status and the reason for the client.
struct Refusal {
  int status = 0;
  std::string reason;
  std::string allow = {};  ///< methods, if the status is 405
};

/// Checks the head of a request. Returns nullopt if the request may be answered, and its body be read.
std::optional<Refusal> refusal_of(const RequestHead& head, const HostNames& names);

/// Returns the number of bytes of the body, 0 if there is none or if the header is malformed.
std::uint64_t body_length(const RequestHead& head);

/// Returns whether the body is announced as JSON, and not as a picture.
bool is_json(const RequestHead& head);

}  // namespace lenet::serve
