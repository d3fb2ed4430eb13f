#include "engine/io/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "engine/core/error.hpp"

namespace lenet::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

using Json = nlohmann::json;

// Limits that keep a hostile header, or a file of another kind, from taking memory or time. Real headers have
// less than 2 KB. The JSON library takes time that grows with the square of the number of objects: 1000 of
// them take 0.1 s.
constexpr std::uint64_t kLongestHeader = 256 << 10;
constexpr std::size_t kMostTensors = 1000;
constexpr std::size_t kHighestRank = 8;
// The deepest value is a number in the shape of a tensor.
constexpr int kDeepestParent = 2;

constexpr std::uint64_t kPrefixBytes = 8;
constexpr std::uint64_t kZipMark = 0x04034B50;  // "PK\3\4", which begins a zip archive

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw CheckpointError(fmt::format("{}: {}", file.string(), what));
}

// Makes a name from a file fit for one line on a terminal: control characters escaped, long texts cut.
std::string printable(const Json& json) {
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 80) text.replace(76, std::string::npos, "…");
  return text;
}

/// Watches the parsing of a header. Throws at the first value that is nested too deep and the first name that
/// is one too many, or that its object already has: the JSON library would keep the last of equal names,
/// which would hide a tensor.
class HeaderGuard {
 public:
  explicit HeaderGuard(const std::filesystem::path& file) : file_(file) {}

  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth > kDeepestParent) fail(file_, "the header is nested too deep: this is no safetensors file");
      names_.emplace_back();
    } else if (event == Event::object_end || event == Event::array_end) {
      names_.pop_back();
    } else if (event == Event::key) {
      if (!names_.back().insert(parsed.get<std::string>()).second)
        fail(file_, fmt::format("the header has {} twice", printable(parsed)));
      if (names_.front().size() > kMostTensors)
        fail(file_, fmt::format("the header has more than {} tensors", kMostTensors));
    }
    return true;
  }

 private:
  const std::filesystem::path& file_;
  std::vector<std::set<std::string>> names_;  ///< of each object that is being read
};

Json parse_json(std::string_view text, const std::filesystem::path& file) {
  HeaderGuard guard(file);
  try {
    return Json::parse(text, std::ref(guard));
  } catch (const Json::exception&) {
    fail(file, "the header is not valid JSON: this is no safetensors file, or it is damaged");
  }
}

std::map<std::string, std::string> parse_metadata(const Json& json, const std::filesystem::path& file) {
  std::map<std::string, std::string> metadata;
  if (!json.is_object()) fail(file, "__metadata__ must be an object of texts");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) fail(file, fmt::format("{} in __metadata__ must be a text", printable(key)));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// Returns the size of a tensor in bytes. Throws if it overflows 64 bits.
std::uint64_t byte_count(const SafetensorsEntry& entry, const std::filesystem::path& file) {
  std::uint64_t bytes = byte_size(entry.dtype);
  for (const std::int64_t size : entry.shape.sizes())
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes))
      fail(file, fmt::format("the shape of {} is too large to be true", printable(entry.name)));
  return bytes;
}

std::uint64_t parse_size(const Json& json, const std::string& what, const std::filesystem::path& file) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > (std::uint64_t{1} << 62))
    fail(file, what + " must hold numbers that are not negative");
  return json.get<std::uint64_t>();
}

SafetensorsEntry parse_entry(const std::string& name, const Json& json, const std::filesystem::path& file) {
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets"))
    fail(file, fmt::format("the entry of {} must have dtype, shape and data_offsets", printable(name)));
  const std::optional<Dtype> dtype =
      json["dtype"].is_string() ? parse_dtype(json["dtype"].get<std::string>()) : std::nullopt;
  if (!dtype)
    fail(file, fmt::format("{} has dtype {}, expected {}", printable(name), printable(json["dtype"]),
                           dtype_names()));
  if (!json["shape"].is_array()) fail(file, fmt::format("the shape of {} must be an array", printable(name)));
  if (json["shape"].size() > kHighestRank)
    fail(file, fmt::format("the shape of {} has more than {} sizes", printable(name), kHighestRank));
  std::vector<std::int64_t> sizes;
  for (const Json& size : json["shape"])
    sizes.push_back(static_cast<std::int64_t>(parse_size(size, "the shape of " + printable(name), file)));
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2)
    fail(file, fmt::format("data_offsets of {} must be two numbers", printable(name)));
  const std::string what = "data_offsets of " + printable(name);
  return {.name = name,
          .shape = Shape(std::move(sizes)),
          .dtype = *dtype,
          .begin = parse_size(offsets[0], what, file),
          .end = parse_size(offsets[1], what, file)};
}

