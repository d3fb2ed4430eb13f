#include "tools/serve/request_check.hpp"

#include <fmt/format.h>

#include "engine/core/number.hpp"
#include "engine/core/text.hpp"
#include "tools/serve/page.hpp"

namespace lenet::serve {
namespace {

/// "Image/PNG; q=1" → "image/png".
std::string media_type(std::string_view header) {
  std::string type(header.substr(0, header.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  return lower(type);
}

std::optional<Refusal> refusal_of_host(const RequestHead& head, const HostNames& names) {
  if (head.hosts.size() != 1) return Refusal{400, "a request must have one Host header"};
  if (names.accept(head.hosts.front())) return std::nullopt;
  return Refusal{
      403, fmt::format(
               "this server is not '{}': call it as localhost, or by the name or address that --host gave it",
               shortened(head.hosts.front()))};
}

std::optional<Refusal> refusal_of_target(const RequestHead& head) {
  const bool is_prediction = head.path == kPredictPath;
  if (!is_prediction && head.path != kHealthPath && !page_file(head.path))
    return Refusal{
        404, fmt::format("there is nothing at '{}': see GET / and POST /predict", shortened(head.path))};
  if (is_prediction ? head.method == "POST" : head.method == "GET" || head.method == "HEAD")
    return std::nullopt;
  const std::string allowed = is_prediction ? "POST" : "GET, HEAD";
  return Refusal{405, fmt::format("{} takes {}, not {}", head.path, allowed, shortened(head.method)),
                 allowed};
}

std::optional<Refusal> refusal_of_type(const RequestHead& head) {
  constexpr std::string_view kExpected =
      "send a picture with Content-Type: image/png (or another image/…), or 784 numbers with "
      "application/json";
  if (head.types.size() == 1) {
    const std::string type = media_type(head.types.front());
    if (type == "application/json" || (type.starts_with("image/") && type.size() > 6)) return std::nullopt;
  }
  return Refusal{415, std::string(kExpected)};
}

std::optional<Refusal> refusal_of_body(const RequestHead& head) {
  if (head.has_transfer_encoding || head.lengths.empty())
    return Refusal{411, "send the size of the body in a Content-Length header"};
  if (head.has_content_encoding) return Refusal{415, "send the body without a Content-Encoding"};
  const auto length = parse_number<std::int64_t>(head.lengths.front());
  if (head.lengths.size() != 1 || !length || *length < 0)
    return Refusal{400, "the Content-Length header is not a number of bytes"};
  if (auto refusal = refusal_of_type(head)) return refusal;
  const std::uint64_t most = is_json(head) ? kMaxJsonBody : kMaxPictureBody;
  if (static_cast<std::uint64_t>(*length) <= most) return std::nullopt;
  return Refusal{413, fmt::format("the body has more than {}", bytes_text(static_cast<std::int64_t>(most)))};
}

}  // namespace

std::optional<Refusal> refusal_of(const RequestHead& head, const HostNames& names) {
  if (auto refusal = refusal_of_host(head, names)) return refusal;
  if (auto refusal = refusal_of_target(head)) return refusal;
  if (head.method == "POST") return refusal_of_body(head);
  if (head.has_transfer_encoding || body_length(head) > 0)
    return Refusal{400, fmt::format("a {} request has no body", head.method)};
  return std::nullopt;
}

std::uint64_t body_length(const RequestHead& head) {
  if (head.lengths.empty()) return 0;
  const auto length = parse_number<std::int64_t>(head.lengths.front());
  return length && *length > 0 ? static_cast<std::uint64_t>(*length) : 0;
}

bool is_json(const RequestHead& head) {
  return !head.types.empty() && media_type(head.types.front()) == "application/json";
}

}  // namespace lenet::serve