void require_seamless(const SafetensorsHeader& header, std::uint64_t payload_bytes,
                      const std::filesystem::path& file) {
  std::uint64_t expected = 0;
  for (const SafetensorsEntry& entry : header.tensors) {
    if (entry.begin != expected)
      fail(file, fmt::format("{} begins at byte {} of the payload, expected {}: the tensors {}",
                             printable(entry.name), entry.begin, expected,
                             entry.begin < expected ? "overlap" : "have a gap"));
    if (entry.end < entry.begin || entry.end - entry.begin != byte_count(entry, file))
      fail(file, fmt::format("{} of shape {} does not take bytes {} to {}", printable(entry.name),
                             to_string(entry.shape), entry.begin, entry.end));
    expected = entry.end;
  }
  if (expected != payload_bytes)
    fail(file, fmt::format("the payload has {} bytes, expected {}: the file is {}", payload_bytes, expected,
                           payload_bytes < expected ? "cut off" : "too long"));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json_text, std::uint64_t payload_bytes,
                                           const std::filesystem::path& file) {
  const Json json = parse_json(json_text, file);
  if (!json.is_object()) fail(file, "the header must be a JSON object");
  SafetensorsHeader header;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__")
      header.metadata = parse_metadata(value, file);
    else
      header.tensors.push_back(parse_entry(name, value, file));
  }
  std::ranges::sort(header.tensors, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  require_seamless(header, payload_bytes, file);
  return header;
}

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path) : path_(path), file_(path) {
  if (file_.size() < kPrefixBytes)
    fail(path, fmt::format("has {} bytes, too few for a safetensors file", file_.size()));
  std::uint64_t header_bytes = 0;
  read(std::as_writable_bytes(std::span(&header_bytes, 1)));
  if ((header_bytes & 0xFFFFFFFF) == kZipMark)
    fail(path,
         "is a zip archive, as torch.save() writes: save it with safetensors.torch.save_file() instead");
  if (header_bytes > kLongestHeader && header_bytes <= file_.size() - kPrefixBytes)
    fail(path,
         fmt::format("has a header of {} bytes, and weights have at most {}", header_bytes, kLongestHeader));
  if (header_bytes > file_.size() - kPrefixBytes)
    fail(path,
         fmt::format("is no safetensors file of weights, or was cut off: it declares a header of {} bytes "
                     "and has {}",
                     header_bytes, file_.size()));
  std::string json(header_bytes, '\0');
  read(std::as_writable_bytes(std::span(json)));
  header_ = parse_safetensors_header(json, file_.size() - kPrefixBytes - header_bytes, path);
}

std::vector<float> SafetensorsReader::read_payload() {
  std::size_t count = 0;
  for (const SafetensorsEntry& entry : header_.tensors) count += entry.count();
  std::vector<float> values(count);
  std::span<float> rest(values);
  for (const SafetensorsEntry& entry : header_.tensors) {
    const std::span<float> part = rest.first(entry.count());
    rest = rest.subspan(part.size());
    if (entry.dtype == Dtype::f32) {
      read(std::as_writable_bytes(part));
    } else {
      std::vector<std::byte> bytes(static_cast<std::size_t>(entry.end - entry.begin));
      read(bytes);
      convert_to_float(entry.dtype, bytes, part);
    }
  }
  return values;
}

void SafetensorsReader::read(std::span<std::byte> bytes) {
  if (file_.read(bytes) != bytes.size()) fail(path_, "became shorter while it was read");
}

std::string safetensors_preamble(std::span<const SafetensorsTensor> tensors,
                                 const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();  // null, it would crash without memory
  header["__metadata__"] = metadata;
  std::uint64_t offset = 0;
  for (const SafetensorsTensor& tensor : tensors) {
    const std::uint64_t end = offset + tensor.values.size_bytes();
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape.sizes()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string json = header.dump();
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = json.size();
  std::string preamble(sizeof length, '\0');
  std::memcpy(preamble.data(), &length, sizeof length);
  return preamble + json;
}

}  // namespace lenet::io
